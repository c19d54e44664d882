# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# What keeps a host from carrying its rules, and which rules of others defeat them. The same sentences by Ansible and by hand.
# A rule that blocks precedes every rule that allows (Microsoft, "Windows Firewall rules"), so nothing of ours prevails over one.

function Get-ConnectivityUnfit {
    # Why the profiles cannot carry the rules. What Group Policy ignores, or a profile that is off lets pass, no rule of ours can change.
    param(
        [Parameter(Mandatory)] [hashtable[]] $Profiles, [AllowEmptyCollection()] [hashtable[]] $Rules, [AllowEmptyCollection()] [string[]] $Closed,
        [AllowEmptyCollection()] [string[]] $Denied
    )
    $inbound = @($Rules | Where-Object { $_.Direction -eq 'Inbound' })
    foreach ($one in $Profiles) {
        $name = $one.Name
        $policy = { param($setting, $value) $one.Configured -and $one.Configured[$setting] -and $one.Configured[$setting] -ne $value } # not the host's own setting
        if ($one.Enabled -eq 'False' -and (& $policy 'Enabled' 'False')) { "profile $name is off by Group Policy, so no rule counts there. Have it turned on in Group Policy" }
        elseif ($one.Enabled -eq 'False') { "profile $name is off, so no rule counts there. Turn it on: Set-NetFirewallProfile -Name $name -Enabled True" }
        if ($one.LocalRules -eq 'False' -and $Rules.Count -gt 0) {
            "profile $name ignores the host's own rules (AllowLocalFirewallRules is False). Allow them in Group Policy"
        }
        if ($one.InboundRules -eq 'False' -and $inbound.Count -gt 0) {
            "profile $name refuses every connection, even those that rules allow (AllowInboundRules is False). Allow rules there"
        }
        $open = @($Closed | Sort-Object -Unique)
        if ($one.Inbound -eq 'Allow' -and 'ingress' -notin $Denied -and $open.Count -gt 0) {
            "profile $name lets in what no rule refuses, so $($open -join ', ') would be open to everybody. " +
            $(if (& $policy 'Inbound' 'Allow') { 'Group Policy sets this default: take it out there' } else { "Run Set-NetFirewallProfile -Name $name -DefaultInboundAction Block, or set connectivity_defaults: {ingress: deny}" })
        }
        foreach ($side in @(@('ingress', 'Inbound'), @('egress', 'Outbound'))) {
            if ($side[0] -in $Denied -and $one.Configured -and $one.Configured[$side[1]] -eq 'Block' -and $one[$side[1]] -ne 'Block') {
                "profile $name allows what is $($side[1].ToLowerInvariant()) by Group Policy, whatever the host itself has. Take that out of Group Policy"
            }
        }
    }
}

function Get-ConnectivityContradiction {
    # One sentence for each rule of others that blocks what ours allow, or lets others in at a port that the plan closes.
    param(
        [AllowEmptyCollection()] [hashtable[]] $Rules, [AllowEmptyCollection()] [string[]] $Closed, [AllowEmptyCollection()] [string[]] $Published,
        [AllowEmptyCollection()] [hashtable[]] $Others, [AllowEmptyCollection()] [hashtable[]] $Shut = @()
    )
    $ours = @(foreach ($group in $Rules | Group-Object -Property { $_.DisplayName }) {
            $first = $group.Group[0]
            @{
                Name = $first.DisplayName; Direction = $first.Direction; Protocol = $first.Protocol
                OwnPorts = ConvertTo-ConnectivityPort $(if ($first.Direction -eq 'Outbound') { $first.LocalPort } else { $first.RemotePort })
                Ports = ConvertTo-ConnectivityPort $(if ($first.Direction -eq 'Inbound') { $first.LocalPort } else { $first.RemotePort })
                Kinds = ConvertTo-ConnectivityKind $first.IcmpType
                Peers = ConvertTo-ConnectivitySet @($group.Group | ForEach-Object { $_.RemoteAddress })
                Program = if ($Published -ccontains $first.DisplayName) { 'com.docker.backend.exe' } else { '' }
                Closed = $Closed -ccontains $first.DisplayName
            }
        })
    $ours += @(foreach ($rule in $Shut) {
            @{
                Name = $rule.DisplayName; Direction = 'Inbound'; Protocol = $rule.Protocol; Ports = ConvertTo-ConnectivityPort $rule.LocalPort; OwnPorts = $null
                Kinds = ConvertTo-ConnectivityKind $rule.IcmpType; Peers = $null; Program = if ($Published -ccontains $rule.DisplayName) { 'com.docker.backend.exe' } else { '' }
                Closed = $true
            }
        })
    $loopback = ConvertTo-ConnectivitySet '127.0.0.0/8', '::1'
    $listeners = $null
    foreach ($other in $Others) {
        if ($other.Broken) { "rule '$(Format-ConnectivityForeign $other.DisplayName)' ($($other.Source)) cannot be read, so it was not judged. Look at it"; continue }
        if ($other.Active -ne 'True' -or $other.Action -notin 'Allow', 'Block', 'Bypass' -or ($other.Direction -eq 'Outbound' -and $other.Action -ne 'Block')) { continue }
        $ports = if ($other.Direction -eq 'Inbound') { $other.LocalPort } else { $other.RemotePort }
        $ranges, $peers = (ConvertTo-ConnectivityPort $ports), $null
        if ($null -ne $ranges -and $ranges.Count -eq 0) { continue } # keywords alone, which stand for ports of Windows' own services
        # Windows does not ask rules about what stays on the host.
        if (Test-ConnectivityWithin (ConvertTo-ConnectivitySet $other.LocalAddress) $loopback) { continue }
        $blocked, $opened, $exposed = @(), @(), @()
        foreach ($rule in $ours) {
            if ($rule.Direction -ne $other.Direction -or $other.Protocol -notin $rule.Protocol, 'Any') { continue }
            if (-not (Test-ConnectivityPort $rule.Ports $ranges)) { continue }
            if (-not (Test-ConnectivityPort $rule.Kinds (ConvertTo-ConnectivityKind $other.IcmpType))) { continue }
            if ($other.Action -ne 'Block' -and -not $rule.Closed) { continue }
            if ($null -eq $peers) { $peers = ConvertTo-ConnectivitySet $other.RemoteAddress }
            if (Test-ConnectivityWithin $peers $loopback) { break }
            if ($other.Action -eq 'Block') { $counts = $rule.Peers -and (Test-ConnectivityOverlap $rule.Peers $peers) -and (Test-ConnectivityFarPort $other $rule) }
            else { $counts = -not $rule.Peers -or -not (Test-ConnectivityWithin $peers $rule.Peers) }
            if (-not $counts) { continue }
            if (Test-ConnectivityScoped $other) {
                if ($null -eq $listeners -and $rule.Direction -eq 'Inbound') { $listeners = Get-ConnectivityListener }
                if (-not (Test-ConnectivityConcern $other $rule $listeners)) { continue }
            }
            if ($other.Action -eq 'Block') { $blocked += $rule.Name } elseif ($rule.Peers) { $opened += $rule.Name } else { $exposed += $rule.Name }
        }
        if ($blocked.Count + $opened.Count + $exposed.Count -eq 0) { continue }
        $which = Format-ConnectivityOther $other
        if ($other.Unknown.Count -gt 0 -and $blocked.Count + $opened.Count + $exposed.Count -gt 0) {
            "$which has conditions that this collection does not know ($($other.Unknown -join ', ')), so it was not judged. It may concern " +
            "$(($blocked + $opened + $exposed) -join ', ')"
            continue
        }
        if ($blocked.Count -gt 0 -and 'users' -in $other.Limits) {
            "$which blocks for some users what $($blocked -join ', ') allows. Whether it matters depends on who runs the program; look at it"
        }
        elseif ($blocked.Count -gt 0) { "$which blocks what $($blocked -join ', ') allows, and prevails. Remove or narrow it" }
        elseif ($opened.Count -gt 0) { "$which lets in others than the peers of $($opened -join ', '). Remove or narrow it" }
        if ($exposed.Count -gt 0) { "$which opens what the plan closes to everybody: $($exposed -join ', '). Remove or narrow it" }
    }
}

function Test-ConnectivityFarPort {
    # Whether a rule that blocks can meet our connections at the port of the end that opens them. That end takes one of the dynamic ports:
    # Windows 49152 and later (RFC 6335), partners 1024 and later.
    param([Parameter(Mandatory)] [hashtable] $Other, [Parameter(Mandatory)] [hashtable] $Rule)
    $inbound = $Rule.Direction -eq 'Inbound'
    $limit = ConvertTo-ConnectivityPort $(if ($inbound) { $Other.RemotePort } else { $Other.LocalPort })
    $usual = $Rule.OwnPorts
    if ($null -eq $usual -and $Rule.Protocol -in 'TCP', 'UDP') { $usual = @(, @($(if ($inbound) { 1024 } else { 49152 }), 65535)) }
    Test-ConnectivityPort $usual $limit
}

function ConvertTo-ConnectivityKind {
    # The types of ICMP that a rule names, each as a span of one; null where it is about all of them, or about another protocol.
    param([AllowNull()] [AllowEmptyCollection()] $Texts)
    $numbers = @(foreach ($text in $Texts) { if ([string] $text -match '^([0-9]{1,3})(:.*)?\z') { , @([int] $Matches[1], [int] $Matches[1]) } })
    if ($numbers.Count -eq 0) { return $null }
    , $numbers
}

function Test-ConnectivityScoped {
    # Whether a rule concerns one program, service or store app alone.
    param([Parameter(Mandatory)] [hashtable] $Other)
    foreach ($limit in 'Program', 'Service', 'Package') {
        if (@($Other[$limit] | Where-Object { $_ -and $_ -ne 'Any' -and ($limit -eq 'Service' -or $_ -ne '*') }).Count -gt 0) { return $true }
    }
    $false
}

function Test-ConnectivityConcern {
    # Whether the program of a rule is the one behind our rule: the one that the matrix names, or the one that listens at the port.
    param([Parameter(Mandatory)] [hashtable] $Other, [Parameter(Mandatory)] [hashtable] $Rule, [AllowNull()] [AllowEmptyCollection()] [hashtable[]] $Listeners)
    $program = "$(@($Other.Program)[0])"
    if ($env:ProgramW6432) { $program = $program.Replace('%ProgramFiles%', $env:ProgramW6432) } # in a PowerShell of 32 bits, too
    $program = [Environment]::ExpandEnvironmentVariables($program)
    $service = "$(@($Other.Service)[0])"
    $limited = $program -notin 'Any', '*', ''
    if ($limited -and $Rule.Program -and ($program -split '[\\/]')[-1] -eq $Rule.Program -and $service -in 'Any', '') { return $true }
    foreach ($listener in $Listeners) {
        if ($Rule.Direction -ne 'Inbound' -or $listener.Protocol -ne $Rule.Protocol) { continue }
        if (-not (Test-ConnectivityPort $Rule.Ports @(, @($listener.Port, $listener.Port)))) { continue }
        if (-not (Test-ConnectivityPort (ConvertTo-ConnectivityPort $Other.LocalPort) @(, @($listener.Port, $listener.Port)))) { continue }
        if ($Other.Package.Count -gt 0) { continue } # programs of the store are told apart by a package, not by a path
        if ($limited -and $listener.Path -ne $program) { continue }
        if ($service -eq '*' -and $listener.Services.Count -eq 0) { continue } # every service
        if ($service -notin 'Any', '*', '' -and $service -notin $listener.Services) { continue }
        return $true
    }
    $false
}

function Get-ConnectivityListener {
    # Who listens: protocol, port, the program's path and its services. Windows knows the owner of each socket.
    $services = @{}
    $processes = @{}
    foreach ($one in Get-ConnectivityFromWmi Win32_Service) {
        if ($one.ProcessId) { $services[[string] $one.ProcessId] = @($services[[string] $one.ProcessId]) + [string] $one.Name }
    }
    foreach ($one in Get-ConnectivityFromWmi Win32_Process) {
        $processes[[string] $one.ProcessId] = if ($one.ExecutablePath) { [string] $one.ExecutablePath } elseif ($one.ProcessId -eq 4) { 'System' } else { '' }
    }
    if (-not (Get-Command Get-NetTCPConnection -ErrorAction SilentlyContinue)) { return }
    $sockets = @(Get-NetTCPConnection -State Listen -ErrorAction SilentlyContinue | ForEach-Object { @{ Protocol = 'TCP'; One = $_ } })
    $sockets += @(Get-NetUDPEndpoint -ErrorAction SilentlyContinue | ForEach-Object { @{ Protocol = 'UDP'; One = $_ } })
    foreach ($socket in $sockets) {
        $owner = [string] $socket.One.OwningProcess
        @{
            Protocol = $socket.Protocol; Port = [int] $socket.One.LocalPort; Path = [string] $processes[$owner]
            Services = @($services[$owner] | Where-Object { $_ })
        }
    }
}

function Format-ConnectivityOther {
    # A rule of others in a sentence: its name, where it comes from, and what limits it.
    param([Parameter(Mandatory)] [hashtable] $Other)
    $ports = @(if ($Other.Direction -eq 'Inbound') { $Other.LocalPort } else { $Other.RemotePort })
    $words = @{
        'interfaces' = 'on some interfaces'; 'networks' = 'in some networks'; 'IPsec' = 'with IPsec'; 'remote computers' = 'for some remote computers'
        'remote users' = 'for some remote users'
    }
    $limits = @(
        if ($Other.Source -ne 'Local') { $Other.Source }
        "$($Other.Direction) $($Other.Protocol)$(if ('Any' -notin $ports) { ' ' + ($ports -join ',') })"
        if ($Other.Action -eq 'Bypass') { 'prevails over rules that block' }
        foreach ($limit in 'Program', 'Service', 'Profile') { @($Other[$limit] | Where-Object { $_ -and $_ -ne 'Any' }) }
        foreach ($address in $Other.LocalAddress) { if ($address -and $address -notin 'Any', '*') { "at $address" } }
        foreach ($limit in $Other.Limits) { if ($words.ContainsKey($limit)) { $words[$limit] } }
    )
    $name = $Other.DisplayName
    if ($name -like '@*') { # a text of a library, which the commands know
        foreach ($one in Get-NetFirewallRule -Name $Other.Id -PolicyStore ActiveStore -ErrorAction SilentlyContinue) { if ($one.DisplayName) { $name = [string] $one.DisplayName; break } }
    }
    Format-ConnectivityForeign "rule '$name' ($($limits -join ', '))"
}

function Format-ConnectivityForeign {
    # A text that others wrote, in one line of bounded length.
    param([AllowEmptyString()] [string] $Text)
    $Text = $Text -replace '\p{C}', '?'
    if ($Text.Length -gt 500) { $Text.Substring(0, 497) + '...' } else { $Text }
}

function Get-ConnectivityForeignFirewall {
    # Firewalls of other makers that Windows knows of. Servers have no such list.
    foreach ($one in Get-ConnectivityFromWmi FirewallProduct -Namespace root/SecurityCenter2) {
        "the firewall '$(Format-ConnectivityForeign "$($one.displayName)")' is registered on this host. It may refuse what Windows Firewall allows; make the same rules there"
    }
}

function Get-ConnectivityJudgement {
    # Errors, for which nothing is changed, and warnings; all at once.
    param([Parameter(Mandatory)] [hashtable] $Wanted, [AllowEmptyCollection()] [hashtable[]] $Others, [Parameter(Mandatory)] [hashtable[]] $Profiles, [int] $ManagementPort)
    $closed = @($Wanted.closed) + @($Wanted.closed_without_rule)
    $errors = @(Get-ConnectivityUnfit -Profiles $Profiles -Rules $Wanted.rules -Closed $closed -Denied $Wanted.denied)
    if ($ManagementPort -gt 0 -and 'ingress' -in $Wanted.denied) {
        $way = @($Wanted.rules | Where-Object {
                $_.Direction -eq 'Inbound' -and $_.Protocol -eq 'TCP' -and
                (Test-ConnectivityPort (ConvertTo-ConnectivityPort $_.LocalPort) @(, @($ManagementPort, $ManagementPort)))
            })
        if ($way.Count -eq 0) {
            $errors += "ingress is denied, and no rule lets anybody in at port $ManagementPort, by which Ansible manages the host. Define " +
            'connectivity_networks.management, and the port in a membership {matrix: baseline, options: {management_port: ...}}'
        }
    }
    $warnings = @(
        foreach ($one in $Profiles) {
            if ($one.Outbound -eq 'Block' -and 'egress' -notin $Wanted.denied -and @($Wanted.names).Count -gt 0) {
                "profile $($one.Name) blocks what no rule lets out, and Windows Firewall does not support the host names of " +
                "$(@($Wanted.names) -join ', '). Let them out by a rule of your own, or define connectivity_forward_proxy"
            }
        }
        Get-ConnectivityContradiction -Rules $Wanted.rules -Closed $Wanted.closed -Published $Wanted.published -Others $Others -Shut $Wanted['shut']
        if ($Wanted.rules.Count -gt 0) { Get-ConnectivityForeignFirewall }
    )
    @{ Errors = $errors; Warnings = $warnings }
}
