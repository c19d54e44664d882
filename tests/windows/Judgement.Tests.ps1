# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What defeats the rules is reported once for each rule of others, and what concerns other programs is not. Others' rules are given as texts
# of the registry, so these tests are the same on Windows.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Load.ps1')
    $ours = @((New-TestRule 'in'), (New-TestRule 'grpc' -Ports '9090'), (New-TestRule 'out' -Direction Outbound -Ports '9090') | ForEach-Object { ConvertTo-ConnectivityRule $_ })
    $closed = 'federated.connectivity in', 'federated.connectivity grpc'
    function Get-Told([string] $Text, [string[]] $Published = @(), [string] $Source = 'Local') {
        , @(Get-ConnectivityContradiction -Rules $ours -Closed $closed -Published $Published -Others @(ConvertFrom-ConnectivityText -Id 'x' -Text $Text -Source $Source))
    }
}
Describe 'Rules of others' {
    BeforeEach { Mock Get-ConnectivityListener { @{ Protocol = 'TCP'; Port = 8443; Path = 'C:\java\java.exe'; Services = @('station') } } }

    It 'that defeat ours are reported: <Text>' -ForEach @(
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort2_10=8000-8999|Name=range|'; Told = "rule 'range' (Inbound TCP 8000-8999) blocks what federated.connectivity in allows, and prevails*" }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=Out|Protocol=6|RPort=9090|Name=baseline|'; Source = 'GroupPolicy'; Told = "rule 'baseline' (GroupPolicy, Outbound TCP 9090) blocks what federated.connectivity out allows*" }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort2_10=1-66|LPort2_10=69-55554|Name=TCP|'; Told = '*blocks what federated.connectivity in, federated.connectivity grpc allows*' }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort=8443|Name=not in public|'; Told = '*Public) blocks what federated.connectivity in allows*' }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|RA4=203.0.113.0/255.255.255.0|Name=all|'; Told = '*blocks what federated.connectivity in, federated.connectivity grpc allows*' }
        @{ Text = 'v2.1|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=9090|Name=vendor|'; Told = "rule 'vendor' (Inbound TCP 9090) lets in others than the peers of federated.connectivity grpc*" }
        @{ Text = 'v2.1|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=8443|RA4=LocalSubnet|Name=subnet|'; Told = '*lets in others than the peers of federated.connectivity in*' }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|App=C:\java\java.exe|Name=question|'; Told = '*C:\java\java.exe) blocks what federated.connectivity in allows*' }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|Svc=station|Name=service|'; Told = '*station) blocks what federated.connectivity in allows*' }
        @{ Text = 'v2.1|Action=Allow|Active=TRUE|Dir=In|App=C:\Program Files\Docker\com.docker.backend.exe|Name=backend|'; Published = @('federated.connectivity in'); Told = '*lets in others than the peers of federated.connectivity in. *' }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|Name=all users|LUAuth=O:LSD:(D;;CC;;;S-1-5-80-1)|'; Told = '*blocks for some users what*look at it*' }
        @{ Text = 'v2.99|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=8443|RAX=something|Name=later|'; Told = '*conditions that this collection does not know (RAX)*' }
        @{ Text = 'v13.37|Action=Allow|Active=TRUE'; Told = '*cannot be read, so it was not judged*' }
    ) {
        $told = Get-Told $Text @($_['Published'] | Where-Object { $_ }) $(if ($_['Source']) { $_['Source'] } else { 'Local' })
        $told.Count | Should -Be 1
        $told[0] | Should -BeLike ($Told -replace '\[', '`[')
    }
    It 'that concern others are not: <_>' -ForEach @(
        'v2.1|Action=Block|Active=TRUE|Dir=In|App=C:\other.exe|Name=cancelled|', 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=RPC|Name=rpc|'
        'v2.1|Action=Block|Active=TRUE|Dir=In|Svc=spooler|Name=service|', 'v2.1|Action=Block|Active=TRUE|Dir=Out|App=C:\other.exe|Name=one program|'
        'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=112|Name=VRRP|', 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=17|LPort=8443|Name=udp|'
        'v2.1|Action=Block|Dir=In|Protocol=6|LPort=8443|Name=off|', 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=8443|RA4=192.0.2.9|Name=somebody else|'
        'v2.1|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=8443|RA4=203.0.113.7|Name=a peer|', 'v2.1|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=9090|Name=out|'
        'v2.1|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|App=%SystemRoot%\system32\svchost.exe|Svc=termservice|Name=rdp|'
    ) { (Get-Told $_).Count | Should -Be 0 }
}
Describe 'Rules of others about protocols without ports' {
    BeforeAll {
        $ours = @(
            @{ DisplayName = 'federated.connectivity ping'; Description = 'ping'; Direction = 'Inbound'; Protocol = 'ICMPv4'; IcmpType = @('8'); RemoteAddress = @('203.0.113.7') }
            @{ DisplayName = 'federated.connectivity esp'; Description = 'esp'; Direction = 'Inbound'; Protocol = '50'; RemoteAddress = @('203.0.113.7') }
        ) | ForEach-Object { ConvertTo-ConnectivityRule $_ }
        $closed = 'federated.connectivity ping', 'federated.connectivity esp'
    }
    It 'are judged by protocol and type: <Text>' -ForEach @(
        @{ Text = 'v2.1|Action=Allow|Active=TRUE|Dir=In|Protocol=1|ICMP4=8:*|Name=echo|'; Told = '*lets in others than the peers of federated.connectivity ping*' }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=1|Name=all of ICMP|'; Told = '*blocks what federated.connectivity ping allows*' }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=50|Name=ESP|'; Told = '*blocks what federated.connectivity esp allows*' }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=1|ICMP4=13:*|Name=timestamps|'; Told = $null }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=58|ICMP6=128:*|Name=IPv6|'; Told = $null }
        @{ Text = 'v2.1|Action=Block|Active=TRUE|Dir=In|Protocol=47|Name=GRE|'; Told = $null }
    ) {
        $said = @(Get-ConnectivityContradiction -Rules $ours -Closed $closed -Published @() -Others @(ConvertFrom-ConnectivityText -Id 'x' -Text $Text -Source 'Local'))
        if ($Told) { $said.Count | Should -Be 1; $said[0] | Should -BeLike $Told } else { $said.Count | Should -Be 0 }
    }
}
Describe 'Profiles' {
    It 'that cannot carry the rules stop a run: <Change>' -ForEach @(
        @{ Change = @{ Enabled = 'False' }; Told = 'profile Public is off*' }
        @{ Change = @{ LocalRules = 'False' }; Told = "profile Public ignores the host's own rules*" }
        @{ Change = @{ InboundRules = 'False' }; Told = 'profile Public refuses every connection*' }
        @{ Change = @{ Inbound = 'Allow' }; Told = 'profile Public lets in what no rule refuses, so federated.connectivity grpc, federated.connectivity in would be open*' }
    ) {
        $profile1 = @{ Name = 'Public'; Enabled = 'True'; Inbound = 'Block'; Outbound = 'Allow'; LocalRules = 'True'; InboundRules = 'True'; Configured = @{ Inbound = 'Block'; Outbound = 'Allow' } }
        foreach ($key in $Change.Keys) { $profile1[$key] = $Change[$key] }
        $told = @(Get-ConnectivityUnfit -Profiles $profile1 -Rules $ours -Closed $closed -Denied @())
        $told.Count | Should -Be 1
        $told[0] | Should -BeLike $Told
    }
    It 'need a way in for Ansible where ingress is denied' {
        $profile1 = @{ Name = 'Public'; Enabled = 'True'; Inbound = 'Block'; Outbound = 'Allow'; LocalRules = 'True'; InboundRules = 'True'; Configured = @{ Inbound = 'Block'; Outbound = 'Allow' } }
        $wanted = @{ rules = $ours; closed = @(); closed_without_rule = @(); denied = @('ingress'); names = @(); published = @() }
        Mock Get-ConnectivityForeignFirewall { }
        (Get-ConnectivityJudgement -Wanted $wanted -Others @() -Profiles $profile1 -ManagementPort 5986).Errors | Should -BeLike '*no rule lets anybody in at port 5986*'
        (Get-ConnectivityJudgement -Wanted $wanted -Others @() -Profiles $profile1 -ManagementPort 8443).Errors | Should -BeNullOrEmpty
    }
}
Describe 'Both readers' -Tag StandIn {
    It 'say the same of a host' {
        Reset-TestHost
        $null = Invoke-ConnectivityPolicy -Given @{ rules = @(New-TestRule 'in' -Peers '203.0.113.0/24', '2001:db8::/32', '198.51.100.1-198.51.100.9') }
        $cmdlets = @(Get-ConnectivityRule -Reader Cmdlets)
        Mock Get-ConnectivityRegistry { Get-StandInText }
        $registry = @(Get-ConnectivityRule)
        $cmdlets.Count | Should -Be 4
        $text = { param($rules) ($rules | ForEach-Object { "$($_.Id) $($_.Source) $($_.Group) $($_.DisplayName) $(Get-ConnectivityMeaning @($_))" } | Sort-Object) -join "`n" }
        & $text $registry | Should -Be (& $text $cmdlets)
    }
}
