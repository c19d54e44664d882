# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# What an answer of a name service may do: the rules of _names, which hosts with Linux follow, in PowerShell. A test compares both.
# Nothing here asks a name service, reads a clock or touches a file.
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewallWords

$script:connectivitySpecial = @{} # kind -> ranges, which are computed once
$script:connectivityJudged = New-Object 'System.Collections.Generic.Dictionary[string,string]' # an address is judged several times

function Get-ConnectivitySpecial {
    # Ranges of special addresses by family and first octet, each as first address, last address, and what its addresses are.
    param([Parameter(Mandatory)] [ValidateSet('Never', 'Private')] [string] $Kind)
    if (-not $script:connectivitySpecial.ContainsKey($Kind)) {
        # The documents behind each line are named in _names/special_addresses.py.
        $form = 'an IPv4 address in the form of an IPv6 address'
        $never = @(
            "169.254.169.254/32 a cloud platform's metadata address", '168.63.129.16/32 the metadata address of Azure'
            '100.100.100.200/32 the metadata address of Alibaba Cloud', '192.0.0.192/32 the metadata address of Oracle Cloud Classic'
            "fd00:ec2::/32 an address of AWS's metadata and other instance services", 'fd20:ce::254/128 the metadata address of Google Cloud'
            'fd00:c1::a9fe:a9fe/128 the metadata address of Oracle Cloud', 'fd00:42::42/128 the metadata address of Scaleway'
            'fd00:a9fe:a9fe::1/128 the metadata address of Akamai (Linode)', 'fd00:100::100:200/128 the metadata address of Alibaba Cloud'
            '0.0.0.0/8 an unspecified address', '127.0.0.0/8 a loopback address', '169.254.0.0/16 a link-local address'
            '192.0.0.0/24 an address for protocols (192.0.0.0/24)', '192.31.196.0/24 an address of the AS112 sink'
            '192.52.193.0/24 an address of multicast relays', '192.88.99.0/24 an address of former 6to4 relays'
            '192.175.48.0/24 an address of the AS112 sink', '224.0.0.0/4 a multicast address', '240.0.0.0/4 a reserved address'
            '::/128 an unspecified address', '::1/128 a loopback address', "::ffff:0:0/96 $form", "::/96 $form", "::ffff:0:0:0/96 $form"
            '100::/64 an address whose packets are discarded', '100:0:0:1::/64 an address that stands for no host'
            '2001::/23 an address for protocols (2001::/23)', '2620:4f:8000::/48 an address of the AS112 sink'
            '5f00::/16 an address of segment routing', 'fe80::/10 a link-local address', 'ff00::/8 a multicast address', '::/8 a reserved address'
        )
        $private = @(
            '10.0.0.0/8 a private address', '172.16.0.0/12 a private address', '192.168.0.0/16 a private address'
            '100.64.0.0/10 an address between a provider and its customers', '198.18.0.0/15 an address for measurements in a laboratory'
            'fc00::/7 a private address', 'fec0::/10 a private address', '::/3 an address outside the Internet'
            '4000::/2 an address outside the Internet', '8000::/1 an address outside the Internet'
        )
        $table = @{}
        foreach ($line in $(if ($Kind -eq 'Never') { $never } else { $private })) {
            $network, $words = $line.Split([char[]] ' ', 2)
            $low, $high = (ConvertTo-ConnectivityRange $network).Split('-')
            for ($octet = [Convert]::ToInt32($low.Substring(1, 2), 16); $octet -le [Convert]::ToInt32($high.Substring(1, 2), 16); $octet++) {
                $start = "$($low[0])$($octet.ToString('X2'))"
                if (-not $table.ContainsKey($start)) { $table[$start] = @() }
                $table[$start] += , @($low, $high, $words)
            }
        }
        $script:connectivitySpecial[$Kind] = $table
    }
    $script:connectivitySpecial[$Kind]
}

function ConvertTo-ConnectivityDigits {
    # An address as 4 or 6 for its family, and its hexadecimal digits; nothing where the text is not an address.
    param([Parameter(Mandatory)] [AllowEmptyString()] [string] $Text)
    $address = $null
    if ($Text -notmatch '^((0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\z' -or -not [Net.IPAddress]::TryParse($Text, [ref] $address)) { return }
    $bytes = $address.GetAddressBytes()
    $(if ($bytes.Length -eq 4) { '4' } else { '6' }) + [BitConverter]::ToString($bytes).Replace('-', '')
}

function Get-ConnectivityEmbedded {
    # The IPv4 addresses to which packets for an IPv6 address really go, through 6to4, Teredo, NAT64 or ISATAP; all as digits.
    param([Parameter(Mandatory)] [string] $Digits)
    if ($Digits.Length -eq 9) { return }
    $hex = $Digits.Substring(1)
    $last = $hex.Substring(24)
    if ($hex.Substring(0, 4) -eq '2002') { '4' + $hex.Substring(4, 8) }
    elseif ($hex.Substring(0, 8) -eq '20010000') { # Teredo: the server, and the client with all bits inverted
        '4' + $hex.Substring(8, 8)
        '4' + (-join (0..7 | ForEach-Object { 'FEDCBA9876543210'['0123456789ABCDEF'.IndexOf($last[$_])] }))
    }
    elseif ($hex.Substring(0, 24) -eq '0064FF9B0000000000000000') { "4$last" }
    elseif ($hex.Substring(0, 12) -eq '0064FF9B0001' -and $hex.Substring(16, 2) -eq '00') {
        # RFC 6052 section 2.2 for prefixes of 48, 56, 64 and 96 bits: the octets with the IPv4 address; those behind it are 0.
        foreach ($places in @(6, 7, 9, 10), @(7, 9, 10, 11), @(9, 10, 11, 12), @(12, 13, 14, 15)) {
            $reading = -join ($places | ForEach-Object { $hex.Substring(2 * $_, 2) })
            if ($hex.Substring(2 * $places[3] + 2) -match '^0*\z' -and $reading.Substring(0, 2) -ne '00') { "4$reading" }
        }
    }
    if ($hex.Substring(16, 8) -in '00005EFE', '02005EFE') { "4$last" }
}

function Find-ConnectivitySpecial {
    # What an address is by the ranges of a kind; empty where it is in none of them. An address that only stands for others is judged by these.
    param([Parameter(Mandatory)] [ValidateSet('Never', 'Private')] [string] $Kind, [Parameter(Mandatory)] [string] $Digits)
    if ($Digits -match '^6(2002|20010000|0064FF9B0{16}|0064FF9B0001)') {
        if ($Kind -eq 'Never' -and @(Get-ConnectivityEmbedded $Digits).Count -eq 0) { return 'an address for NAT64 that holds no IPv4 address' }
        return ''
    }
    $judged = ''
    if ($script:connectivityJudged.TryGetValue("$Kind $Digits", [ref] $judged)) { return $judged }
    foreach ($range in (Get-ConnectivitySpecial $Kind)[$Digits.Substring(0, 3)]) {
        if ([string]::CompareOrdinal($range[0], $Digits) -le 0 -and [string]::CompareOrdinal($Digits, $range[1]) -le 0) { $judged = $range[2]; break }
    }
    $script:connectivityJudged["$Kind $Digits"] = [string] $judged
    [string] $judged
}

function Test-ConnectivityLocalName {
    # Whether a name means something on the own network only, or is declared to.
    param([Parameter(Mandatory)] [string] $Name, [AllowEmptyCollection()] [string[]] $Own = @())
    $name = $Name.ToLowerInvariant().TrimEnd('.')
    if ($name.IndexOf('.') -lt 0) { return $true }
    $domains = @('.local', '.intranet', '.internal', '.private', '.corp', '.home', '.lan', '.home.arpa')
    foreach ($each in @($domains) + @($Own)) {
        $each = ([string] $each).ToLowerInvariant()
        if ($each -ceq $name -or ($each.Length -gt 0 -and $each[0] -eq '.' -and $name.EndsWith($each, [StringComparison]::Ordinal))) { return $true }
    }
    $false
}

function Get-ConnectivityRefusal {
    # What is wrong with an address to which a name resolves, so that it opens nothing; empty where it may open something.
    param([Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [AllowEmptyString()] [string] $Address, [AllowEmptyCollection()] [string[]] $Own = @())
    $scope = $Address.IndexOf('%')
    $found = ConvertTo-ConnectivityDigits $(if ($scope -ge 0) { $Address.Substring(0, $scope) } else { $Address })
    if (-not $found) { return 'not an address' }
    if ($scope -ge 0 -and -not (Find-ConnectivitySpecial Never $found)) { return 'an address of one link' }
    $all = @($found) + @(Get-ConnectivityEmbedded $found)
    foreach ($kind in 'Never', 'Private') {
        if ($kind -eq 'Private' -and (Test-ConnectivityLocalName -Name $Name -Own $Own)) { return '' }
        foreach ($meant in $all) {
            $words = Find-ConnectivitySpecial $kind $meant
            if (-not $words) { continue }
            if ($meant -cne $found) { $words = "an address that stands for $(ConvertFrom-ConnectivityRange "$meant-$meant"), $words" }
            if ($kind -eq 'Private') { $words += ', which a public name must not resolve to (private_answers can allow it)' }
            return $words
        }
    }
    ''
}

function New-ConnectivityTable {
    # A table whose keys are exact texts.
    , (New-Object 'System.Collections.Generic.Dictionary[string,object]' -ArgumentList ([StringComparer]::Ordinal))
}

function Get-ConnectivitySorted {
    # Texts in the order of their characters, whatever the language of this Windows is.
    param([AllowNull()] [AllowEmptyCollection()] [string[]] $Texts)
    $list = New-Object 'System.Collections.Generic.List[string]'
    foreach ($text in $Texts) { $list.Add($text) }
    $list.Sort([StringComparer]::Ordinal)
    $list.ToArray()
}

function Get-ConnectivityLatest {
    # When any address of a name was last answered.
    param([Parameter(Mandatory)] $Known, [Parameter(Mandatory)] [double] $Now)
    if ($Known.Count -eq 0) { return $Now }
    $latest = [double]::MinValue
    foreach ($seen in $Known.Values) { if ($seen.last -gt $latest) { $latest = $seen.last } }
    $latest
}

function Join-ConnectivityAnswer {
    # Joins an answer with what is remembered of a name (address -> last, since, told, paused). Answered has its usable addresses; none
    # where the look-up failed. Returns Known, and the addresses that are New, LeftOut and Displaced.
    param([Parameter(Mandatory)] $Known, [AllowEmptyCollection()] [string[]] $Answered, [Parameter(Mandatory)] [double] $Now)
    $day, $week, $maximum, $seniors, $most, $first = 86400, (7 * 86400), 256, 128, 32, 128
    $answers = New-Object 'System.Collections.Generic.HashSet[string]' -ArgumentList (, [string[]] $Answered)
    $ahead = 0.0 # times in the future come from a clock that was ahead: they count as now
    foreach ($seen in $Known.Values) { $ahead = [Math]::Max($ahead, $seen.since - $Now) }
    $past = New-ConnectivityTable
    foreach ($address in $Known.Keys) {
        $seen = $Known[$address]
        $past[$address] = @{ last = [Math]::Min($seen.last, $Now); since = $seen.since - $ahead; told = $seen.told; paused = $seen.paused }
    }
    $gap = $Now - (Get-ConnectivityLatest $past $Now)
    $pause = 0.0 # a failure is no part of an address's age, except for its first hour
    foreach ($seen in $past.Values) { if ($seen.paused) { $pause = [Math]::Max(0.0, $gap - 3600) } }
    $kept = New-ConnectivityTable
    foreach ($address in $past.Keys) {
        $seen = $past[$address]
        if ($answers.Count -eq 0) {
            if ($gap -le $week) { $kept[$address] = @{ last = $seen.last; since = $seen.since; told = $seen.told; paused = $true } }
            continue
        }
        $last = if ($answers.Contains($address)) { $Now } elseif ($gap -gt $week) { [double]::MinValue } else { $seen.last + $pause }
        if ($Now - $last -le $day) { $kept[$address] = @{ last = $last; since = $seen.since; told = $seen.told; paused = $false } }
    }
    $unknown = @(Get-ConnectivitySorted @(foreach ($address in $answers) { if (-not $kept.ContainsKey($address)) { $address } }))
    $admitted = @($unknown | Select-Object -First $(if ($kept.Count -gt 0) { $most } else { $first }))
    $joined = New-ConnectivityTable
    foreach ($address in $kept.Keys) { $joined[$address] = $kept[$address] }
    foreach ($address in $admitted) { $joined[$address] = @{ last = $Now; since = $Now; told = $kept.Count -eq 0; paused = $false } }
    if ($joined.Count -gt $maximum) { # those that the name has had for longest stay, and of the others those that were answered last
        $order = New-Object 'System.Collections.Generic.List[string]' -ArgumentList (, [string[]] @($joined.Keys))
        $age = [Comparison[string]] { param($one, $other) $by = $joined[$one].since.CompareTo($joined[$other].since); if ($by) { $by } else { [string]::CompareOrdinal($one, $other) } }
        $order.Sort($age)
        $others = $order.GetRange($seniors, $order.Count - $seniors)
        $others.Sort([Comparison[string]] { param($one, $other) $by = $joined[$other].last.CompareTo($joined[$one].last); if ($by) { $by } else { $age.Invoke($one, $other) } })
        $fitting = New-ConnectivityTable
        foreach ($address in @($order.GetRange(0, $seniors)) + @($others.GetRange(0, $maximum - $seniors))) { $fitting[$address] = $joined[$address] }
        $joined = $fitting
    }
    @{
        Known = $joined; New = @($admitted | Where-Object { $joined.ContainsKey($_) }); LeftOut = @($unknown | Where-Object { -not $joined.ContainsKey($_) })
        Displaced = @(Get-ConnectivitySorted @(foreach ($address in $kept.Keys) { if (-not $joined.ContainsKey($address)) { $address } }))
    }
}

function Format-ConnectivityFew {
    # The first of some texts, and how many more there are.
    param([AllowNull()] [AllowEmptyCollection()] [string[]] $Texts)
    $sorted = @(Get-ConnectivitySorted $Texts)
    (@($sorted | Select-Object -First 8) -join ', ') + $(if ($sorted.Count -gt 8) { " and $($sorted.Count - 8) more" })
}

function Format-ConnectivityNew {
    # Addresses that a name has come to have, and since when.
    param([Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] $Known, [AllowEmptyCollection()] [string[]] $Addresses)
    $told = @(foreach ($address in Get-ConnectivitySorted $Addresses) {
            $since = ([DateTime] '1970-01-01').AddSeconds([Math]::Floor($Known[$address].since)).ToString('yyyy-MM-dd HH\:mm', [Globalization.CultureInfo]::InvariantCulture)
            "$address since $since UTC"
        })
    if ($told.Count -eq 1) { "${Name}: new address $told" } else { "${Name}: $($told.Count) new addresses: $(Format-ConnectivityFew $told)" }
}

function Update-ConnectivityMemory {
    # Judges answers and joins them with what is remembered. Found has the answers of the names whose look-up ended in time.
    # Returns Memory (names without any address are missing: they open nothing) and Lines, which say what an administrator has to know.
    param([Parameter(Mandatory)] [AllowEmptyCollection()] [string[]] $Names, [Parameter(Mandatory)] $Memory, [AllowEmptyCollection()] [string[]] $Own, [Parameter(Mandatory)] $Found, [Parameter(Mandatory)] [double] $Now, [double] $Seconds = 15)
    $remembered, $lines, $groups = (New-ConnectivityTable), @(), [ordered] @{}
    $late = @{ Kept = @(); Closed = @() }
    foreach ($name in $Names) {
        $known = New-ConnectivityTable
        if ($Memory.ContainsKey($name)) {
            foreach ($address in $Memory[$name].Keys) { if (-not (Get-ConnectivityRefusal -Name $name -Address $address -Own $Own)) { $known[$address] = $Memory[$name][$address] } }
        }
        $given = New-Object 'System.Collections.Generic.List[string]'
        if ($Found.ContainsKey($name)) { foreach ($address in $Found[$name]) { if (-not $given.Contains($address)) { $given.Add($address) } } }
        $usable, $refused = @(), @()
        foreach ($address in $given) {
            $reason = Get-ConnectivityRefusal -Name $name -Address $address -Own $Own
            if ($reason) { $refused += "ignored $address for ${name}: it is $reason" } else { $usable += $address }
        }
        $recalled = Join-ConnectivityAnswer -Known $known -Answered $usable -Now $Now
        $kept = $recalled.Known
        $lines += @($refused | Select-Object -First 8)
        if ($refused.Count -gt 8) { $lines += "ignored $($refused.Count - 8) more addresses for $name" }
        if (@($recalled.New | Where-Object { -not $kept[$_].told }).Count -gt 0) { $lines += Format-ConnectivityNew $name $kept $recalled.New }
        if ($recalled.LeftOut.Count -gt 0) {
            $lines += "${name}: $($recalled.LeftOut.Count) more addresses of its answer open nothing; an answer adds at most 32 addresses (the first one 128), a name has at most 256"
        }
        if ($recalled.Displaced.Count -gt 0) { $lines += "$name has more than 256 addresses; its rules no longer open $(Format-ConnectivityFew $recalled.Displaced)" }
        if ($kept.Count -gt 0) { $remembered[$name] = $kept }
        if ($usable.Count -gt 0) { continue }
        if (-not $Found.ContainsKey($name) -and ($kept.Count -gt 0 -or $known.Count -eq 0)) { $late[$(if ($kept.Count -gt 0) { 'Kept' } else { 'Closed' })] += $name; continue }
        $group = if ($kept.Count -gt 0) { if ($given.Count -gt 0) { 'refused' } else { 'kept' } } elseif ($known.Count -gt 0) { 'outdated' } elseif ($given.Count -eq 0) { 'closed' }
        if (-not $group) { continue }
        if (-not $groups.Contains($group)) { $groups[$group] = [ordered] @{} }
        $groups[$group]["$($groups[$group].Count) $name"] = @{ Name = $name; Addresses = Format-ConnectivityFew @($(if ($kept.Count -gt 0) { $kept } else { $known }).Keys) }
    }
    $one = @{
        kept = '{0} could not be looked up on this host; its last known addresses stay in force: {1}'
        refused = '{0} resolves to no usable address; its last known addresses stay in force: {1}'
        outdated = '{0} could not be looked up for 7 days; its rules no longer open {1}'
        closed = "{0} could not be looked up on this host, so its rules open nothing; check the host's name service"
    }
    $many = @{
        kept = '{0} host names could not be looked up on this host; their last known addresses stay in force: {1}'
        refused = '{0} host names resolve to no usable address; their last known addresses stay in force: {1}'
        outdated = '{0} host names could not be looked up for 7 days; their rules no longer open their last known addresses: {1}'
        closed = "{0} host names could not be looked up on this host, so their rules open nothing; check the host's name service: {1}"
    }
    foreach ($group in $groups.Keys) {
        $entries = @($groups[$group].Values)
        if ($entries.Count -gt 8) { $lines += $many[$group] -f $entries.Count, (Format-ConnectivityFew @($entries | ForEach-Object { $_.Name })) }
        else { foreach ($entry in $entries) { $lines += $one[$group] -f $entry.Name, $entry.Addresses } }
    }
    $meanings = [ordered] @{ Kept = 'the last known addresses stay in force'; Closed = 'the rules for these open nothing yet' }
    foreach ($which in $meanings.Keys) {
        $count = $late[$which].Count
        if ($count -gt 0) { $lines += "$(if ($count -eq 1) { '1 host name' } else { "$count host names" }) could not be looked up within $Seconds seconds; $($meanings[$which]): $(Format-ConnectivityFew $late[$which])" }
    }
    @{ Memory = $remembered; Lines = @($lines) }
}
