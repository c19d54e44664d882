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
    $lists = @{
        LPort = 'LocalPort'; LPort2_10 = 'LocalPort'; LPort2_20 = 'LocalPort'; LPort2_24 = 'LocalPort'; LPort2_25 = 'LocalPort'
        LPort2_28 = 'LocalPort'; LPort2_29 = 'LocalPort'; RPort = 'RemotePort'; RPort2_10 = 'RemotePort'; RPort2_25 = 'RemotePort'
        RPort2_28 = 'RemotePort'; LA4 = 'LocalAddress'; LA6 = 'LocalAddress'; RA4 = 'RemoteAddress'; RA6 = 'RemoteAddress'
        RA42 = 'RemoteAddress'; RA62 = 'RemoteAddress'; ICMP4 = 'IcmpType'; ICMP6 = 'IcmpType'; Profile = 'Profile'; App = 'Program'
        Svc = 'Service'; AppPkgId = 'Package'; PFN = 'Package'
    }
    $limits = @{
        LUAuth = 'users'; LUAuth2_24 = 'users'; LUOwn = 'users'; NNm = 'networks'; SecurityRealmId = 'IPsec'; RUAuth = 'remote users'; RMAuth = 'remote computers'; IF = 'interfaces'; IFType = 'interfaces'
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
            'Protocol' { $rule.Protocol = ConvertTo-ConnectivityProtocol $value; break }
            'Name' { $rule.DisplayName = $value; break }
            'Desc' { $rule.Description = $value; break }
            'EmbedCtxt' { $rule.Group = $value; break }
            { $lists.ContainsKey($key) } { $rule[$lists[$key]] += $value; break }
            { $limits.ContainsKey($key) } { $rule.Limits += $limits[$key]; break }
            { $key -in 'Edge', 'Defer' } { if ($value -ne 'FALSE') { $rule.Limits += 'edge traversal' }; break }
            # How Windows treats the traffic besides, and on which systems the rule counts: taken as if it counted.
            { $key -in 'LSM', 'LOM', 'PCross', 'AuthByPassOut', 'Platform', 'Platform2', 'SkipVer' -or $key -like 'TTK*' } { break }
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

function ConvertTo-ConnectivityProtocol {
    # A protocol by the name that Windows has for it, or by its number.
    param([AllowEmptyString()] [string] $Text)
    $names = @{ '' = 'Any'; 'any' = 'Any'; '256' = 'Any'; '6' = 'TCP'; 'tcp' = 'TCP'; '17' = 'UDP'; 'udp' = 'UDP'; '1' = 'ICMPv4'; 'icmpv4' = 'ICMPv4'; '58' = 'ICMPv6'; 'icmpv6' = 'ICMPv6' }
    $known = $names[$Text.ToLowerInvariant()]
    if ($known) { $known } else { $Text }
}

function Get-ConnectivityProperty {
    # A property of what a command of Windows returned; nothing where this version of it has none.
    param([AllowNull()] $Object, [Parameter(Mandatory)] [string] $Name)
    if ($null -ne $Object -and $Object.PSObject.Properties[$Name]) { $Object.PSObject.Properties[$Name].Value }
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
        try { $key = Get-Item -LiteralPath $path -ErrorAction Stop }
        catch {
            if ($stores[$path] -eq 'Local') { throw }
            @{ Id = $path; Text = ''; Source = $stores[$path] } # is named as what cannot be read
            continue
        }
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
    foreach ($kind in 'Port', 'Address', 'Application', 'Service', 'Interface', 'InterfaceType', 'Security') {
        $filters[$kind] = @{}
        if (-not (Get-Command "Get-NetFirewall${kind}Filter" -ErrorAction SilentlyContinue)) { continue }
        foreach ($filter in & "Get-NetFirewall${kind}Filter" -PolicyStore ActiveStore -ErrorAction Stop) {
            # A rule of Group Policy may have the id of one of the host's own. Both lists are in the same order.
            if (-not $filters[$kind].ContainsKey($filter.InstanceID)) { $filters[$kind][$filter.InstanceID] = New-Object 'System.Collections.Generic.Queue[object]' }
            $filters[$kind][$filter.InstanceID].Enqueue($filter)
        }
    }
    foreach ($one in Get-NetFirewallRule -PolicyStore ActiveStore -ErrorAction Stop) {
        $found = @{}
        foreach ($kind in $filters.Keys) {
            $queue = $filters[$kind][$one.InstanceID]
            $found[$kind] = if ($queue -and $queue.Count -gt 0) { $queue.Dequeue() }
        }
        ConvertFrom-ConnectivityFilter -Rule $one -Filters $found
    }
}

function ConvertFrom-ConnectivityFilter {
    # A rule as the cmdlets have it, with its filters.
    param([Parameter(Mandatory)] $Rule, [Parameter(Mandatory)] [hashtable] $Filters)
    $text = { param($kind, $name) "$(Get-ConnectivityProperty $Filters[$kind] $name)" }
    $texts = {
        param($kind, $name)
        $found = [string[]] @(Get-ConnectivityProperty $Filters[$kind] $name | Where-Object { $_ })
        if ($found.Count -gt 0) { , $found } else { , [string[]] @('Any') }
    }
    $package = & $text 'Application' 'Package'
    $action = if ((& $text 'Security' 'OverrideBlockRules') -eq 'True') { 'Bypass' } else { [string] $Rule.Action }
    @{
        Id = [string] $Rule.InstanceID; Source = "$(Get-ConnectivityProperty $Rule 'PolicyStoreSourceType')"; DisplayName = [string] $Rule.DisplayName; Group = [string] $Rule.Group
        Active = [string] $Rule.Enabled; Direction = [string] $Rule.Direction; Action = $action
        Description = [string] $Rule.Description; Protocol = ConvertTo-ConnectivityProtocol (& $text 'Port' 'Protocol')
        LocalPort = & $texts 'Port' 'LocalPort'; RemotePort = & $texts 'Port' 'RemotePort'
        LocalAddress = & $texts 'Address' 'LocalAddress'; RemoteAddress = & $texts 'Address' 'RemoteAddress'
        IcmpType = & $texts 'Port' 'IcmpType'; Program = & $texts 'Application' 'Program'
        Service = & $texts 'Service' 'Service'; Package = [string[]] @(if ($package -notin '', 'Any') { $package })
        Profile = [string[]] @("$($Rule.Profile)" -split ',\s*'); Unknown = @(); Broken = $false
        Limits = [string[]] @(
            if ((& $text 'InterfaceType' 'InterfaceType') -notin '', 'Any' -or (& $text 'Interface' 'InterfaceAlias') -notin '', 'Any') { 'interfaces' }
            if ((& $text 'Security' 'Authentication') -notin '', 'NotRequired') { 'IPsec' }
            if ((& $text 'Security' 'RemoteMachine') -notin '', 'Any') { 'remote computers' }
            if ((& $text 'Security' 'RemoteUser') -notin '', 'Any') { 'remote users' }
            if ((& $text 'Security' 'LocalUser') -notin '', 'Any' -or "$(Get-ConnectivityProperty $Rule 'Owner')" -ne '') { 'users' }
            if ("$(Get-ConnectivityProperty $Rule 'EdgeTraversalPolicy')" -notin '', 'Block') { 'edge traversal' }
        )
    }
}

function Get-ConnectivityGuestRule {
    # The rules of the Hyper-V firewall for one creator of virtual machines, ours or those of others. It has no groups: ours are known by their names.
    param([Parameter(Mandatory)] [string] $Creator, [switch] $Others)
    $everybody = '', 'Any', '{00000000-0000-0000-0000-000000000000}'
    foreach ($one in Get-NetFirewallHyperVRule -PolicyStore $(if ($Others) { 'ActiveStore' } else { 'PersistentStore' }) -ErrorAction Stop) {
        $whose = "$(Get-ConnectivityProperty $one 'VMCreatorId')"
        $own = $whose -eq $Creator -and $one.DisplayName -clike "$(Get-ConnectivityGroup) *"
        if ($Others -eq $own -or ($whose -ne $Creator -and $whose -notin $everybody)) { continue }
        $rule = ConvertTo-ConnectivityRule @{ DisplayName = [string] $one.DisplayName; Direction = [string] $one.Direction; Action = [string] $one.Action }
        $rule.Id, $rule.Broken = [string] $one.Name, $false
        $rule.Protocol = ConvertTo-ConnectivityProtocol "$(Get-ConnectivityProperty $one 'Protocol')"
        if ("$(Get-ConnectivityProperty $one 'Enabled')" -eq 'False') { $rule.Active = 'False' }
        foreach ($name in 'LocalPort', 'RemotePort') { $rule[$name] = [string[]] @(Get-ConnectivityProperty $one "${name}s" | Where-Object { $_ }) }
        foreach ($name in 'LocalAddress', 'RemoteAddress') { $rule[$name] = [string[]] @(Get-ConnectivityProperty $one "${name}es" | Where-Object { $_ }) }
        if ($Others) {
            # Without a priority, rules that block have 1 and rules that allow, as ours, 2. Lower ones come first.
            if ($rule.Action -eq 'Block' -and [int] (Get-ConnectivityProperty $one 'RulePriority') -gt 2) { continue }
            $source, $profiles = "$(Get-ConnectivityProperty $one 'PolicyStoreSourceType')", "$(Get-ConnectivityProperty $one 'Profiles')"
            if ($source) { $rule.Source = $source }
            if ($profiles) { $rule.Profile = [string[]] @($profiles -split ',\s*') }
        }
        $rule
    }
}

function Get-ConnectivityProfile {
    # The three profiles: what is in force, and what the host itself has configured.
    $configured = @{}
    foreach ($one in Get-NetFirewallProfile -PolicyStore PersistentStore -ErrorAction Stop) {
        $configured[[string] $one.Name] = @{
            Inbound = [string] $one.DefaultInboundAction; Outbound = [string] $one.DefaultOutboundAction; Enabled = [string] $one.Enabled
        }
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
    $Rule.Source -eq 'Local' -and -not $Rule['Broken'] -and ($Rule.Group -ceq $group -or ($Rule.Group -eq '' -and $Rule.DisplayName -clike "$group *"))
}
