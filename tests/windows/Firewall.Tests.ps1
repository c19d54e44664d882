# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

BeforeAll {
    . (Join-Path $PSScriptRoot 'Load.ps1')
    $env:SSH_CONNECTION = '192.0.2.1 40000 192.0.2.2 22'
    function Get-Given([string[]] $Peers = '203.0.113.7') {
        @{
            rules = @((New-TestRule 'test.in' -Peers $Peers), (New-TestRule 'test.out' -Direction Outbound -Ports '1' -Peers '127.0.0.9'))
            closed = @('federated.connectivity test.in')
        }
    }
}
Describe 'Windows Firewall' {
    BeforeEach { Reset-TestHost; $before = Get-TestHost }
    AfterAll { Reset-TestHost }

    It 'is left alone in check mode, and says what would change' {
        $seen = Invoke-ConnectivityPolicy -Given (Get-Given) -Options @{ check_mode = $true; seconds = 60 }
        $seen.errors | Should -BeNullOrEmpty
        $seen.changes | Should -Be 'rule federated.connectivity test.in', 'rule federated.connectivity test.out'
        $seen.after | Should -BeLike '*test.in: Inbound Allow TCP 8443*from 203.0.113.7*'
        Get-TestHost | Should -Be $before
    }
    It 'gets the rules, a second run changes nothing, a change changes one rule, and removal leaves nothing' {
        $first = Invoke-ConnectivityPolicy -Given (Get-Given '203.0.113.0/24', '2001:db8::/32')
        $first.errors | Should -BeNullOrEmpty
        $first.changed | Should -BeTrue
        @(Get-NetFirewallRule -Group federated.connectivity).Count | Should -Be 2
        $ids = @(Get-NetFirewallRule -Group federated.connectivity | ForEach-Object { $_.Name } | Sort-Object)
        $second = Invoke-ConnectivityPolicy -Given (Get-Given '203.0.113.0/24', '2001:db8::/32')
        $second.changed, $second.changes.Count | Should -Be $false, 0
        @(Get-NetFirewallRule -Group federated.connectivity | ForEach-Object { $_.Name } | Sort-Object) | Should -Be $ids
        $third = Invoke-ConnectivityPolicy -Given (Get-Given '203.0.113.0/25')
        $third.changes | Should -Be 'rule federated.connectivity test.in'
        $third.lines | Should -Contain '-   from 203.0.113.0-203.0.113.255'
        @(Get-NetFirewallRule -Group federated.connectivity).Count | Should -Be 2
        (Invoke-ConnectivityPolicy -Given @{} -Options @{ removal = $true }).changed | Should -BeTrue
        Get-TestHost | Should -Be $before
        Test-Path (Join-Path $env:ProgramFiles 'federated.connectivity') | Should -BeFalse
    }
    It 'keeps a change that a new connection confirms, and says so again' {
        $trial = (Invoke-ConnectivityPolicy -Given (Get-Given) -Options @{ seconds = 60 }).on_trial
        (Invoke-ConnectivityPolicy -Given (Get-Given)).errors | Should -BeLike '*still waits to be confirmed*'
        $env:SSH_CONNECTION = '192.0.2.1 40001 192.0.2.2 22'
        (Confirm-ConnectivityPolicy $trial.token).outcome | Should -Be 'confirmed'
        (Confirm-ConnectivityPolicy $trial.token).outcome | Should -Be 'confirmed'
        (Confirm-ConnectivityPolicy 'other').outcome | Should -Be ''
        @(Get-NetFirewallRule -Group federated.connectivity).Count | Should -Be 2
    }
    It 'takes a change back that the old connection confirms, or none that is known: <_>' -ForEach '192.0.2.1 50000 192.0.2.2 22', '' {
        $env:SSH_CONNECTION = '192.0.2.1 50000 192.0.2.2 22'
        $trial = (Invoke-ConnectivityPolicy -Given (Get-Given) -Options @{ seconds = 60 }).on_trial
        $env:SSH_CONNECTION = $_
        $ended = Confirm-ConnectivityPolicy $trial.token
        $ended.outcome | Should -Be 'restored'
        Get-TestHost | Should -Be $before
        $env:SSH_CONNECTION = '192.0.2.1 50001 192.0.2.2 22'
    }
    It 'turns old rules off during a trial, and has them back as they were, hand-made limits included' {
        $null = Invoke-ConnectivityPolicy -Given (Get-Given)
        Set-NetFirewallRule -DisplayName 'federated.connectivity test.in' -Program 'C:\own.exe'
        $old = Get-TestHost
        $trial = (Invoke-ConnectivityPolicy -Given (Get-Given '203.0.113.8') -Options @{ seconds = 60 }).on_trial
        @(Get-NetFirewallRule -DisplayName 'federated.connectivity test.in').Count | Should -Be 2
        (Confirm-ConnectivityPolicy $trial.token).outcome | Should -Be 'restored'
        Get-TestHost | Should -Be $old
    }
    It 'denies by default, remembers what was there, and restores it' {
        $given = Get-Given
        $given.denied = @('egress')
        $null = Invoke-ConnectivityPolicy -Given $given
        @(Get-NetFirewallProfile -PolicyStore PersistentStore | Where-Object { "$($_.DefaultOutboundAction)" -eq 'Block' }).Count | Should -Be 3
        (Invoke-ConnectivityPolicy -Given $given).changed | Should -BeFalse
        $null = Invoke-ConnectivityPolicy -Given @{} -Options @{ removal = $true }
        Get-TestHost | Should -Be $before
    }
    It 'takes over the rules of firewall.cmd, which have no group' {
        $null = New-NetFirewallRule -DisplayName 'federated.connectivity test.in' -Direction Inbound -Protocol TCP -LocalPort 8443 -RemoteAddress 203.0.113.7
        $null = New-NetFirewallRule -DisplayName 'federated.connectivity old' -Direction Inbound -Protocol TCP -LocalPort 1 -RemoteAddress 203.0.113.7
        $taken = Invoke-ConnectivityPolicy -Given (Get-Given) -Options @{ allow_shrink = $true }
        $taken.errors | Should -BeNullOrEmpty
        @(Get-ConnectivityRule | Where-Object { Test-ConnectivityOwn $_ } | ForEach-Object { $_.DisplayName } | Sort-Object) | Should -Be 'federated.connectivity test.in', 'federated.connectivity test.out'
    }
    It 'stops before it loses many rules, and warns in check mode' {
        $null = Invoke-ConnectivityPolicy -Given (Get-Given)
        (Invoke-ConnectivityPolicy -Given @{}).errors | Should -BeLike '*Gone would be 2 of 2 rules*'
        (Invoke-ConnectivityPolicy -Given @{} -Options @{ check_mode = $true }).warnings | Should -BeLike 'without check mode this run would stop*'
        (Invoke-ConnectivityPolicy -Given @{} -Options @{ allow_shrink = $true }).changed | Should -BeTrue
        Get-TestHost | Should -Be $before
    }
    It 'asks for what was reachable before a change is kept' {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Parse('127.0.0.1'), 0)
        $listener.Start()
        $port = $listener.LocalEndpoint.Port
        $given = @{ rules = @(New-TestRule 'test.out' -Direction Outbound -Ports "$port" -Peers '127.0.0.1') }
        $trial = (Invoke-ConnectivityPolicy -Given $given -Options @{ seconds = 60 }).on_trial
        (Read-ConnectivityFile (Get-ConnectivityPlace).Journal).reach | Should -Be "tcp 127.0.0.1 port $port [federated.connectivity test.out]"
        $env:SSH_CONNECTION = "192.0.2.1 $(Get-Random -Minimum 50002 -Maximum 60000) 192.0.2.2 22"
        (Confirm-ConnectivityPolicy $trial.token).outcome | Should -Be 'confirmed'
        $listener.Stop()
    }
    It 'holds 10,000 partners, changes one of them, and removes them' {
        $peers = @(0..9999 | ForEach-Object { "10.$([Math]::Floor($_ / 100)).$($_ % 100).1"; "2001:db8::$('{0:x}' -f (2 * $_))" })
        $parts = @(for ($at = 0; $at -lt 20000; $at += 2000) { New-TestRule 'test.in' -Peers $peers[$at..($at + 1999)] })
        $done = Invoke-ConnectivityPolicy -Given @{ rules = $parts }
        $done.errors | Should -BeNullOrEmpty
        $done.changes | Should -Be 'rule federated.connectivity test.in'
        @(Get-NetFirewallRule -Group federated.connectivity).Count | Should -Be 10
        (Invoke-ConnectivityPolicy -Given @{ rules = $parts }).changed | Should -BeFalse
        $parts[3].RemoteAddress[0] = '10.200.0.1'
        $change = Invoke-ConnectivityPolicy -Given @{ rules = $parts }
        $change.lines | Should -Be '  federated.connectivity test.in: Inbound Allow TCP 8443', '-   from 10.30.0.1', '+   from 10.200.0.1'
        $null = Invoke-ConnectivityPolicy -Given @{} -Options @{ removal = $true }
        Get-TestHost | Should -Be $before
    }
}
