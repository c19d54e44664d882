#   .\firewall_wsl.ps1            brings the Hyper-V firewall of WSL to the rules below. Other rules of an earlier plan go
#   .\firewall_wsl.ps1 -Remove    removes them all
#   .\firewall_wsl.ps1 -WhatIf    only says what would change
#
# For systems inside a distribution of WSL 2, whose packets pass the Hyper-V firewall (Windows 11 22H2 and later).
# Docker Desktop does not need it: a process of Windows opens its ports, so firewall.ps1 is enough.
# If Windows refuses a rule, or the computer stops in the middle, everything is as it was before.
# Exit code: 0 the rules are in force; 1 nothing was changed, or the change failed and is taken back; 2 the rules are in force, but a warning says what defeats them.

#Requires -Version 5.1
#Requires -RunAsAdministrator

[CmdletBinding(SupportsShouldProcess)]
param([switch] $Remove)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$creator = '{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}'
$wanted = @()
$named = @()
$shut = @()
$judged = @()

if ("$($ExecutionContext.SessionState.LanguageMode)" -ne 'FullLanguage') {
    'Nothing was changed: a policy of this computer (AppLocker or App Control) lets PowerShell run in a restricted language only. Have this script signed and allowed.'
    exit 1
}

# core

if (-not (Get-Command New-NetFirewallHyperVRule -ErrorAction SilentlyContinue)) {
    'Nothing was changed: this Windows has no Hyper-V firewall. Windows 11 22H2 and later have one.'
    exit 1
}
$options = @{ check_mode = [bool] $WhatIfPreference; removal = [bool] $Remove; defaults = $false; allow_shrink = $true; creator = $creator }
if (-not $WhatIfPreference -and -not $PSCmdlet.ShouldProcess('Hyper-V firewall of WSL', $(if ($Remove) { 'Remove the rules of this collection' } else { 'Bring to the rules of the plan' }))) { 'Nothing was changed.'; exit 1 }
$WhatIfPreference, $ConfirmPreference = $false, 'None'
$given = @{ rules = $wanted; named = $named; shut = $shut }
foreach ($table in $judged) { $given += $table }
Invoke-ConnectivityByHand -Given $given -Options $options
exit $connectivityExit
