# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Probes, listeners and what listens, with sockets of this machine.

BeforeDiscovery { $families = @{ Family = 4; Address = '127.0.0.1' }, @{ Family = 6; Address = '::1' } }
BeforeAll {
    . (Join-Path $PSScriptRoot 'Load.ps1')
    Reset-TestHost
    $env:STAND_IN_SOCKETS = '1'
    function Get-FreePort([string] $Address, [string] $Protocol = 'tcp') {
        # A port that nobody uses, in either protocol and family as far as one can know.
        $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Parse($Address), 0)
        $listener.Start()
        $listener.LocalEndpoint.Port
        $listener.Stop()
    }
    function Test-One([string] $Protocol, [string] $Destination, [int] $Port, [double] $Timeout = 20, [int] $Retries = 0) {
        Invoke-ConnectivityProbe -Probes @(@{ protocol = $Protocol; destination = $Destination; port = $Port }) -Token 'secret' -Timeout $Timeout -Retries $Retries
    }
    function Get-Socket([string] $What) {
        $wanted = New-Object 'System.Collections.Generic.HashSet[string]' (, [string[]] @($What))
        Get-ConnectivitySocket -Wanted $wanted
    }
}
AfterAll {
    $null = Stop-ConnectivityListener
    $env:STAND_IN_SOCKETS = ''
}
Describe 'A listener' {
    BeforeAll {
        $port, $other, $closed = (Get-FreePort '127.0.0.1'), (Get-FreePort '127.0.0.1'), (Get-FreePort '127.0.0.1')
        $service = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Any, $other)
        $service.Start()
        $ports = @(@{ protocol = 'tcp'; port = $port }, @{ protocol = 'udp'; port = $port }, @{ protocol = 'tcp'; port = $other })
        $survey = @(Get-ConnectivityPortState -Ports $ports)
        $found = @(Start-ConnectivityListener -Ports $ports -Name "mark o'hara" -Token 'secret' -Seconds 600)
        function Find-State($States, [string] $Protocol, [int] $Port, [int] $Family) { $States | Where-Object { $_.protocol -eq $Protocol -and $_.port -eq $Port -and $_.family -eq $Family } }
    }
    AfterAll { $service.Stop() }
    It 'listens on IPv4 and IPv6 where nobody does, and leaves others alone' {
        foreach ($family in 4, 6) { foreach ($protocol in 'tcp', 'udp') { (Find-State $found $protocol $port $family).state | Should -Be 'listening' } }
        (Find-State $found 'tcp' $other 4).state | Should -Be 'in_use'
        (Find-State $found 'tcp' $other 4).detail | Should -BeLike '*(pid *) on 0.0.0.0'
        $found.Count | Should -Be 6
    }
    It 'is preceded by a survey that touches nothing' {
        (Find-State $survey 'tcp' $port 4).state, (Find-State $survey 'tcp' $other 4).state | Should -Be 'free', 'in_use'
    }
    It 'says its name over <Protocol> on IPv<Family>' -ForEach @(foreach ($one in $families) { foreach ($protocol in 'tcp', 'udp') { $one + @{ Protocol = $protocol } } }) {
        $answer = Test-One $Protocol $Address $port
        $answer.outcome, $answer.answered_by, $answer.address, $answer.source, $answer.by | Should -Be 'open', "mark o'hara", $Address, $Address, ''
    }
    It 'answers no datagram that lacks the token of the run' {
        (Invoke-ConnectivityProbe -Probes @(@{ protocol = 'udp'; destination = '127.0.0.1'; port = $port }) -Token 'another' -Timeout 1 -Retries 0).outcome | Should -Be 'silent'
    }
    It 'does not answer for a service that says nothing: the connection is open, and nobody has spoken' {
        $answer = Test-One 'tcp' '127.0.0.1' $other -Timeout 1
        $answer.outcome, $answer.answered_by | Should -Be 'open', ''
    }
    It 'is seen with its process, its family and its address' {
        $seen = @(Get-Socket "tcp $port")
        @($seen | ForEach-Object { "$($_.family) $($_.address) $($_.loopback)" }) | Should -Be '4 0.0.0.0 False', '6 :: False'
        $seen[0].process | Should -Match '^\S+ \(pid \d+\)$'
    }
    It 'is replaced by the next one, ends when it is stopped, and leaves nothing' {
        $again = @(Start-ConnectivityListener -Ports @(@{ protocol = 'tcp'; port = $port }) -Name 'next' -Token 'secret' -Seconds 600)
        @($again | ForEach-Object { $_.state }) | Should -Be 'listening', 'listening'
        (Test-One 'tcp' '127.0.0.1' $port).answered_by | Should -Be 'next'
        Stop-ConnectivityListener | Should -Be 'stopped'
        (Test-One 'tcp' '127.0.0.1' $port).outcome | Should -Be 'refused'
        Stop-ConnectivityListener | Should -Be 'absent'
        Test-Path (Get-ConnectivityListenerPlace).Directory | Should -BeFalse
        Get-ScheduledTask -TaskName (Get-ConnectivityListenerPlace).Task -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }
    It 'that cannot begin is a failure of each port' {
        function Start-ScheduledTask { param($TaskName) }
        function Get-ScheduledTask { param($TaskName) @{ State = 'Ready' } }
        $place = Get-ConnectivityListenerPlace
        $waits = @(@{ protocol = 'tcp'; family = 4; port = $closed; state = 'listening'; detail = '' })
        Wait-ConnectivityListener -Ports $waits -Place $place
        $waits[0].state, $waits[0].detail | Should -Be 'failed', 'the listener that the Task Scheduler started did not begin to listen'
    }
}
Describe 'A listener of its own' {
    It 'ends by itself' {
        $free = Get-FreePort '127.0.0.1'
        $null = Start-ConnectivityListener -Ports @(@{ protocol = 'tcp'; port = $free }) -Name 'short' -Token 'secret' -Seconds 1
        $place = Get-ConnectivityListenerPlace
        for ($turn = 0; $turn -lt 600 -and (Get-ScheduledTask -TaskName $place.Task).State -eq 'Running'; $turn++) { Start-Sleep -Milliseconds 100 }
        Stop-ConnectivityListener | Should -Be 'ended'
    }
}
Describe 'A probe' {
    It 'is refused over <_> where nobody listens' -ForEach 'tcp', 'udp' {
        foreach ($address in '127.0.0.1', '::1') { (Test-One $_ $address (Get-FreePort $address)).outcome | Should -Be 'refused' }
    }
    It 'meets silence where nothing comes back, and is repeated' {
        $silent = New-Object Net.Sockets.UdpClient (New-Object Net.IPEndPoint ([Net.IPAddress]::Loopback, 0))
        $answer = Test-One 'udp' '127.0.0.1' $silent.Client.LocalEndPoint.Port -Timeout 0.3 -Retries 2
        $answer.outcome | Should -Be 'silent'
        for ($turn = 0; $turn -lt 3; $turn++) {
            $from = [Net.EndPoint] (New-Object Net.IPEndPoint ([Net.IPAddress]::Any, 0))
            $silent.Available | Should -BeGreaterThan 0
            [Text.Encoding]::ASCII.GetString($silent.Receive([ref] $from)) | Should -Be 'secret'
        }
        $silent.Close()
    }
    It 'of a name takes the first of its addresses that answers' {
        $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $answer = Test-One 'tcp' 'localhost' $listener.LocalEndpoint.Port -Timeout 1
        $answer.outcome, $answer.destination, $answer.address | Should -Be 'open', 'localhost', '127.0.0.1'
        $listener.Stop()
    }
    It 'of a name without an address is unresolved' {
        $answer = Test-One 'tcp' 'nobody.invalid' 443
        $answer.outcome, $answer.address | Should -Be 'unresolved', ''
        $answer.detail | Should -Not -BeNullOrEmpty
    }
    It 'has a line for each of many, in the order given, some at a time' {
        $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback, 0)
        $listener.Start(200)
        $shut = Get-FreePort '127.0.0.1'
        $probes = @(foreach ($one in 1..40) { foreach ($port in $listener.LocalEndpoint.Port, $shut) { @{ protocol = 'tcp'; destination = '127.0.0.1'; port = $port } } })
        $done = @(Invoke-ConnectivityProbe -Probes $probes -Token 'x' -Timeout 1 -Parallel 16)
        @($done | ForEach-Object { $_.port }) | Should -Be @($probes | ForEach-Object { $_.port })
        @($done | Where-Object { $_.outcome -eq 'open' }).Count, @($done | Where-Object { $_.outcome -eq 'refused' }).Count | Should -Be 40, 40
        $listener.Stop()
    }
    It 'that the host itself forbids is rejected by the host, and one without a way is unroutable' {
        $one = @{ Protocol = 'tcp'; Destination = '192.0.2.1'; Port = 1; Phase = 'connecting'; Addresses = @([Net.IPAddress]::Parse('192.0.2.1')); At = 0; Attempt = 0; First = $null; Heard = '' }
        foreach ($case in @(@('AccessDenied', 'rejected', '192.0.2.9'), @('NetworkUnreachable', 'unroutable', ''), @('TimedOut', 'silent', ''), @('ConnectionRefused', 'refused', ''))) {
            $one.Phase, $one.At, $one.First, $one.Socket = 'connecting', 0, $null, $null
            $code = [Net.Sockets.SocketError] $case[0]
            function Assert-ConnectivitySocket { throw (New-Object Net.Sockets.SocketException ([int] $code)) }
            function Get-ConnectivityOwnAddress { '192.0.2.9' }
            Step-ConnectivityProbe -One $one -Told @{ Token = 'x'; Timeout = 1; Retries = 0; HandshakeOnly = $false; Datagram = [byte[]] 1 }
            $one.Result.outcome, $one.Result.by | Should -Be $case[1], $case[2]
        }
    }
}
