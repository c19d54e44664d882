# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# What becomes of connection attempts from this host: _proof/probe.py on Windows, with the same outcomes.
# Windows does not say who sent an ICMP error. It refuses what its own firewall blocks with WSAEACCES (Windows Sockets Error Codes).

function Get-ConnectivityBanner {
    # What a listener of ours answers: the token of the run and its own name, in ASCII.
    param([Parameter(Mandatory)] [string] $Token, [AllowEmptyString()] [string] $Name)
    "federated.connectivity $Token $Name" -replace '[^ -~]', '?'
}

function Invoke-ConnectivityProbe {
    # Tries all probes (protocol, destination, port), some at a time. One outcome for each, in the order given.
    #   Datagram         what is sent over UDP, instead of the token
    #   HandshakeOnly    a TCP connection is open as soon as it is there, whatever the other end says
    param(
        [AllowEmptyCollection()] [Collections.IDictionary[]] $Probes, [Parameter(Mandatory)] [string] $Token, [double] $Timeout = 3, [int] $Retries = 1,
        [int] $Parallel = 64, [byte[]] $Datagram, [switch] $HandshakeOnly
    )
    $told = @{
        Token = $Token; Timeout = $Timeout; Retries = $Retries; HandshakeOnly = [bool] $HandshakeOnly
        Datagram = $(if ($Datagram) { $Datagram } else { [Text.Encoding]::ASCII.GetBytes($Token) })
    }
    $all = @(foreach ($probe in $Probes) {
            @{
                Protocol = [string] $probe.protocol; Destination = [string] $probe.destination; Port = [int] $probe.port; Phase = 'begin'; Socket = $null
                Lookup = $null; Addresses = @(); At = 0; Attempt = 0; End = [DateTime]::MaxValue; Heard = ''; First = $null; Result = $null
            }
        })
    $waiting = New-Object 'System.Collections.Generic.Queue[hashtable]'
    foreach ($one in $all) { $waiting.Enqueue($one) }
    $running = New-Object 'System.Collections.Generic.List[hashtable]'
    while ($waiting.Count -gt 0 -or $running.Count -gt 0) {
        while ($waiting.Count -gt 0 -and $running.Count -lt $Parallel) { $running.Add($waiting.Dequeue()) }
        $moved = $false
        foreach ($one in $running) {
            $before = "$($one.Phase) $($one.At) $($one.Attempt)"
            Step-ConnectivityProbe -One $one -Told $told
            if ($before -ne "$($one.Phase) $($one.At) $($one.Attempt)") { $moved = $true }
        }
        $null = $running.RemoveAll({ $args[0].Phase -eq 'done' })
        if (-not $moved) { Start-Sleep -Milliseconds 10 }
    }
    foreach ($one in $all) { $one.Result }
}

function Step-ConnectivityProbe {
    # Goes on with one probe as far as that is possible without waiting.
    param([Parameter(Mandatory)] [hashtable] $One, [Parameter(Mandatory)] [hashtable] $Told)
    $retries = $Told.Retries
    try {
        switch ($One.Phase) {
            'begin' { Start-ConnectivityLookup $One }
            'lookup' {
                if (-not $One.Lookup.IsCompleted) { return }
                $One.Addresses = @($One.Lookup.GetAwaiter().GetResult() | Select-Object -First 4)
                if ($One.Addresses.Count -eq 0) { throw "$($One.Destination) has no address" }
                $One.Phase = 'connect'
            }
            'connect' { Start-ConnectivityAttempt $One $Told.Datagram $Told.Timeout }
            'connecting' {
                Assert-ConnectivitySocket $One
                if ($One.Socket.Poll(0, [Net.Sockets.SelectMode]::SelectWrite) -and $One.Socket.Connected) {
                    if ($Told.HandshakeOnly) { Complete-ConnectivityAttempt $One 'open' $retries; return }
                    $One.Phase, $One.End = 'answer', [DateTime]::UtcNow.AddSeconds($Told.Timeout)
                }
                elseif ([DateTime]::UtcNow -gt $One.End) { Complete-ConnectivityAttempt $One 'silent' $retries }
            }
            'answer' { Read-ConnectivityAnswer $One $Told.Token $retries }
        }
    }
    catch {
        $reason = $_.Exception
        while ($reason.InnerException) { $reason = $reason.InnerException }
        if ($One.Phase -eq 'lookup') { Complete-ConnectivityProbe $One (New-ConnectivityOutcome $One 'unresolved' -Detail $reason.Message); return }
        if ($One.Phase -eq 'answer' -and $One.Protocol -eq 'tcp') { Complete-ConnectivityAttempt $One 'open' $retries; return } # a service that hangs up
        if ($reason -isnot [Net.Sockets.SocketException]) { throw } # says nothing about the way there
        $outcome = switch ("$($reason.SocketErrorCode)") {
            { $_ -in 'ConnectionRefused', 'ConnectionReset' } { 'refused' }
            'TimedOut' { 'silent' }
            { $_ -in 'NetworkUnreachable', 'HostUnreachable', 'AddressNotAvailable', 'AddressFamilyNotSupported', 'InvalidArgument' } { 'unroutable' }
            default { 'rejected' }
        }
        $by = if ("$($reason.SocketErrorCode)" -eq 'AccessDenied') { Get-ConnectivityOwnAddress $One }
        Complete-ConnectivityAttempt $One $outcome $retries -Detail $reason.Message -By "$by"
    }
}

function Assert-ConnectivitySocket {
    # Throws what became of a socket meanwhile, if that is an error.
    param([Parameter(Mandatory)] [hashtable] $One)
    $code = [int] $One.Socket.GetSocketOption([Net.Sockets.SocketOptionLevel]::Socket, [Net.Sockets.SocketOptionName]::Error)
    if ($code -ne 0) { throw (New-Object Net.Sockets.SocketException -ArgumentList $code) }
}

function Start-ConnectivityLookup {
    param([Parameter(Mandatory)] [hashtable] $One)
    $address = $null
    if ($One.Destination -match '^[0-9.]+$|:' -and [Net.IPAddress]::TryParse($One.Destination, [ref] $address)) { $One.Addresses, $One.Phase = @($address), 'connect'; return }
    $One.Phase = 'lookup'
    $One.Lookup = [Net.Dns]::GetHostAddressesAsync($One.Destination)
}

function Start-ConnectivityAttempt {
    param([Parameter(Mandatory)] [hashtable] $One, [Parameter(Mandatory)] [byte[]] $Datagram, [double] $Timeout)
    $address = $One.Addresses[$One.At]
    $One.Heard, $One.End = '', [DateTime]::UtcNow.AddSeconds($Timeout)
    $kind = if ($One.Protocol -eq 'udp') { 'Dgram' } else { 'Stream' }
    $One.Socket = New-Object Net.Sockets.Socket -ArgumentList ($address.AddressFamily, [Net.Sockets.SocketType] $kind, [Net.Sockets.ProtocolType] $One.Protocol)
    $One.Socket.Blocking = $false
    $One.Phase = 'connecting'
    try { $One.Socket.Connect($address, $One.Port) }
    catch [Net.Sockets.SocketException] { if ("$($_.Exception.SocketErrorCode)" -notin 'WouldBlock', 'InProgress') { throw } }
    if ($One.Protocol -eq 'udp') {
        $null = $One.Socket.Send($Datagram)
        $One.Phase = 'answer'
    }
}

function Read-ConnectivityAnswer {
    # What an open connection says by itself, or what answers a datagram: a listener of ours its banner, many services nothing.
    param([Parameter(Mandatory)] [hashtable] $One, [Parameter(Mandatory)] [string] $Token, [int] $Retries)
    $ended = [DateTime]::UtcNow -gt $One.End
    Assert-ConnectivitySocket $One
    if ($One.Socket.Poll(0, [Net.Sockets.SelectMode]::SelectRead)) {
        $buffer = New-Object byte[] -ArgumentList 512
        $count = $One.Socket.Receive($buffer)
        $One.Heard += [Text.Encoding]::ASCII.GetString($buffer, 0, $count)
        $ended = $ended -or $count -eq 0 -or $One.Protocol -eq 'udp' -or $One.Heard.Contains("`n") -or $One.Heard.Length -ge 512
    }
    elseif ($One.Protocol -eq 'udp' -and $ended) { Complete-ConnectivityAttempt $One 'silent' $Retries; return }
    if ($ended) {
        $beginning = Get-ConnectivityBanner -Token $Token
        $speaker = if ($One.Heard.StartsWith($beginning, [StringComparison]::Ordinal)) { $One.Heard.Substring($beginning.Length).Trim() } else { '' }
        Complete-ConnectivityAttempt $One 'open' $Retries -Speaker $speaker
    }
}

function Complete-ConnectivityAttempt {
    # Ends one attempt: the next one after silence, the next address where this one does not answer, or the outcome.
    param([Parameter(Mandatory)] [hashtable] $One, [Parameter(Mandatory)] [string] $Outcome, [int] $Retries, [string] $Detail = '', [string] $By = '', [string] $Speaker = '')
    $found = New-ConnectivityOutcome $One $Outcome -Detail $Detail -By $By -Speaker $Speaker
    if ($One.Socket) { $One.Socket.Dispose(); $One.Socket = $null }
    $One.Phase = 'connect'
    if ($Outcome -eq 'open') { Complete-ConnectivityProbe $One $found; return }
    if ($Outcome -eq 'silent' -and $One.Attempt -lt $Retries) { $One.Attempt++; return }
    if (-not $One.First) { $One.First = $found }
    $One.Attempt = 0
    $One.At++
    if ($One.At -ge $One.Addresses.Count) { Complete-ConnectivityProbe $One $One.First }
}

function Complete-ConnectivityProbe {
    param([Parameter(Mandatory)] [hashtable] $One, [Parameter(Mandatory)] [hashtable] $Outcome)
    $One.Result, $One.Phase = $Outcome, 'done'
}

function New-ConnectivityOutcome {
    param([Parameter(Mandatory)] [hashtable] $One, [Parameter(Mandatory)] [string] $Outcome, [string] $Detail = '', [string] $By = '', [string] $Speaker = '')
    $source = if ($One.Socket -and $Outcome -ne 'unroutable') { try { Format-ConnectivityAddress $One.Socket.LocalEndPoint.Address } catch { '' } }
    if (-not $source -and $By) { $source = $By }
    @{
        protocol = $One.Protocol; destination = $One.Destination; port = $One.Port; outcome = $Outcome; by = $By; answered_by = $Speaker; detail = $Detail
        address = $(if ($One.Addresses.Count -gt $One.At) { Format-ConnectivityAddress $One.Addresses[$One.At] } else { '' })
        source = $(if ("$source" -in '0.0.0.0', '::') { '' } else { "$source" })
    }
}

function Format-ConnectivityAddress {
    # An address without the interface that a link-local one may have.
    param([Parameter(Mandatory)] [Net.IPAddress] $Address)
    (New-Object Net.IPAddress -ArgumentList (, $Address.GetAddressBytes())).ToString()
}

function Get-ConnectivityOwnAddress {
    # This host's own address on the way to where a probe was refused before it left; empty where Windows does not tell.
    param([Parameter(Mandatory)] [hashtable] $One)
    try {
        $address = $One.Addresses[$One.At]
        $asked = New-Object Net.IPEndPoint -ArgumentList ($address, $One.Port)
        $written = $asked.Serialize()
        $request = [byte[]] @(for ($place = 0; $place -lt $written.Size; $place++) { $written[$place] })
        $answer = New-Object byte[] -ArgumentList $request.Length
        $null = $One.Socket.IOControl([Net.Sockets.IOControlCode]::RoutingInterfaceQuery, $request, $answer)
        for ($place = 0; $place -lt $answer.Length; $place++) { $written[$place] = $answer[$place] }
        Format-ConnectivityAddress ($asked.Create($written).Address)
    }
    catch { '' }
}
