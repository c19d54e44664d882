# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# What a rule of Windows Firewall says, whatever words Windows uses for it: 10.0.0.0/8, 10.0.0.0/255.0.0.0 and
# 10.0.0.0-10.255.255.255 are the same. Addresses become ranges of hexadecimal texts of equal length, which compare as texts.

$script:connectivityRanges = New-Object 'System.Collections.Generic.Dictionary[string,string]' # address -> range; rules share addresses

function ConvertTo-ConnectivityRange {
    # 'low-high' in hexadecimal digits, after 4 or 6 for the family; nothing for a keyword.
    param([Parameter(Mandatory)] [string] $Text)
    $address = $null
    $parts = $Text.Split([char[]] '/-', 2)
    if ($parts[0].IndexOfAny([char[]] '.:') -lt 0 -or -not [Net.IPAddress]::TryParse($parts[0], [ref] $address)) { return }
    $low = $address.GetAddressBytes()
    $family = if ($low.Length -eq 4) { '4' } else { '6' }
    $first = $family + [BitConverter]::ToString($low).Replace('-', '')
    if ($parts.Count -eq 1) { return "$first-$first" }
    $end = $null
    if ($Text[$parts[0].Length] -eq '-') {
        if (-not [Net.IPAddress]::TryParse($parts[1], [ref] $end) -or $end.AddressFamily -ne $address.AddressFamily) { return }
        return "$first-$family" + [BitConverter]::ToString($end.GetAddressBytes()).Replace('-', '')
    }
    $bits = 0
    if ($parts[1].Contains('.')) {
        if (-not [Net.IPAddress]::TryParse($parts[1], [ref] $end)) { return }
        $mask = $end.GetAddressBytes()
    }
    else {
        if (-not [int]::TryParse($parts[1], [ref] $bits) -or $bits -lt 0 -or $bits -gt 8 * $low.Length) { return }
        $mask = New-Object byte[] -ArgumentList $low.Length
        for ($at = 0; $at -lt $low.Length; $at++) {
            $mask[$at] = [byte] (0xFF -band -bnot (0xFF -shr [Math]::Max(0, [Math]::Min(8, $bits - 8 * $at))))
        }
    }
    if ($mask.Length -ne $low.Length) { return }
    $high = New-Object byte[] -ArgumentList $low.Length
    for ($at = 0; $at -lt $low.Length; $at++) {
        $low[$at] = $low[$at] -band $mask[$at]
        $high[$at] = [byte] ($low[$at] -bor (0xFF -band -bnot $mask[$at]))
    }
    $family + [BitConverter]::ToString($low).Replace('-', '') + "-$family" + [BitConverter]::ToString($high).Replace('-', '')
}

function ConvertTo-ConnectivitySet {
    # Addresses as sorted ranges and keywords; Any says that they are not limited.
    param([AllowNull()] [AllowEmptyCollection()] [AllowEmptyString()] [string[]] $Texts)
    $ranges = New-Object 'System.Collections.Generic.List[string]'
    $words = New-Object 'System.Collections.Generic.List[string]'
    $range, $address, $marks, $points = '', $null, [char[]] '/-', [char[]] '.:'
    foreach ($text in $Texts) {
        if (-not $script:connectivityRanges.TryGetValue($text, [ref] $range)) {
            if ($text -in 'Any', '*', '') { return @{ Any = $true; Ranges = @(); Words = @() } }
            $digits = ''
            if ($text.IndexOfAny($marks) -lt 0 -and $text.IndexOfAny($points) -ge 0 -and [Net.IPAddress]::TryParse($text, [ref] $address)) {
                $bytes = $address.GetAddressBytes()
                $digits = $(if ($bytes.Length -eq 4) { '4' } else { '6' }) + [BitConverter]::ToString($bytes).Replace('-', '')
            }
            $range = if ($digits) { "$digits-$digits" } else { [string] (ConvertTo-ConnectivityRange $text) }
            $script:connectivityRanges[$text] = $range
        }
        if ($range) { $ranges.Add($range) } else { $words.Add($text.ToLowerInvariant()) }
    }
    $ranges.Sort([StringComparer]::Ordinal)
    $words.Sort([StringComparer]::Ordinal)
    $merged = New-Object 'System.Collections.Generic.List[string]'
    $low = $high = ''
    foreach ($range in $ranges) {
        $half = ($range.Length - 1) / 2
        $start = $range.Substring(0, $half)
        $end = $range.Substring($half + 1)
        # Only what begins where the last one ends, or before, can be merged with it.
        $near = $high.Length -eq $half -and ([string]::CompareOrdinal($start, $high) -le 0 -or $high[$half - 1] -eq 'F' -or
            [string]::CompareOrdinal($start, 0, $high, 0, $half - 1) -eq 0)
        if ($near -and [string]::CompareOrdinal($start, (Get-ConnectivityNextAddress $high)) -le 0) {
            if ([string]::CompareOrdinal($end, $high) -gt 0) { $high = $end }
            continue
        }
        if ($high) { $merged.Add("$low-$high") }
        $low, $high = $start, $end
    }
    if ($high) { $merged.Add("$low-$high") }
    @{ Any = ($merged.Count + $words.Count -eq 0); Ranges = $merged.ToArray(); Words = $words.ToArray() }
}

function Get-ConnectivityNextAddress {
    # The address after one, in the same digits; the last one of a family is followed by nothing that compares lower.
    param([Parameter(Mandatory)] [string] $Digits)
    $last = $Digits.Length - 1
    while ($last -gt 0 -and $Digits[$last] -eq 'F') { $last-- }
    if ($last -eq 0) { return $Digits }
    $next = '0123456789ABCDEF'['0123456789ABCDEF'.IndexOf($Digits[$last]) + 1]
    $Digits.Substring(0, $last) + $next + ('0' * ($Digits.Length - 1 - $last))
}

function ConvertFrom-ConnectivityRange {
    # A range as people write it: one address, or first and last.
    param([Parameter(Mandatory)] [string] $Range)
    $ends = foreach ($digits in $Range.Split('-')) {
        $bytes = New-Object byte[] -ArgumentList (($digits.Length - 1) / 2)
        for ($at = 0; $at -lt $bytes.Length; $at++) { $bytes[$at] = [Convert]::ToByte($digits.Substring(1 + 2 * $at, 2), 16) }
        (New-Object Net.IPAddress -ArgumentList (, $bytes)).ToString()
    }
    if ($ends[0] -eq $ends[1]) { $ends[0] } else { $ends -join '-' }
}

function Test-ConnectivityOverlap {
    # Whether two sets of addresses may have one in common. Nobody can tell who is behind a keyword, so it may be anybody.
    param([Parameter(Mandatory)] [hashtable] $One, [Parameter(Mandatory)] [hashtable] $Other)
    if ($One.Any -or $Other.Any -or $One.Words.Count -gt 0 -or $Other.Words.Count -gt 0) { return $true }
    $at = 0
    foreach ($range in $Other.Ranges) {
        $low, $high = $range.Split('-')
        while ($at -lt $One.Ranges.Count -and [string]::CompareOrdinal($One.Ranges[$at].Split('-')[1], $low) -lt 0) { $at++ }
        if ($at -lt $One.Ranges.Count -and [string]::CompareOrdinal($One.Ranges[$at].Split('-')[0], $high) -le 0) { return $true }
    }
    $false
}

function Test-ConnectivityWithin {
    # Whether all addresses of the inner set are in the outer one for certain.
    param([Parameter(Mandatory)] [hashtable] $Inner, [Parameter(Mandatory)] [hashtable] $Outer)
    if ($Outer.Any) { return $true }
    if ($Inner.Any -or $Inner.Words.Count -gt 0) { return $false }
    $at = 0
    foreach ($range in $Inner.Ranges) {
        $low, $high = $range.Split('-')
        while ($at -lt $Outer.Ranges.Count -and [string]::CompareOrdinal($Outer.Ranges[$at].Split('-')[1], $low) -lt 0) { $at++ }
        if ($at -ge $Outer.Ranges.Count) { return $false }
        $first, $last = $Outer.Ranges[$at].Split('-')
        if ([string]::CompareOrdinal($first, $low) -gt 0 -or [string]::CompareOrdinal($last, $high) -lt 0) { return $false }
    }
    $true
}

function ConvertTo-ConnectivityPort {
    # Ports as ranges of numbers; null where they are not limited. A keyword stands for the port that it always has, or for none of ours.
    param([AllowNull()] [AllowEmptyCollection()] [AllowEmptyString()] [string[]] $Texts)
    if ($null -eq $Texts -or $Texts.Count -eq 0) { return $null }
    # [MS-GPFAS] 2.2.2.19; RPC and Teredo stand for ports that Windows chooses for its own services.
    $words = @{
        'rpc-epmap' = 135; 'rpcepmap' = 135; 'iptlsin' = 443; 'iptlsout' = 443; 'iphttpsin' = 443; 'iphttpsout' = 443; 'dhcp' = 68
        'ply2disc' = 1900; 'playtodiscovery' = 1900; 'mdns' = 5353; 'tcpcdpsvc' = 5040
    }
    $found = New-Object 'System.Collections.Generic.List[object]'
    foreach ($text in $Texts) {
        if ($text -in 'Any', '*', '') { return $null }
        if ($text -match '^([0-9]{1,5})(?:-([0-9]{1,5}))?\z') {
            $low = [int] $Matches[1]
            $high = if ($Matches[2]) { [int] $Matches[2] } else { $low }
            $found.Add(@($low, $high))
        }
        elseif ($words.ContainsKey($text.ToLowerInvariant())) { $found.Add(@($words[$text.ToLowerInvariant()], $words[$text.ToLowerInvariant()])) }
    }
    , $found.ToArray()
}

function Test-ConnectivityPort {
    # Whether two lists of ports have one in common; null is all of them.
    param([AllowNull()] $One, [AllowNull()] $Other)
    if ($null -eq $One -or $null -eq $Other) { return $true }
    foreach ($first in $One) {
        foreach ($second in $Other) { if ($first[0] -le $second[1] -and $second[0] -le $first[1]) { return $true } }
    }
    $false
}

function Get-ConnectivityRuleKey {
    # Everything that a rule says but for its peers, as one text.
    param([Parameter(Mandatory)] [hashtable] $Rule)
    $sorted = {
        param($texts)
        $texts = @(foreach ($text in $texts) { if ($text -notin 'Any', '*', '') { ([string] $text).ToLowerInvariant() -replace ':\*$' } })
        ($texts | Sort-Object -Unique) -join ','
    }
    $local = ConvertTo-ConnectivitySet $Rule.LocalAddress
    $service = @($Rule.Service | ForEach-Object { if ($_ -eq '*') { 'all services' } else { $_ } })
    $profiles = @($Rule.Profile | Where-Object { $_ } | Sort-Object -Unique)
    if ($profiles.Count -ge 3) { $profiles = @('Any') } # there are three
    @(
        $Rule.Active, $Rule.Direction, $Rule.Action, $Rule.Protocol, (& $sorted $Rule.LocalPort), (& $sorted $Rule.RemotePort)
        (& $sorted $Rule.IcmpType), ((@($local.Ranges) + @($local.Words)) -join ','), (& $sorted $Rule.Program), (& $sorted $service)
        (& $sorted $Rule.Package), (& $sorted $profiles), (& $sorted $Rule.Limits), (& $sorted $Rule.Unknown), $Rule.Description
    ) -join '|'
}

function Compare-ConnectivityRule {
    # What has to be written and what has to go, so that the rules in force are those that are wanted. Rules of one name are parts of
    # one rule; where all parts together say what is wanted, none of them is written.
    param([AllowEmptyCollection()] [hashtable[]] $Wanted, [AllowEmptyCollection()] [hashtable[]] $Present)
    $add = New-Object 'System.Collections.Generic.List[hashtable]'
    $gone = New-Object 'System.Collections.Generic.List[hashtable]'
    $names = New-Object 'System.Collections.Generic.List[string]'
    $sides = @{}
    foreach ($side in 'Wanted', 'Present') {
        $sides[$side] = New-Object 'System.Collections.Generic.Dictionary[string,object]' -ArgumentList ([StringComparer]::Ordinal)
        foreach ($rule in (Get-Variable -Name $side -ValueOnly)) {
            if (-not $sides[$side].ContainsKey($rule.DisplayName)) { $sides[$side][$rule.DisplayName] = New-Object 'System.Collections.Generic.List[hashtable]' }
            $sides[$side][$rule.DisplayName].Add($rule)
            if (-not $names.Contains($rule.DisplayName)) { $names.Add($rule.DisplayName) }
        }
    }
    foreach ($name in $names) {
        $new = @(if ($sides.Wanted.ContainsKey($name)) { $sides.Wanted[$name] })
        $old = @(if ($sides.Present.ContainsKey($name)) { $sides.Present[$name] })
        if ($new.Count -gt 0 -and $old.Count -gt 0 -and (Get-ConnectivityMeaning $new) -ceq (Get-ConnectivityMeaning $old)) { continue }
        $meanings = New-Object 'System.Collections.Generic.List[string]'
        foreach ($part in $old) { $meanings.Add((Get-ConnectivityMeaning @($part))) }
        $kept = New-Object 'System.Collections.Generic.HashSet[int]'
        foreach ($part in $new) {
            $meaning = Get-ConnectivityMeaning @($part)
            $same = -1
            for ($at = 0; $at -lt $old.Count; $at++) {
                if (-not $kept.Contains($at) -and $meanings[$at] -ceq $meaning) { $same = $at; break }
            }
            if ($same -ge 0) { $null = $kept.Add($same) } else { $add.Add($part) }
        }
        for ($at = 0; $at -lt $old.Count; $at++) { if (-not $kept.Contains($at)) { $gone.Add($old[$at]) } }
    }
    @{ Add = $add.ToArray(); Gone = $gone.ToArray() }
}

function Get-ConnectivityMeaning {
    # What the parts of one rule say together.
    param([Parameter(Mandatory)] [hashtable[]] $Parts)
    $keys = @($Parts | ForEach-Object { Get-ConnectivityRuleKey $_ } | Sort-Object -Unique -CaseSensitive)
    $peers = ConvertTo-ConnectivitySet @($Parts | ForEach-Object { $_.RemoteAddress })
    ($keys + @("$($peers.Any)") + $peers.Ranges + $peers.Words) -join "`n"
}

function Format-ConnectivityRule {
    # One rule for people, however many parts Windows holds it in: a line for what it does, and one for each range of peers.
    param([Parameter(Mandatory)] [hashtable[]] $Parts)
    $rule = $Parts[0]
    $peers = ConvertTo-ConnectivitySet @($Parts | ForEach-Object { $_.RemoteAddress })
    $inbound = $rule.Direction -eq 'Inbound'
    $ports = @(if ($rule.Protocol -in 'TCP', 'UDP') { if ($inbound) { $rule.LocalPort } else { $rule.RemotePort } }) + @($rule.IcmpType | Where-Object { $_ -notin 'Any', '' })
    $more = @(
        if ($rule.Active -ne 'True') { 'off' }
        foreach ($limit in 'Program', 'Service', 'Package', 'Profile', 'Limits', 'Unknown') {
            $texts = @($rule[$limit] | Where-Object { $_ -notin 'Any', '', $null })
            if ($texts.Count -gt 0) { "$($limit.ToLowerInvariant()) $($texts -join ',')" }
        }
    )
    $what = "$($rule.DisplayName): $($rule.Direction) $($rule.Action) $($rule.Protocol) $($ports -join ',')"
    ($what + $(if ($more.Count -gt 0) { " ($($more -join '; '))" })).TrimEnd()
    $word = if ($inbound) { 'from' } else { 'to' }
    if ($peers.Any) { "  $word anybody" }
    foreach ($range in $peers.Ranges) { "  $word $(ConvertFrom-ConnectivityRange $range)" }
    foreach ($text in $peers.Words) { "  $word $text" }
}
