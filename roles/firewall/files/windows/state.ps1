# What is in force on this host: profiles and rules of all stores, Group Policy's included; and what is ours. Changes nothing.
# All filters are read at once and joined by InstanceID: asking rule by rule takes minutes.
[CmdletBinding()]
param([Parameter(Mandatory)][string]$Group)
$ErrorActionPreference = 'Stop'
$directory = Join-Path $env:ProgramFiles $Group
$memory = Join-Path $directory 'defaults.json'

function Get-ByInstance([object[]]$Filters) {
    $found = @{}
    foreach ($filter in $Filters) { $found[$filter.InstanceID] = $filter }
    $found
}
$ports = Get-ByInstance @(Get-NetFirewallPortFilter -PolicyStore ActiveStore)
$addresses = Get-ByInstance @(Get-NetFirewallAddressFilter -PolicyStore ActiveStore)
$programs = Get-ByInstance @(Get-NetFirewallApplicationFilter -PolicyStore ActiveStore)
$services = Get-ByInstance @(Get-NetFirewallServiceFilter -PolicyStore ActiveStore)

$others = @(foreach ($rule in Get-NetFirewallRule -PolicyStore ActiveStore) {
        $source = [string]$rule.PolicyStoreSourceType
        $ours = $rule.Group -eq $Group -and $source -eq 'Local'
        $allowedOut = "$($rule.Direction)" -eq 'Outbound' -and "$($rule.Action)" -eq 'Allow'
        if ($ours -or $allowedOut -or "$($rule.Enabled)" -ne 'True') { continue }
        $id = $rule.InstanceID
        @{
            name = [string]$rule.DisplayName
            direction = [string]$rule.Direction
            action = [string]$rule.Action
            source = $source
            protocol = [string]$ports[$id].Protocol
            local_ports = @($ports[$id].LocalPort | ForEach-Object { [string]$_ })
            remote_ports = @($ports[$id].RemotePort | ForEach-Object { [string]$_ })
            remote_addresses = @($addresses[$id].RemoteAddress | ForEach-Object { [string]$_ })
            program = [string]$programs[$id].Program
            package = [string]$programs[$id].Package
            service = [string]$services[$id].Service
        }
    })
$local = @(Get-NetFirewallRule -PolicyStore PersistentStore)
$configured = @{}
foreach ($one in Get-NetFirewallProfile -PolicyStore PersistentStore) {
    $configured[[string]$one.Name] = @{
        inbound = [string]$one.DefaultInboundAction
        outbound = [string]$one.DefaultOutboundAction
    }
}
$remembered = @{}
if (Test-Path -LiteralPath $memory) {
    foreach ($entry in (Get-Content -LiteralPath $memory -Raw | ConvertFrom-Json).PSObject.Properties) {
        $remembered[$entry.Name] = @{}
        foreach ($default in $entry.Value.PSObject.Properties) { $remembered[$entry.Name][$default.Name] = [string]$default.Value }
    }
}
$Ansible.Result = @{
    profiles = @(Get-NetFirewallProfile -PolicyStore ActiveStore | ForEach-Object {
            @{
                name = [string]$_.Name
                enabled = [string]$_.Enabled
                inbound = [string]$_.DefaultInboundAction
                outbound = [string]$_.DefaultOutboundAction
                local_rules = [string]$_.AllowLocalFirewallRules
                inbound_rules = [string]$_.AllowInboundRules
            }
        })
    others = $others
    ours = @($local | Where-Object { $_.Group -eq $Group } | ForEach-Object { [string]$_.DisplayName })
    taken = @($local | Where-Object { $_.Group -ne $Group -and $_.DisplayName -like "$Group *" } | ForEach-Object { [string]$_.DisplayName })
    configured = $configured
    remembered = $remembered
    pending = [bool](Get-ScheduledTask -TaskName "$Group restore" -ErrorAction SilentlyContinue)
    directory = $directory
}
$Ansible.Changed = $false
