#   .\check.ps1    connects to the partners, and tells which of them answer; changes nothing, and needs no rights
#
# A partner where nobody listens yet does not answer either. One that does not answer takes about twenty seconds.
# Flows over UDP, to ranges of ports and to whole networks are not tried.

#Requires -Version 5.1

Set-StrictMode -Version 3.0
$wanted = @()

$silent = 0
foreach ($flow in $wanted) {
    foreach ($peer in $flow.Peer) {
        foreach ($port in $flow.Port) {
            $answers = Test-NetConnection -ComputerName $peer -Port $port -InformationLevel Quiet -WarningAction SilentlyContinue
            if (-not $answers) {
                $silent += 1
            }
            [pscustomobject] @{ Rule = $flow.Rule; Peer = $peer; Port = $port; Answers = $answers }
        }
    }
}
if ($silent -gt 0) {
    exit 1
}
