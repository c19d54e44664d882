# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# What this host reaches: all targets side by side, so that one that is silent keeps none of the others waiting.

function Get-ConnectivityReach {
    # What has to answer before a change is kept, out of the single addresses of outbound rules: at most 64, some of each rule first.
    param([AllowEmptyCollection()] [hashtable[]] $Rules, [Parameter(Mandatory)] [ValidateSet('kept', 'all', 'none')] [string] $Which)
    if ($Which -eq 'none') { return }
    $lists = @(foreach ($rule in $Rules) {
            if ($rule.Direction -ne 'Outbound' -or $rule.Protocol -notin 'TCP', 'UDP') { continue }
            $ports = @($rule.RemotePort | Where-Object { $_ -match '^\d+$' -and ($rule.Protocol -eq 'TCP' -or $_ -eq '53') })
            $addresses = @($rule.RemoteAddress | Where-Object { $_ -match '^[0-9a-fA-F.:]+$' } | Select-Object -First 64)
            , @(foreach ($address in $addresses) { foreach ($port in $ports) { "$($rule.Protocol.ToLowerInvariant()) $address port $port [$($rule.DisplayName)]" } })
        })
    $targets = New-Object 'System.Collections.Generic.List[string]'
    for ($round = 0; $round -lt 64 -and $targets.Count -lt 64; $round++) {
        foreach ($list in $lists) { if ($list.Count -gt $round -and $targets.Count -lt 64) { $targets.Add($list[$round]) } }
    }
    if ($Which -eq 'all') { $targets } else { Select-ConnectivityReached -Targets $targets }
}

function Select-ConnectivityReached {
    # Those of the targets that answer, in the same order.
    param([AllowEmptyCollection()] [string[]] $Targets, [double] $Seconds = 2)
    $tries = @(foreach ($target in $Targets) {
            $protocol, $address, $null, $port, $null = $target.Split(' ', 5)
            @{ Target = $target; Address = $address; Port = [int] $port; Protocol = $protocol }
        })
    foreach ($one in Test-ConnectivityTarget -Tries $tries -Seconds $Seconds) { if ($one.Outcome -in 'open', 'refused') { $one.Target } }
}

function Test-ConnectivityTarget {
    # Asks all at once: a TCP handshake, or a question to a name server. Adds Outcome: open, refused, silent or unreachable.
    param([AllowEmptyCollection()] [hashtable[]] $Tries, [double] $Seconds = 2)
    # RFC 1035 section 4.1: a header with one question, recursion desired; the root's name servers, class IN.
    $question = [byte[]] (0x66, 0x63, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1)
    foreach ($one in $Tries) {
        $one.Outcome, $one.Socket = 'silent', $null
        try {
            $address = [Net.IPAddress]::Parse($one.Address)
            $kind = if ($one.Protocol -eq 'udp') { 'Dgram' } else { 'Stream' }
            $one.Socket = New-Object Net.Sockets.Socket ($address.AddressFamily, [Net.Sockets.SocketType] $kind, [Net.Sockets.ProtocolType] $one.Protocol)
            $one.Socket.Blocking = $false
            try { $one.Socket.Connect($address, $one.Port) }
            catch [Net.Sockets.SocketException] { if ("$($_.Exception.SocketErrorCode)" -notin 'WouldBlock', 'InProgress') { throw } }
            if ($one.Protocol -eq 'udp') { $null = $one.Socket.Send($question) }
        }
        catch { Set-ConnectivityOutcome $one $_.Exception }
    }
    $end = [DateTime]::UtcNow.AddSeconds($Seconds)
    do {
        $open = @($Tries | Where-Object { $_.Outcome -eq 'silent' -and $_.Socket })
        foreach ($one in $open) {
            try {
                $code = [int] $one.Socket.GetSocketOption([Net.Sockets.SocketOptionLevel]::Socket, [Net.Sockets.SocketOptionName]::Error)
                if ($code -ne 0) { throw (New-Object Net.Sockets.SocketException $code) }
                $mode = if ($one.Protocol -eq 'udp') { 'SelectRead' } else { 'SelectWrite' }
                if ($one.Socket.Poll(0, [Net.Sockets.SelectMode] $mode) -and ($one.Protocol -eq 'udp' -or $one.Socket.Connected)) { $one.Outcome = 'open' }
            }
            catch { Set-ConnectivityOutcome $one $_.Exception }
        }
        if ($open.Count -gt 0) { Start-Sleep -Milliseconds 20 }
    } while ($open.Count -gt 0 -and [DateTime]::UtcNow -lt $end)
    foreach ($one in $Tries) {
        if ($one.Socket) { $one.Socket.Dispose() }
        $one
    }
}

function Set-ConnectivityOutcome {
    param([Parameter(Mandatory)] [hashtable] $Try, [Parameter(Mandatory)] [Exception] $Reason)
    while ($Reason.InnerException) { $Reason = $Reason.InnerException }
    $Try.Outcome = if ($Reason -is [Net.Sockets.SocketException] -and "$($Reason.SocketErrorCode)" -in 'ConnectionRefused', 'ConnectionReset') { 'refused' } else { 'unreachable' }
    $Try.Detail = $Reason.Message
}
