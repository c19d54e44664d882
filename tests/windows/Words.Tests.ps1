# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

BeforeAll { . (Join-Path $PSScriptRoot 'Load.ps1') }

Describe 'Addresses' {
    It 'are the same in all notations of Windows: <Texts>' -ForEach @(
        @{ Texts = @('10.0.0.0/8', '10.0.0.0/255.0.0.0', '10.0.0.0-10.255.255.255', '10.1.2.3/8') }
        @{ Texts = @('203.0.113.7', '203.0.113.7/32', '203.0.113.7/255.255.255.255', '203.0.113.7-203.0.113.7') }
        @{ Texts = @('2001:db8::/32', '2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:DB8:0::/32') }
        @{ Texts = @('2001:db8::1', '2001:db8::1/128', '2001:db8:0:0::1-2001:db8::1') }
        @{ Texts = @('198.51.100.0/30', '198.51.100.0-198.51.100.3') }
    ) { @($Texts | ForEach-Object { (ConvertTo-ConnectivitySet $_).Ranges -join ',' } | Sort-Object -Unique).Count | Should -Be 1 }

    It 'that are neighbours are merged' {
        (ConvertTo-ConnectivitySet '10.0.0.2/31', '10.0.0.0/31', '10.0.0.9').Ranges | Should -Be '40A000000-40A000003', '40A000009-40A000009'
        (ConvertTo-ConnectivitySet '255.255.255.255', '::').Ranges.Count | Should -Be 2
    }
    It 'are read back as they were: <_>' -ForEach '203.0.113.7', '10.0.0.0-10.0.0.9', '2001:db8::-2001:db8::f' {
        ConvertFrom-ConnectivityRange (ConvertTo-ConnectivityRange $_) | Should -Be $_
    }
    It 'that are not valid are keywords: <_>' -ForEach '10.0.0.0/33', '10.0.0.0/x', '1-2', '10.0.0.1-::1', 'LocalSubnet', '300.0.0.1', '::/200' { ConvertTo-ConnectivityRange $_ | Should -BeNullOrEmpty }

    It 'overlap and are within: <Inner> and <Outer>' -ForEach @(
        @{ Inner = @('10.0.0.5'); Outer = @('10.0.0.0/24'); Within = $true; Overlap = $true }
        @{ Inner = @('10.0.0.0/23'); Outer = @('10.0.0.0/24'); Within = $false; Overlap = $true }
        @{ Inner = @('10.0.0.0/23'); Outer = @('10.0.1.0/24', '10.0.0.0/24'); Within = $true; Overlap = $true }
        @{ Inner = @('10.0.9.9'); Outer = @('10.0.0.0/24'); Within = $false; Overlap = $false }
        @{ Inner = @('2001:db8::9', '10.0.0.1'); Outer = @('10.0.0.0/24'); Within = $false; Overlap = $true }
        @{ Inner = @('LocalSubnet'); Outer = @('10.0.0.0/24'); Within = $false; Overlap = $true }
        @{ Inner = @('Any'); Outer = @('10.0.0.0/24'); Within = $false; Overlap = $true }
        @{ Inner = @('LocalSubnet'); Outer = @('Any'); Within = $true; Overlap = $true }
    ) {
        $one, $other = (ConvertTo-ConnectivitySet $Inner), (ConvertTo-ConnectivitySet $Outer)
        Test-ConnectivityWithin $one $other | Should -Be $Within
        Test-ConnectivityOverlap $one $other | Should -Be $Overlap
        Test-ConnectivityOverlap $other $one | Should -Be $Overlap
    }
}

Describe 'Texts of the registry' {
    It 'mean <Means>' -ForEach @(
        @{ Text = 'v2.33|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|App=%SystemRoot%\system32\svchost.exe|Svc=termservice|Name=@FirewallAPI.dll,-28775|EmbedCtxt=@FirewallAPI.dll,-28752|'; Means = 'True Inbound Allow TCP 3389 Any termservice' }
        @{ Text = 'v2.31|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort2_10=1-66|LPort2_10=69-55554|Name=TCP|'; Means = 'True Inbound Block TCP 1-66,69-55554 Any Any' }
        @{ Text = 'v2.30|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=22|RPort=80|RA42=IntErnet|IFType=Lan|Name=web|'; Means = 'True Outbound Allow TCP 22,80 IntErnet Any' }
        @{ Text = 'v2.32|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=8443|LA4=198.51.100.20|RA4=203.0.113.0/255.255.255.0|RA6=2001:db8:3::/48|Name=p|'; Means = 'True Inbound Allow TCP 8443 203.0.113.0/255.255.255.0,2001:db8:3::/48 Any' }
        @{ Text = 'v2.10|Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort=8443|Name=off|'; Means = 'False Inbound Allow TCP 8443 Any Any' }
        @{ Text = 'v2.10|Action=Allow|Dir=In|Protocol=6|LPort=8443|Name=no word of Active|'; Means = 'False Inbound Allow TCP 8443 Any Any' }
        @{ Text = 'v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=112|Name=VRRP|'; Means = 'True Inbound Block 112 Any Any Any' }
    ) {
        $rule = ConvertFrom-ConnectivityText -Id 'x' -Text $Text -Source Local
        $rule.Broken | Should -BeFalse
        $ports = if ($rule.Direction -eq 'Inbound') { $rule.LocalPort } else { $rule.RemotePort }
        "$($rule.Active) $($rule.Direction) $($rule.Action) $($rule.Protocol) $($ports -join ',') $($rule.RemoteAddress -join ',') $($rule.Service -join ',')" | Should -Be $Means
    }
    It 'that are cut short are broken: <_>' -ForEach 'v13.37|Action=Allow|Active=TRUE', '', 'v2.1|', 'v2.1|Action=Allow|Dir=In', 'v2.1|Action=Maybe|Dir=In|', 'v2.1|Action=Allow|In|' {
        (ConvertFrom-ConnectivityText -Id 'x' -Text $_ -Source Local).Broken | Should -BeTrue
    }
    It 'have limits and fields that are not known' {
        (ConvertFrom-ConnectivityText -Id 'x' -Text 'v2.33|Action=Block|Active=TRUE|Dir=In|Name=n|LUAuth=O:LSD:|' -Source Local).Limits | Should -Be 'users'
        (ConvertFrom-ConnectivityText -Id 'x' -Text 'v2.99|Action=Allow|Active=TRUE|Dir=In|RAX=y|Name=n|' -Source Local).Unknown | Should -Be 'RAX'
    }
}

Describe 'Rules that are compared' {
    It 'are written only where they differ, and parts are one rule' {
        $ours = @(0..999 | ForEach-Object { "10.7.$([Math]::Floor($_ / 100)).$(2 * ($_ % 100))" })
        $parts = @((New-TestRule 'many' -Peers $ours), (New-TestRule 'many' -Peers '10.9.0.1'), (New-TestRule 'one') | ForEach-Object { ConvertTo-ConnectivityRule $_ })
        $same = Compare-ConnectivityRule -Wanted $parts -Present $parts
        $same.Add.Count + $same.Gone.Count | Should -Be 0
        $other = @($parts[0], (ConvertTo-ConnectivityRule (New-TestRule 'many' -Peers '10.9.0.2')), $parts[2])
        $change = Compare-ConnectivityRule -Wanted $other -Present $parts
        $change.Add.Count, $change.Gone.Count | Should -Be 1, 1
        $change.Add[0].RemoteAddress | Should -Be '10.9.0.2'
        @(Format-ConnectivityRule $parts[0..1]).Count | Should -Be 1002
    }
}
