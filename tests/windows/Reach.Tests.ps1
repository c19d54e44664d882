# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

BeforeAll {
    . (Join-Path $PSScriptRoot 'Load.ps1')
    $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback, 0)
    $listener.Start()
    $port = $listener.LocalEndpoint.Port
}
AfterAll { $listener.Stop() }

Describe 'Connections that are tried' {
    It 'are open, or refused where nobody listens, many at once' {
        $tries = @(foreach ($one in 1..50) { @{ Address = '127.0.0.1'; Port = $port; Protocol = 'tcp' }; @{ Address = '127.0.0.1'; Port = 1; Protocol = 'tcp' } })
        $done = @(Test-ConnectivityTarget -Tries $tries -Seconds 30)
        @($done | Where-Object { $_.Outcome -eq 'open' -and $_.Port -eq $port }).Count | Should -Be 50
        @($done | Where-Object { $_.Outcome -eq 'refused' -and $_.Port -eq 1 }).Count | Should -Be 50
    }
    It 'that cannot be made say why' {
        $done = Test-ConnectivityTarget -Tries @(@{ Address = 'nobody.invalid'; Port = 1; Protocol = 'tcp' })
        $done.Outcome | Should -Be 'unresolved'
        $done.Detail | Should -Not -BeNullOrEmpty
    }
    It 'over UDP ask a name server, and any answer counts' {
        $server = New-Object Net.Sockets.UdpClient (New-Object Net.IPEndPoint ([Net.IPAddress]::Loopback, 0))
        $one = @{ Address = '127.0.0.1'; Port = $server.Client.LocalEndPoint.Port; Protocol = 'udp' }
        (Test-ConnectivityTarget -Tries @($one) -Seconds 0.3).Outcome | Should -Be 'silent'
        $from = [Net.EndPoint] (New-Object Net.IPEndPoint ([Net.IPAddress]::Any, 0))
        $server.Receive([ref] $from).Length | Should -Be 17
        $server.Close()
    }
    It 'do not wait for what a service says' {
        $done = @(Invoke-ConnectivityProbe -Probes @(@{ protocol = 'tcp'; destination = '127.0.0.1'; port = $port }) -Token 'x' -Timeout 100000 -HandshakeOnly)
        $done[0].outcome, $done[0].answered_by | Should -Be 'open', ''
    }
    It 'before a change are of outbound rules, single addresses and ports, at most 64' {
        $rules = @(
            (New-TestRule 'a' -Direction Outbound -Ports '1', '2-3' -Peers '127.0.0.1', '10.0.0.0/8'), (New-TestRule 'b'),
            (New-TestRule 'dns' -Direction Outbound -Ports '53', '123' -Peers '127.0.0.2' -Protocol UDP) | ForEach-Object { ConvertTo-ConnectivityRule $_ }
        )
        Get-ConnectivityReach -Rules $rules -Which all | Should -Be 'tcp 127.0.0.1 port 1 [federated.connectivity a]', 'udp 127.0.0.2 port 53 [federated.connectivity dns]'
        Get-ConnectivityReach -Rules $rules -Which none | Should -BeNullOrEmpty
        $many = ConvertTo-ConnectivityRule (New-TestRule 'many' -Direction Outbound -Peers @(1..200 | ForEach-Object { "127.0.1.$_" }))
        @(Get-ConnectivityReach -Rules $many -Which all).Count | Should -Be 64
    }
}
