#   .\firewall.ps1            writes the rules below again; others of their group, or of firewall.cmd, go
#   .\firewall.ps1 -Remove    takes them off
#   .\firewall.ps1 -WhatIf    only says what it would do
#
# All of them allow. Rules of others and the defaults of Windows Firewall stay as they are.

#Requires -Version 5.1
#Requires -RunAsAdministrator

[CmdletBinding(SupportsShouldProcess)]
param([switch] $Remove)

Set-StrictMode -Version 3.0
$group = 'federated.connectivity'
$wanted = @()

# The cmdlets do not see preferences of a script, so each of them is told.
$mode = @{ ErrorAction = 'Stop'; WhatIf = [bool] $WhatIfPreference }
$common = @{ Group = $group; Action = 'Allow'; Profile = 'Any'; PolicyStore = 'PersistentStore' }

# New rules come before old ones go, so that nothing is cut off in between; if one is refused, the old ones stay.
$old = @(Get-NetFirewallRule -PolicyStore PersistentStore -ErrorAction Stop |
        Where-Object { $_.Group -ceq $group -or $_.DisplayName -clike "$group *" })
$new = @()
try {
    foreach ($rule in $wanted) {
        if (-not $Remove) {
            $new += @(New-NetFirewallRule @rule @common @mode)
        }
    }
}
catch {
    foreach ($rule in $new) {
        Remove-NetFirewallRule -InputObject $rule @mode
    }
    throw
}
foreach ($rule in $old) {
    Remove-NetFirewallRule -InputObject $rule @mode
}
if (-not $WhatIfPreference) {
    "Rules of ours: $($old.Count) before, $($new.Count) now."
}

# What would defeat the rules is said, and left alone.
$ports = @($wanted | Where-Object { $_.Direction -eq 'Inbound' } | ForEach-Object { $_.LocalPort })
foreach ($filter in Get-NetFirewallPortFilter -PolicyStore PersistentStore -ErrorAction Stop) {
    if (@($filter.LocalPort | Where-Object { $_ -in $ports }).Count -gt 0) {
        foreach ($other in Get-NetFirewallRule -AssociatedNetFirewallPortFilter $filter -ErrorAction Stop) {
            if ($other.DisplayName -cnotlike "$group *" -and $other.Direction -eq 'Inbound' -and $other.Enabled -eq 'True') {
                Write-Warning "The rule '$($other.DisplayName)' of somebody else is about the same port $($filter.LocalPort): $($other.Action)."
            }
        }
    }
}
foreach ($one in Get-NetFirewallProfile -PolicyStore ActiveStore -ErrorAction Stop) {
    if ($one.Enabled -ne 'True') {
        Write-Warning "Windows Firewall is off in the profile $($one.Name): every port is open there."
    }
    if ($one.DefaultInboundAction -eq 'Allow') {
        Write-Warning "The profile $($one.Name) lets in what no rule blocks: the ports are open to everybody there."
    }
    if ($one.AllowLocalFirewallRules -eq 'False') {
        Write-Warning "A group policy ignores local rules in the profile $($one.Name): these rules have to stand in that policy."
    }
}
