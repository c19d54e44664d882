#   .\firewall.ps1            brings Windows Firewall to the rules below. Rules of an earlier plan, and of firewall.cmd, go
#   .\firewall.ps1 -Remove    removes them all
#   .\firewall.ps1 -WhatIf    only says what would change
#   .\firewall.ps1 -PrivateAnswers registry.hospital.example,.intern.hospital.example
#                             these host names, and names below these domains, may have private addresses
#
# All rules allow. Rules of others and the defaults of Windows Firewall stay as they are.
# If Windows refuses a rule, or the computer stops in the middle, everything is as it was before.
# Exit code: 0 the rules are in force; 1 nothing was changed, or the change failed and is taken back; 2 the rules are in force, but a warning says what defeats them.

#Requires -Version 5.1
#Requires -RunAsAdministrator

[CmdletBinding(SupportsShouldProcess)]
param([switch] $Remove, [string[]] $PrivateAnswers = @())

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$wanted = @()
$named = @()
$shut = @()
$judged = @()

if ("$($ExecutionContext.SessionState.LanguageMode)" -ne 'FullLanguage') {
    'Nothing was changed: a policy of this computer (AppLocker or App Control) lets PowerShell run in a restricted language only. Use firewall.cmd, or have this script signed and allowed.'
    exit 1
}

# core

$given = @{ rules = $wanted; named = $named; shut = $shut }
foreach ($table in $judged) { $given += $table }
# The program below asks nobody and changes nothing in check mode, so the preference of the script does not have to reach each command.
$options = @{ check_mode = [bool] $WhatIfPreference; removal = [bool] $Remove; defaults = [bool] $Remove; allow_shrink = $true }
$options.private_answers = [string[]] @($PrivateAnswers | ForEach-Object { $_ -split ',' } | ForEach-Object { $_.Trim() } | Where-Object { $_ })
if (-not $WhatIfPreference -and -not $PSCmdlet.ShouldProcess('Windows Firewall', $(if ($Remove) { 'Remove the rules of this collection' } else { 'Bring to the rules of the plan' }))) { 'Nothing was changed.'; exit 1 }
$WhatIfPreference, $ConfirmPreference = $false, 'None'
Invoke-ConnectivityByHand -Given $given -Options $options
exit $connectivityExit
