#   .\firewall_wsl.ps1            writes the rules below again; whatever else begins with their mark goes
#   .\firewall_wsl.ps1 -Remove    takes them off
#   .\firewall_wsl.ps1 -WhatIf    only says what it would do
#
# For systems inside a distribution of WSL 2, whose packets pass the Hyper-V firewall (Windows 11 22H2 and later).
# Docker Desktop does not need it: a process of Windows opens its ports, so that firewall.ps1 is enough.

#Requires -Version 5.1
#Requires -RunAsAdministrator

[CmdletBinding(SupportsShouldProcess)]
param([switch] $Remove)

Set-StrictMode -Version 3.0
$creator = '{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}'
$wanted = @()

if (-not (Get-Command New-NetFirewallHyperVRule -ErrorAction SilentlyContinue)) {
    throw 'This Windows has no Hyper-V firewall; Windows 11 22H2 and later have one.'
}

# The cmdlets do not see preferences of a script, so each of them is told.
$mode = @{ ErrorAction = 'Stop'; WhatIf = [bool] $WhatIfPreference }
$common = @{ VMCreatorId = $creator; Action = 'Allow' }

# New rules come before old ones go, so that nothing is cut off in between; if one is refused, the old ones stay.
$old = @(Get-NetFirewallHyperVRule -PolicyStore PersistentStore -ErrorAction Stop |
        Where-Object { $_.DisplayName -clike 'federated.connectivity *' })
$new = @()
try {
    foreach ($rule in $wanted) {
        if (-not $Remove) {
            $new += @(New-NetFirewallHyperVRule @rule @common @mode)
        }
    }
}
catch {
    foreach ($rule in $new) {
        Remove-NetFirewallHyperVRule -InputObject $rule @mode
    }
    throw
}
foreach ($rule in $old) {
    Remove-NetFirewallHyperVRule -InputObject $rule @mode
}
if (-not $WhatIfPreference) {
    "Rules of ours for WSL: $($old.Count) before, $($new.Count) now."
}

foreach ($one in Get-NetFirewallHyperVVMSetting -PolicyStore ActiveStore -Name $creator -ErrorAction Stop) {
    if ($one.Enabled -ne 'True') {
        Write-Warning 'The Hyper-V firewall is off for WSL: every port is open there.'
    }
    if ($one.DefaultInboundAction -eq 'Allow') {
        Write-Warning 'The Hyper-V firewall lets into WSL what no rule blocks: the ports are open to everybody there.'
    }
}
