# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# Who listens on this host, and a listener of ours that ends by itself: _host/listening_sockets.py and _proof/listener.py on Windows.
# Windows ends every process of a WinRM session with the session. So the Task Scheduler starts the listener, as LOCAL SERVICE.

#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsProbe

function Get-ConnectivitySocket {
    # The sockets that listen on one of the wanted ports, each written as "tcp 8443"; in order.
    param([AllowEmptyCollection()] [Collections.Generic.HashSet[string]] $Wanted)
    $sockets = @(Get-NetTCPConnection -State Listen -ErrorAction SilentlyContinue | ForEach-Object { @{ Protocol = 'tcp'; One = $_ } })
    $sockets += @(Get-NetUDPEndpoint -ErrorAction SilentlyContinue | ForEach-Object { @{ Protocol = 'udp'; One = $_ } })
    $names = @{}
    $found = foreach ($socket in $sockets) {
        $port, $owner = [int] $socket.One.LocalPort, [string] $socket.One.OwningProcess
        if (-not $Wanted.Contains("$($socket.Protocol) $port")) { continue }
        if (-not $names.ContainsKey($owner)) {
            $process = Get-Process -Id $owner -ErrorAction SilentlyContinue
            $names[$owner] = if ($process) { "$($process.ProcessName) (pid $owner)" } else { '' }
        }
        $address = [Net.IPAddress]::Parse(($socket.One.LocalAddress -split '%')[0])
        $plain = if ($address.IsIPv4MappedToIPv6) { $address.MapToIPv4() } else { $address }
        @{
            protocol = $socket.Protocol; family = $(if ("$($address.AddressFamily)" -eq 'InterNetwork') { 4 } else { 6 }); address = $address.ToString()
            port = $port; process = $names[$owner]; loopback = [Net.IPAddress]::IsLoopback($plain)
        }
    }
    $found | Sort-Object -Property { $_.protocol }, { $_.family }, { $_.port }, { $_.address }
}

function Get-ConnectivityPortState {
    # For each port and family whether somebody listens there: protocol, family, port, state (free, in_use), detail. Touches nothing.
    param([AllowEmptyCollection()] [Collections.IDictionary[]] $Ports)
    $wanted = New-Object 'System.Collections.Generic.HashSet[string]'
    foreach ($one in $Ports) { $null = $wanted.Add("$($one.protocol) $($one.port)") }
    $taken = @(Get-ConnectivitySocket -Wanted $wanted)
    foreach ($text in $wanted | Sort-Object -Property { ($_ -split ' ')[0] }, { [int] ($_ -split ' ')[1] }) {
        $protocol, $port = $text -split ' '
        foreach ($family in 4, 6) {
            $holders = @($taken | Where-Object { $_.protocol -eq $protocol -and $_.port -eq [int] $port -and ($_.family -eq $family -or $_.address -eq '::') } | ForEach-Object {
                    "$(if ($_.process) { $_.process } else { 'a process' }) on $($_.address)"
                } | Sort-Object -Unique)
            @{
                protocol = $protocol; family = $family; port = [int] $port; state = $(if ($holders.Count -gt 0) { 'in_use' } else { 'free' })
                detail = $holders -join ', '
            }
        }
    }
}

function New-ConnectivityListenerSocket {
    # The sockets of a port in a family. UDP has one for each address of the host, so that an answer comes from the address that was asked.
    param([Parameter(Mandatory)] [string] $Protocol, [Parameter(Mandatory)] [int] $Family, [Parameter(Mandatory)] [int] $Port)
    $kind = if ($Family -eq 4) { [Net.Sockets.AddressFamily]::InterNetwork } else { [Net.Sockets.AddressFamily]::InterNetworkV6 }
    $addresses = @(if ($Family -eq 4) { [Net.IPAddress]::Any } else { [Net.IPAddress]::IPv6Any })
    if ($Protocol -eq 'udp') {
        $addresses = @([Net.NetworkInformation.NetworkInterface]::GetAllNetworkInterfaces() | ForEach-Object { $_.GetIPProperties().UnicastAddresses } |
                ForEach-Object { $_.Address } | Where-Object { $_.AddressFamily -eq $kind } | Sort-Object -Property { "$_" } -Unique)
    }
    if ($addresses.Count -eq 0) { throw "this host has no address of IPv$Family" }
    $sockets = @()
    try {
        foreach ($address in $addresses) {
            $type = if ($Protocol -eq 'udp') { [Net.Sockets.SocketType]::Dgram } else { [Net.Sockets.SocketType]::Stream }
            $socket = New-Object Net.Sockets.Socket ($kind, $type, [Net.Sockets.ProtocolType] $Protocol)
            $sockets += $socket
            if ([Environment]::OSVersion.Platform -eq 'Win32NT') { $socket.ExclusiveAddressUse = $true }
            if ($Family -eq 6) { $socket.DualMode = $false }
            $socket.Bind((New-Object Net.IPEndPoint ($address, $Port)))
            if ($Protocol -eq 'tcp') { $socket.Listen(128) }
        }
    }
    catch {
        foreach ($socket in $sockets) { $socket.Dispose() }
        throw
    }
    $sockets
}

function Invoke-ConnectivityListener {
    # Listens on the ports, each written as "tcp 4 8443", until the time is over. Takes nothing in but the token.
    param([Parameter(Mandatory)] [string[]] $Ports, [Parameter(Mandatory)] [string] $Answer, [Parameter(Mandatory)] [string] $Token, [Parameter(Mandatory)] [int] $Seconds)
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $open = New-Object Collections.ArrayList
    foreach ($text in $Ports) {
        $protocol, $family, $port = $text -split ' '
        try { foreach ($socket in New-ConnectivityListenerSocket -Protocol $protocol -Family $family -Port $port) { $null = $open.Add($socket) } }
        catch { Write-Verbose "port ${text}: $($_.Exception.Message)" } # whoever started the listener sees that nobody listens there
    }
    $said = [Text.Encoding]::ASCII.GetBytes("$Answer`n")
    while ($open.Count -gt 0 -and $clock.Elapsed.TotalSeconds -lt $Seconds) {
        $ready = New-Object Collections.ArrayList (, $open)
        [Net.Sockets.Socket]::Select($ready, $null, $null, 500000)
        foreach ($socket in $ready) {
            try {
                if ("$($socket.SocketType)" -eq 'Stream') {
                    $peer = $socket.Accept()
                    try { $null = $peer.Send($said); $peer.Shutdown([Net.Sockets.SocketShutdown]::Send) } finally { $peer.Close() }
                    continue
                }
                $from = [Net.EndPoint] (New-Object Net.IPEndPoint ($socket.LocalEndPoint.Address, 0))
                $buffer = New-Object byte[] 128
                $count = $socket.ReceiveFrom($buffer, [ref] $from)
                if ([Text.Encoding]::ASCII.GetString($buffer, 0, $count) -ceq $Token) { $null = $socket.SendTo($said, $from) }
            }
            catch [Net.Sockets.SocketException] { Write-Verbose "a peer went away: $($_.Exception.Message)" }
        }
    }
}

function Get-ConnectivityListenerPlace {
    $directory = Join-Path $env:ProgramFiles 'federated.connectivity.listener'
    @{ Task = 'federated.connectivity listener'; Directory = $directory; Script = Join-Path $directory 'listener.ps1' }
}

function Start-ConnectivityListener {
    # Replaces a listener that still runs by one for these ports, on IPv4 and IPv6. Says what became of each port: listening, in_use or failed.
    param([AllowEmptyCollection()] [Collections.IDictionary[]] $Ports, [Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [string] $Token, [int] $Seconds = 120)
    $null = Stop-ConnectivityListener
    $found = @(Get-ConnectivityPortState -Ports $Ports)
    foreach ($one in $found) {
        try {
            foreach ($socket in @(New-ConnectivityListenerSocket -Protocol $one.protocol -Family $one.family -Port $one.port)) { $socket.Dispose() }
            $one.state, $one.detail = 'listening', ''
        }
        catch {
            $reason = $_.Exception
            while ($reason.InnerException) { $reason = $reason.InnerException }
            $used = $one.state -eq 'in_use' -or ($reason -is [Net.Sockets.SocketException] -and "$($reason.SocketErrorCode)" -eq 'AddressAlreadyInUse')
            $one.state = if ($used) { 'in_use' } else { 'failed' }
            if (-not $one.detail) { $one.detail = $reason.Message }
        }
    }
    $ours = @($found | Where-Object { $_.state -eq 'listening' })
    if ($ours.Count -eq 0) { return $found }
    $place = Get-ConnectivityListenerPlace
    $null = [IO.Directory]::CreateDirectory($place.Directory)
    $text = @(Get-ConnectivityListenerScript -Ports $ours -Name $Name -Token $Token -Seconds $Seconds) -join "`n"
    [IO.File]::WriteAllText($place.Script, $text, (New-Object Text.UTF8Encoding $true))
    $shell = Join-Path $env:SystemRoot 'System32\WindowsPowerShell\v1.0\powershell.exe'
    $action = New-ScheduledTaskAction -Execute $shell -Argument "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File `"$($place.Script)`""
    $principal = New-ScheduledTaskPrincipal -UserId 'LOCALSERVICE' -LogonType ServiceAccount
    $settings = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -ExecutionTimeLimit (New-TimeSpan -Seconds ($Seconds + 60))
    $null = Register-ScheduledTask -TaskName $place.Task -Action $action -Principal $principal -Settings $settings -Force `
        -Description 'Listens for a while where no service listens yet, so that the way there can be proven.' -ErrorAction Stop
    Start-ScheduledTask -TaskName $place.Task -ErrorAction Stop
    Wait-ConnectivityListener -Ports $ours -Place $place
    $found
}

function Wait-ConnectivityListener {
    # Until all ports have their listener; after a minute, or when it has ended, the others have failed.
    param([Parameter(Mandatory)] [hashtable[]] $Ports, [Parameter(Mandatory)] [hashtable] $Place)
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $wanted = New-Object 'System.Collections.Generic.HashSet[string]'
    foreach ($one in $Ports) { $null = $wanted.Add("$($one.protocol) $($one.port)") }
    while ($true) {
        $taken = @(Get-ConnectivitySocket -Wanted $wanted | ForEach-Object { "$($_.protocol) $($_.family) $($_.port)" })
        $missing = @($Ports | Where-Object { "$($_.protocol) $($_.family) $($_.port)" -notin $taken })
        if ($missing.Count -eq 0) { return }
        $task = Get-ScheduledTask -TaskName $Place.Task -ErrorAction SilentlyContinue
        $ended = $clock.Elapsed.TotalSeconds -gt 5 -and (-not $task -or "$($task.State)" -notin 'Running', 'Queued')
        if ($ended -or $clock.Elapsed.TotalSeconds -gt 60) {
            foreach ($one in $missing) { $one.state, $one.detail = 'failed', 'the listener that the Task Scheduler started did not begin to listen' }
            return
        }
        Start-Sleep -Milliseconds 200
    }
}

function Get-ConnectivityListenerScript {
    # The listener as a script of its own. Texts stand in it as verbatim strings of ASCII.
    param([Parameter(Mandatory)] [hashtable[]] $Ports, [string] $Name, [string] $Token, [int] $Seconds)
    $quoted = { param($text) "'" + (($text -replace '[^ -~]', '?') -replace "'", "''") + "'" }
    "Set-StrictMode -Version 2.0`n`$ErrorActionPreference = 'Stop'"
    foreach ($function in 'New-ConnectivityListenerSocket', 'Invoke-ConnectivityListener') { "function $function {$((Get-Item -LiteralPath "function:$function").Definition)}" }
    $list = @($Ports | ForEach-Object { & $quoted "$($_.protocol) $($_.family) $($_.port)" }) -join ', '
    "Invoke-ConnectivityListener -Ports @($list) -Answer $(& $quoted (Get-ConnectivityBanner -Token $Token -Name $Name)) -Token $(& $quoted $Token) -Seconds $Seconds"
}

function Stop-ConnectivityListener {
    # Ends the listener: stopped if it ran, ended if it had ended already, absent if there was none.
    $place = Get-ConnectivityListenerPlace
    $task = Get-ScheduledTask -TaskName $place.Task -ErrorAction SilentlyContinue
    $outcome = if (-not $task) { 'absent' } elseif ("$($task.State)" -eq 'Running') { 'stopped' } else { 'ended' }
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while ($task -and "$($task.State)" -eq 'Running' -and $clock.Elapsed.TotalSeconds -lt 30) {
        Stop-ScheduledTask -TaskName $place.Task -ErrorAction SilentlyContinue
        Start-Sleep -Milliseconds 100
        $task = Get-ScheduledTask -TaskName $place.Task -ErrorAction SilentlyContinue
    }
    if ($task) { Unregister-ScheduledTask -TaskName $place.Task -Confirm:$false -ErrorAction Stop }
    if (Test-Path -LiteralPath $place.Directory) { [IO.Directory]::Delete($place.Directory, $true) }
    $outcome
}
