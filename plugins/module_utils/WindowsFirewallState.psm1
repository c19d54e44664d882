# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# What is in force: the rules of all stores, each read once, and the profiles. Nothing is changed here.
# Windows keeps its rules as texts in the registry ([MS-GPFAS] 2.2.2.19). Reading them takes milliseconds, the cmdlets take a minute.

function Get-ConnectivityGroup { 'federated.connectivity' }

function ConvertTo-ConnectivityRule {
    # A rule that is wanted, given as parameters of New-NetFirewallRule, with everything that is left out.
    param([Parameter(Mandatory)] [Collections.IDictionary] $Entry)
    $rule = @{
        Id = ''; Source = 'Local'; Group = Get-ConnectivityGroup; Active = 'True'; Action = 'Allow'; Description = ''; Protocol = 'Any'
        LocalPort = @('Any'); RemotePort = @('Any'); LocalAddress = @('Any'); RemoteAddress = @('Any'); IcmpType = @('Any'); Program = @('Any')
        Service = @('Any'); Package = @(); Profile = @('Any'); Limits = @(); Unknown = @(); Given = @{}
    }
    foreach ($key in $Entry.Keys) {
        $value = if ($key -in 'DisplayName', 'Description', 'Direction', 'Protocol', 'Action') { [string] @($Entry[$key])[0] } else { , [string[]] @($Entry[$key]) }
        $rule.Given[$key] = $value
        # The Hyper-V firewall uses plural names.
        $own = $key -replace 'Ports$', 'Port' -replace 'Addresses$', 'Address'
        $rule[$own] = if ($rule[$own] -is [array]) { , @($value) } else { [string] @($value)[0] }
    }
    $rule
}

function ConvertFrom-ConnectivityText {
    # A rule as the registry has it; with Broken, where it cannot be read.
    param([Parameter(Mandatory)] [string] $Id, [Parameter(Mandatory)] [AllowEmptyString()] [string] $Text, [Parameter(Mandatory)] [string] $Source)
    $protocols = @{ '6' = 'TCP'; '17' = 'UDP'; '1' = 'ICMPv4'; '58' = 'ICMPv6'; '256' = 'Any' }
    $lists = @{
        LPort = 'LocalPort'; LPort2_10 = 'LocalPort'; LPort2_20 = 'LocalPort'; LPort2_24 = 'LocalPort'; LPort2_25 = 'LocalPort'
        LPort2_28 = 'LocalPort'; LPort2_29 = 'LocalPort'; RPort = 'RemotePort'; RPort2_10 = 'RemotePort'; RPort2_25 = 'RemotePort'
        RPort2_28 = 'RemotePort'; LA4 = 'LocalAddress'; LA6 = 'LocalAddress'; RA4 = 'RemoteAddress'; RA6 = 'RemoteAddress'
        RA42 = 'RemoteAddress'; RA62 = 'RemoteAddress'; ICMP4 = 'IcmpType'; ICMP6 = 'IcmpType'; Profile = 'Profile'; App = 'Program'
        Svc = 'Service'; AppPkgId = 'Package'
    }
    $limits = @{
        LUAuth = 'users'; LUOwn = 'users'; RUAuth = 'remote users'; RMAuth = 'remote computers'; IF = 'interfaces'; IFType = 'interfaces'
        Security = 'IPsec'; Security2 = 'IPsec'; Security2_9 = 'IPsec'
    }
    $rule = @{
        Id = $Id; Source = $Source; DisplayName = $Id; Group = ''; Active = 'False'; Direction = ''; Action = ''; Description = ''
        Protocol = 'Any'; LocalPort = @(); RemotePort = @(); LocalAddress = @(); RemoteAddress = @(); IcmpType = @(); Program = @(); Service = @()
        Package = @(); Profile = @(); Limits = @(); Unknown = @()
    }
    $fields = $Text.Split('|')
    $broken = $fields[0] -notmatch '^v2\.\d+$' -or $fields[$fields.Count - 1] -ne ''
    for ($at = 1; $at -lt $fields.Count - 1; $at++) {
        $equals = $fields[$at].IndexOf('=')
        if ($equals -lt 1) { $broken = $true; break }
        $key, $value = $fields[$at].Substring(0, $equals), $fields[$at].Substring($equals + 1)
        switch -CaseSensitive ($key) {
            'Action' { $rule.Action = if ($value -eq 'ByPass') { 'Bypass' } else { $value }; break }
            'Active' { $rule.Active = if ($value -eq 'TRUE') { 'True' } else { 'False' }; break }
            'Dir' { $rule.Direction = if ($value -eq 'In') { 'Inbound' } elseif ($value -eq 'Out') { 'Outbound' } else { '' }; break }
            'Protocol' { $rule.Protocol = if ($protocols.ContainsKey($value)) { $protocols[$value] } else { $value }; break }
            'Name' { $rule.DisplayName = $value; break }
            'Desc' { $rule.Description = $value; break }
            'EmbedCtxt' { $rule.Group = $value; break }
            { $lists.ContainsKey($key) } { $rule[$lists[$key]] += $value; break }
            { $limits.ContainsKey($key) } { $rule.Limits += $limits[$key]; break }
            # How Windows treats the traffic besides, and on which systems the rule counts: taken as if it counted.
            { $key -in 'Edge', 'Defer', 'LSM', 'Platform', 'Platform2', 'SkipVer', 'PFN' -or $key -like 'TTK*' } { break }
            default { $rule.Unknown += $key }
        }
    }
    foreach ($list in @('LocalPort', 'RemotePort', 'LocalAddress', 'RemoteAddress', 'IcmpType', 'Program', 'Service', 'Profile')) {
        if ($rule[$list].Count -eq 0) { $rule[$list] = @('Any') }
    }
    $rule.Limits = @($rule.Limits | Sort-Object -Unique)
    $rule.Broken = $broken -or -not $rule.Direction -or $rule.Action -notin 'Allow', 'Block', 'Bypass'
    $rule
}

function Get-ConnectivityRegistry {
    # The texts of all stores: Id, Text, Source. Nothing where this Windows has no such registry.
    $policy = 'HKLM:\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy'
    $stores = [ordered] @{
        "$policy\FirewallRules" = 'Local'
        'HKLM:\SOFTWARE\Policies\Microsoft\WindowsFirewall\FirewallRules' = 'GroupPolicy'
        "$policy\Mdm\FirewallRules" = 'MDM'
        "$policy\RestrictedServices\AppIso\FirewallRules" = 'AppContainer'
    }
    foreach ($path in $stores.Keys) {
        if (-not (Test-Path -LiteralPath $path)) { continue }
        $key = Get-Item -LiteralPath $path -ErrorAction Stop
        foreach ($id in $key.GetValueNames()) { @{ Id = $id; Text = [string] $key.GetValue($id); Source = $stores[$path] } }
    }
}

function Get-ConnectivityRule {
    # All rules of all stores: from the registry where there is one, otherwise from the cmdlets.
    param([ValidateSet('', 'Registry', 'Cmdlets')] [string] $Reader = '')
    if ($Reader -ne 'Cmdlets') {
        $texts = @(Get-ConnectivityRegistry)
        foreach ($one in $texts) { ConvertFrom-ConnectivityText -Id $one.Id -Text $one.Text -Source $one.Source }
        if ($texts.Count -gt 0 -or $Reader -eq 'Registry') { return }
    }
    $filters = @{}
    foreach ($kind in 'Port', 'Address', 'Application', 'Service', 'InterfaceType', 'Security') {
        $filters[$kind] = @{}
        foreach ($filter in & "Get-NetFirewall${kind}Filter" -PolicyStore ActiveStore -ErrorAction Stop) { $filters[$kind][$filter.InstanceID] = $filter }
    }
    foreach ($one in Get-NetFirewallRule -PolicyStore ActiveStore -ErrorAction Stop) {
        $id = $one.InstanceID
        $security, $interface = $filters.Security[$id], $filters.InterfaceType[$id]
        $package = [string] $filters.Application[$id].Package
        @{
            Id = [string] $id; Source = [string] $one.PolicyStoreSourceType; DisplayName = [string] $one.DisplayName; Group = [string] $one.Group
            Active = [string] $one.Enabled; Direction = [string] $one.Direction; Action = [string] $one.Action
            Description = [string] $one.Description; Protocol = [string] $filters.Port[$id].Protocol
            LocalPort = [string[]] @($filters.Port[$id].LocalPort); RemotePort = [string[]] @($filters.Port[$id].RemotePort)
            LocalAddress = [string[]] @($filters.Address[$id].LocalAddress); RemoteAddress = [string[]] @($filters.Address[$id].RemoteAddress)
            IcmpType = [string[]] @($filters.Port[$id].IcmpType); Program = [string[]] @($filters.Application[$id].Program)
            Service = [string[]] @($filters.Service[$id].Service); Package = [string[]] @(if ($package) { $package })
            Profile = [string[]] @("$($one.Profile)" -split ',\s*'); Unknown = @(); Broken = $false
            Limits = @(
                if ($interface -and "$($interface.InterfaceType)" -notin '', 'Any') { 'interfaces' }
                if ($security -and "$($security.Authentication)" -notin '', 'NotRequired') { 'IPsec' }
                if ($security -and "$($security.RemoteMachine)" -notin '', 'Any') { 'remote computers' }
                if ($security -and "$($security.RemoteUser)" -notin '', 'Any') { 'remote users' }
                if ($security -and "$($security.LocalUser)" -notin '', 'Any') { 'users' }
            )
        }
    }
}

function Get-ConnectivityGuestRule {
    # Our rules of the Hyper-V firewall, which has no groups: they are known by their names.
    param([Parameter(Mandatory)] [string] $Creator)
    foreach ($one in Get-NetFirewallHyperVRule -PolicyStore PersistentStore -ErrorAction Stop) {
        if ("$($one.VMCreatorId)" -ne $Creator -or $one.DisplayName -cnotlike "$(Get-ConnectivityGroup) *") { continue }
        $rule = ConvertTo-ConnectivityRule @{ DisplayName = [string] $one.DisplayName; Direction = [string] $one.Direction; Action = [string] $one.Action }
        $rule.Id, $rule.Protocol = [string] $one.Name, [string] $one.Protocol
        if ("$($one.Enabled)" -eq 'False') { $rule.Active = 'False' }
        foreach ($name in 'LocalPort', 'RemotePort') { $rule[$name] = [string[]] @($one."${name}s" | Where-Object { $_ }) }
        foreach ($name in 'LocalAddress', 'RemoteAddress') { $rule[$name] = [string[]] @($one."${name}es" | Where-Object { $_ }) }
        $rule
    }
}

function Get-ConnectivityProfile {
    # The three profiles: what is in force, and what the host itself has configured.
    $configured = @{}
    foreach ($one in Get-NetFirewallProfile -PolicyStore PersistentStore -ErrorAction Stop) {
        $configured[[string] $one.Name] = @{ Inbound = [string] $one.DefaultInboundAction; Outbound = [string] $one.DefaultOutboundAction }
    }
    foreach ($one in Get-NetFirewallProfile -PolicyStore ActiveStore -ErrorAction Stop) {
        @{
            Name = [string] $one.Name; Enabled = [string] $one.Enabled; Inbound = [string] $one.DefaultInboundAction
            Outbound = [string] $one.DefaultOutboundAction; LocalRules = [string] $one.AllowLocalFirewallRules
            InboundRules = [string] $one.AllowInboundRules; Configured = $configured[[string] $one.Name]
        }
    }
}

function Test-ConnectivityOwn {
    # Whether a rule is ours: of our group, or without any group and with a name like ours, as firewall.cmd writes them.
    param([Parameter(Mandatory)] [hashtable] $Rule)
    $group = Get-ConnectivityGroup
    $Rule.Source -eq 'Local' -and ($Rule.Group -ceq $group -or ($Rule.Group -eq '' -and $Rule.DisplayName -clike "$group *"))
}
