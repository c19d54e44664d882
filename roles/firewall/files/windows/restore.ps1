# Puts back the rules of our group and the profiles' defaults as save.ps1 wrote them down, and nothing of others. Where that does not
# succeed to the letter, netsh imports the whole policy as it was: then what others changed meanwhile is lost, but nobody stays locked out.
# Runs as SYSTEM from a scheduled task, without Ansible and its connection.
[CmdletBinding()]
param([Parameter(Mandatory)][string]$Directory)
$ErrorActionPreference = 'Stop'

function Get-OwnRule([object]$Policy, [string]$Group, [string[]]$Properties) {
    @($Policy.Rules | Where-Object { $_.Grouping -eq $Group } | Select-Object -Property $Properties | Sort-Object -Property Name)
}
function ConvertTo-Text([object[]]$Rules, [string[]]$Properties) {
    foreach ($rule in $Rules) { ($Properties | ForEach-Object { "$_=$($rule.$_)" }) -join "`n" }
}

$saved = Import-Clixml -LiteralPath (Join-Path $Directory 'before.xml')
try {
    foreach ($one in $saved.Profiles) {
        Set-NetFirewallProfile -PolicyStore PersistentStore -Name $one.Name -Enabled $one.Enabled `
            -DefaultInboundAction $one.DefaultInboundAction -DefaultOutboundAction $one.DefaultOutboundAction
    }
    $policy = New-Object -ComObject HNetCfg.FwPolicy2
    foreach ($rule in Get-OwnRule $policy $saved.Group $saved.Properties) { $policy.Rules.Remove($rule.Name) }
    foreach ($old in $saved.Rules) {
        $rule = New-Object -ComObject HNetCfg.FWRule
        foreach ($property in $saved.Properties) {
            $value = $old.$property
            if ($property -eq 'Profiles') { $value = [int]$value }
            if ($null -ne $value -and "$value" -ne '') { $rule.$property = $value }
        }
        $policy.Rules.Add($rule)
    }
    $now = ConvertTo-Text (Get-OwnRule $policy $saved.Group $saved.Properties) $saved.Properties
    $before = ConvertTo-Text @($saved.Rules | Sort-Object -Property Name) $saved.Properties
    if ("$now" -cne "$before") { throw 'the rules are not what they were' }
    $outcome = 'restored: the rules and defaults of this collection'
}
catch {
    $reason = $_.Exception.Message
    & netsh.exe advfirewall import (Join-Path $Directory 'before.wfw')
    if ($LASTEXITCODE -ne 0) { throw "netsh advfirewall import failed with $LASTEXITCODE, after: $reason" }
    $outcome = "restored: the whole policy, because $reason"
}
$memory = Join-Path $Directory 'defaults.json'
if ($saved.Remembered) { Set-Content -LiteralPath $memory -Value $saved.Remembered -NoNewline }
else { Remove-Item -LiteralPath $memory -ErrorAction SilentlyContinue }
Set-Content -LiteralPath (Join-Path $Directory 'outcome.txt') -Value $outcome
Unregister-ScheduledTask -TaskName "$($saved.Group) restore" -Confirm:$false -ErrorAction SilentlyContinue
