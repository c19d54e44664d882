#   .\check.ps1    connects to the partners, and says which of them answer; changes nothing, and needs no rights
#
# Up to 5,000 connections are tried side by side; those that are silent are given up after five seconds. A partner where nobody listens yet refuses.
# Exit code: 0 all answer; 1 some do not, or nothing could be tried.

#Requires -Version 5.1

[CmdletBinding()]
param()

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$wanted = @()
$untried = @()

if ("$($ExecutionContext.SessionState.LanguageMode)" -ne 'FullLanguage') {
    'Nothing was tried: a policy of this computer (AppLocker or App Control) lets PowerShell run in a restricted language only. Use Test-NetConnection for each partner.'
    exit 1
}

# core

$tries = New-Object 'System.Collections.Generic.List[hashtable]'
$unknown = @()
$lookups = @{}
foreach ($peer in $wanted | ForEach-Object { $_.Peer } | Where-Object { $_ -notmatch '^[0-9.]+$|:' }) {
    # All names side by side: a name service that is silent keeps nobody waiting for longer than one name does.
    if (-not $lookups.ContainsKey($peer)) { $lookups[$peer] = try { [Net.Dns]::GetHostAddressesAsync($peer) } catch { $null } }
}
try { $null = [Threading.Tasks.Task]::WaitAll([Threading.Tasks.Task[]] @($lookups.Values | Where-Object { $_ }), 15000) } catch { Write-Verbose "$_" }
foreach ($flow in $wanted) {
    foreach ($peer in $flow.Peer) {
        $addresses = @($peer)
        if ($lookups.ContainsKey($peer)) {
            $found = $lookups[$peer]
            $addresses = @(if ($found -and $found.Status -eq 'RanToCompletion') { $found.Result | ForEach-Object { $_.ToString() } })
            if ($addresses.Count -eq 0) { $unknown += $peer }
        }
        foreach ($address in $addresses) {
            foreach ($port in $flow.Port) {
                $tries.Add(@{ Rule = $flow.Rule; Peer = $peer; Address = $address; Port = [int] $port; Protocol = 'tcp'; Target = ''; Socket = $null; Detail = '' })
            }
        }
    }
}
$done = @()
for ($at = 0; $at -lt $tries.Count; $at += 5000) {
    Write-Progress -Activity 'Connecting' -Status "$at of $($tries.Count)" -PercentComplete (100 * $at / $tries.Count)
    $part = $tries.GetRange($at, [Math]::Min(5000, $tries.Count - $at))
    $done += @(Test-ConnectivityTarget -Tries $part.ToArray() -Seconds 5)
}
Write-Progress -Activity 'Connecting' -Completed
$silent = @($done | Where-Object { $_.Outcome -ne 'open' })
foreach ($group in $done | Group-Object -Property { $_.Peer }) {
    $answers = @($group.Group | Where-Object { $_.Outcome -eq 'open' })
    $others = @($group.Group | Where-Object { $_.Outcome -ne 'open' } | ForEach-Object { "$($_.Address) port $($_.Port) $($_.Outcome)" })
    '{0,-40} {1} of {2} answer  {3}' -f $group.Name, $answers.Count, $group.Group.Count, ($others -join ', ')
}
foreach ($peer in $unknown | Sort-Object -Unique) { "$peer has no address here" }
foreach ($one in $untried) { "not tried: $($one.Rule), $($one.Why)" }
"$($done.Count) connections tried, $($done.Count - $silent.Count) answered."
if ($done.Count -eq 0 -or $silent.Count -gt 0 -or $unknown.Count -gt 0) { exit 1 }
exit 0
