# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Hosts as others left them: what their rules mean to ours, what Group Policy decides, and computers where commands of Windows are missing,
# damaged or older. Others' rules are given as texts of the registry.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Load.ps1')
    $ours = @(
        (New-TestRule 'in'), (New-TestRule 'grpc' -Ports '9090' -Peers '203.0.113.0/24', '2001:db8:3::/48'), (New-TestRule 'tls' -Ports '443'), (New-TestRule 'range' -Ports '50000-50010' -Protocol UDP),
        (New-TestRule 'out' -Direction Outbound -Ports '9090') | ForEach-Object { ConvertTo-ConnectivityRule $_ }
    )
    $closed = @('in', 'grpc', 'tls', 'range' | ForEach-Object { "federated.connectivity $_" })
    $shut = @(@{ DisplayName = 'federated.connectivity hub'; Direction = 'Inbound'; Protocol = 'TCP'; LocalPort = '8000-8001' } | ForEach-Object { ConvertTo-ConnectivityRule $_ })
    $backend = 'C:\Program Files\Docker\Docker\resources\com.docker.backend.exe'
    function Get-Told([string] $Text, [string] $Source = 'Local') {
        $other = ConvertFrom-ConnectivityText -Id 'x' -Text "v2.31|Active=TRUE|$Text|" -Source $Source
        , @(Get-ConnectivityContradiction -Rules $ours -Closed $closed -Published 'federated.connectivity in', 'federated.connectivity out' -Others $other -Shut $shut)
    }
    function Use-LeastCommands {
        # A computer where WMI, the lists of sockets and some filters are missing.
        Remove-Module WindowsStandIn
        $all = @((Import-Module (Join-Path $PSScriptRoot 'WindowsStandIn/WindowsStandIn.psd1') -PassThru).ExportedFunctions.Keys)
        Remove-Module WindowsStandIn
        $missing = 'Get-CimInstance', 'Get-NetTCPConnection', 'Get-NetUDPEndpoint', 'Get-NetFirewallInterfaceTypeFilter', 'Get-NetFirewallSecurityFilter', 'Set-NetFirewallHyperVRule'
        Import-Module (Join-Path $PSScriptRoot 'WindowsStandIn/WindowsStandIn.psd1') -Function @($all | Where-Object { $_ -notin $missing }) -Global
    }
    function Use-AllCommands { Remove-Module WindowsStandIn; Import-Module (Join-Path $PSScriptRoot 'WindowsStandIn/WindowsStandIn.psd1') -Global }
    function Edit-TestHost([scriptblock] $Change) {
        $state = Get-Content $env:STAND_IN -Raw | ConvertFrom-Json -AsHashtable
        & $Change $state
        [IO.File]::WriteAllText($env:STAND_IN, ($state | ConvertTo-Json -Depth 8))
    }
    function New-OtherRule([hashtable] $Rule) {
        $other = @{
            Name = "$([guid]::NewGuid())"; DisplayName = 'other'; Description = ''; Group = ''; Enabled = 'True'; Profile = 'Any'; Direction = 'Inbound'; Action = 'Allow'; Protocol = 'TCP'
            LocalPort = @('Any'); RemotePort = @('Any'); LocalAddress = @('Any'); RemoteAddress = @('Any'); IcmpType = @('Any'); Program = 'Any'; Package = ''; Service = 'Any'; SourceType = 'Local'
        }
        foreach ($key in $Rule.Keys) { $other[$key] = $Rule[$key] }
        $other
    }
}
Describe 'Rules of others' {
    BeforeAll { function Get-ConnectivityListener { @{ Protocol = 'TCP'; Port = 8443; Path = 'C:\Windows\System32\svchost.exe'; Services = @('station') }, @{ Protocol = 'TCP'; Port = 443; Path = 'C:\x\web.exe'; Services = @() } } }

    It 'count: <Text>' -ForEach @(
        @{ Text = 'Action=Block|Dir=In|Protocol=6|LPort=IPHTTPSIn|Name=k'; Told = '*blocks what federated.connectivity tls allows*' }
        @{ Text = 'Action=Block|Dir=In|Protocol=6|LPort2_10=IPTLSIn|LPort=RPC|Name=k'; Told = '*blocks what federated.connectivity tls allows*' }
        @{ Text = 'Action=Block|Dir=In|Protocol=17|LPort2_10=49152-65535|Name=k'; Told = '*blocks what federated.connectivity range allows*' }
        @{ Text = 'Action=Block|Dir=In|Protocol=6|LPort=443|LPort=8443|LPort2_10=9000-9100|Name=k'; Told = '*blocks what federated.connectivity grpc, federated.connectivity in, federated.connectivity tls allows*' }
        @{ Text = 'Action=Block|Dir=In|RA6=2001:db8:3:1::/64|Name=k'; Told = '*blocks what federated.connectivity grpc allows*' }
        @{ Text = 'Action=Block|Dir=In|RA4=203.0.113.200-203.0.113.210|Name=k'; Told = '*blocks what federated.connectivity grpc allows*' }
        @{ Text = 'Action=Block|Dir=Out|RA42=IntErnet|Name=k'; Told = '*blocks what federated.connectivity out allows*' }
        @{ Text = 'Action=Block|Dir=In|Protocol=6|Profile=Domain|Profile=Private|LPort=8443|Name=k'; Told = "rule 'k' (Inbound TCP 8443, Domain, Private) blocks*" }
        @{ Text = 'Action=Block|Dir=In|Protocol=6|LPort=8443|IFType=Wireless|Name=k'; Told = "rule 'k' (Inbound TCP 8443, on some interfaces) blocks*" }
        @{ Text = 'Action=Block|Dir=In|Protocol=6|LPort=8443|LA4=198.51.100.20|Name=k'; Told = "rule 'k' (Inbound TCP 8443, at 198.51.100.20) blocks*" }
        @{ Text = 'Action=Block|Dir=In|Protocol=6|LPort=8443|RPort2_10=1024-65535|Name=k'; Told = '*blocks what federated.connectivity in allows*' }
        @{ Text = 'Action=Block|Dir=Out|LPort2_10=49152-65535|Protocol=6|Name=k'; Told = '*blocks what federated.connectivity out allows*' }
        @{ Text = 'Action=Block|Dir=In|Svc=*|Name=every service'; Told = '*blocks what federated.connectivity in allows*' }
        @{ Text = 'Action=Block|Dir=In|App=%WINDIR%\System32\svchost.exe|Svc=station|Name=k'; Told = '*blocks what federated.connectivity in allows*' }
        @{ Text = 'Action=Block|Dir=Out|App=C:\Program Files\Docker\Docker\resources\com.docker.backend.exe|Name=k'; Told = '*blocks what federated.connectivity out allows*' }
        @{ Text = 'Action=Block|Dir=In|Protocol=6|LPort=8443|LUAuth2_24=TzpMU0Q6|Name=k'; Told = '*blocks for some users*' }
        @{ Text = 'Action=ByPass|Dir=In|Protocol=6|LPort=9090|RMauth=O:LSD:(A;;CC;;;S-1-5-21-1)|Security=Authenticate|Name=k'; Told = "rule 'k' (Inbound TCP 9090, prevails over rules that block, with IPsec, for some remote computers) lets in*" }
        @{ Text = 'Action=Allow|Dir=In|Protocol=6|LPort=9090|RPort=443|Name=any sender can choose its port'; Told = '*lets in others than the peers of federated.connectivity grpc*' }
        @{ Text = 'Action=Allow|Dir=In|Protocol=6|LPort=9090|Edge=TRUE|Name=k'; Told = "rule 'k' (Inbound TCP 9090) lets in*" }
        @{ Text = 'Action=Allow|Dir=In|Protocol=6|LPort=9090|RA4=203.0.112.0/255.255.254.0|Name=k'; Told = '*lets in others than the peers of federated.connectivity grpc*' }
        @{ Text = 'Action=Allow|Dir=In|Protocol=6|LPort2_10=7000-8000|Name=k'; Told = "rule 'k' (Inbound TCP 7000-8000) opens what the plan closes to everybody: federated.connectivity hub. Remove or narrow it" }
        @{ Text = 'Action=Allow|Dir=In|Protocol=6|LPort=8001|RA4=203.0.113.7|Name=for one'; Told = '*opens what the plan closes to everybody: federated.connectivity hub*' }
        @{ Text = 'Action=Block|Dir=In|Protocol=6|LPort=8443|Name=a{ESC}[31mb'; Told = "rule 'a``?``[31mb' (Inbound TCP 8443) blocks*" }
    ) {
        $env:WINDIR = 'C:\Windows'
        $said = Get-Told $Text.Replace('{ESC}', "`e") # a name of a test cannot hold it
        $said.Count | Should -Be 1
        $said[0] | Should -BeLike $Told
    }
    It 'do not count: <_>' -ForEach @(
        'Action=Block|Dir=In|Protocol=6|LPort=RPCEPMap|Name=k', 'Action=Block|Dir=In|Protocol=17|LPort=Teredo|Name=k', 'Action=Block|Dir=In|Protocol=17|LPort2_25=mDNS|Name=k'
        'Action=Block|Dir=In|Protocol=17|LPort2_20=Ply2Disc|Name=k', 'Action=Block|Dir=Out|Protocol=17|RPort2_28=CortanaOut|Name=k', 'Action=Block|Dir=In|Protocol=6|LPort2_29=TcpCDPSvc|Name=k'
        'Action=Block|Dir=In|Protocol=6|LPort=8443|LA4=127.0.0.1|Name=k', 'Action=Allow|Dir=In|Protocol=6|LPort=8443|RA4=127.0.0.1|RA6=::1|Name=k'
        'Action=Block|Dir=In|Protocol=6|RPort=443|Name=from one port', 'Action=Block|Dir=Out|Protocol=6|LPort=8443|Name=from one port', 'Action=Block|Dir=Out|LPort2_10=1-1023|Protocol=6|Name=k'
        'Action=Block|Dir=In|AppPkgId=S-1-15-2-1|Name=k', 'Action=Block|Dir=In|PFN=Microsoft.XboxApp_8wekyb3d8bbwe|Name=k', 'Action=Block|Dir=In|App=C:\x\WEB2.exe|Name=k'
        'Action=Block|Dir=In|Protocol=6|LPort=8001|Name=what is closed anyway', 'Action=Allow|Dir=In|Protocol=6|LPort=8443|RA4=203.0.113.7-203.0.113.7|Name=k'
        'Action=Allow|Dir=In|Protocol=6|LPort=9090|RA4=203.0.113.0/255.255.255.128|RA6=2001:db8:3::1-2001:db8:3::ff|Name=k', 'Action=Block|Dir=In|Protocol=47|Name=GRE', 'Action=Block|Dir=In|Protocol=2|Name=IGMP'
        'Action=Allow|Dir=In|Protocol=6|LPort=8443|RA4=203.0.113.7/255.255.255.255|RA4=127.0.0.1|Name=k' | Select-Object -SkipLast 1
    ) { Get-Told $_ | Should -BeNullOrEmpty }

    It 'are read whatever their digits are: <_>' -ForEach 'LPort=٨٤٤٣', 'LPort=99999', 'LPort2_10=9-1', 'ICMP4=٣:*', 'RA4=1.2.3.4/99', 'LA6=fe80::1%12', 'Profile=', 'Protocol=-1' {
        { Get-Told "Action=Block|Dir=In|Protocol=6|$_|Name=k" } | Should -Not -Throw
    }
    It 'of another maker''s firewall is one line, whatever it is called' {
        Mock Get-ConnectivityFromWmi { [pscustomobject] @{ displayName = "Wall`n'of' `e[2J" }, [pscustomobject] @{ displayName = 'Second' } }
        @(Get-ConnectivityForeignFirewall)[0] | Should -BeLike "the firewall 'Wall?'of' ?``[2J' is registered*"
        @(Get-ConnectivityForeignFirewall).Count | Should -Be 2
    }
}
Describe 'Drawn rules of others' {
    It 'are judged as their ports and addresses say, one by one' {
        # Addresses are 203.0.113.0 to .15 and one elsewhere; ports are 8440 to 8449. Every pair of them is looked at.
        $random = New-Object Random -ArgumentList 20260307
        $points = @(0..15 | ForEach-Object { "203.0.113.$_" }) + '198.51.100.1'
        $span = { param($least, $most) $one, $other = $random.Next($least, $most + 1), $random.Next($least, $most + 1); if ($one -le $other) { $one, $other } else { $other, $one } }
        $differences = @(foreach ($round in 1..150) {
                $low, $high = & $span 0 15
                $from, $to = & $span 8440 8449
                $rule = ConvertTo-ConnectivityRule (New-TestRule 'drawn' -Ports "$from-$to" -Peers "203.0.113.$low-203.0.113.$high")
                $fields = @("Action=$('Allow', 'Block' | Get-Random -SetSeed $random.Next())", 'Active=TRUE', 'Dir=In')
                if ($random.Next(4)) { $fields += 'Protocol=6' }
                $ports, $addresses = @(), @()
                if ($fields -contains 'Protocol=6' -and $random.Next(4)) {
                    foreach ($each in 0..$random.Next(2)) {
                        $first, $last = & $span 8440 8449
                        $fields += if ($first -eq $last) { "LPort=$first" } else { "LPort2_10=$first-$last" }
                        $ports += $first..$last
                    }
                    if (-not $random.Next(3)) { $fields += 'LPort=RPC' }
                }
                else { $ports = 8440..8449 }
                if ($random.Next(4)) {
                    foreach ($each in 0..$random.Next(2)) {
                        $first, $last = & $span 0 15
                        $fields += 'RA4=' + @("203.0.113.$first-203.0.113.$last", "203.0.113.$first", "203.0.113.$($first -band 12)/255.255.255.252")[$each * 2 % 3]
                        $addresses += @("203.0.113.$first-203.0.113.$last", "203.0.113.$first", "203.0.113.$($first -band 12)/255.255.255.252")[$each * 2 % 3]
                    }
                }
                $in = { param($point) $addresses.Count -eq 0 -or (Test-ConnectivityWithin (ConvertTo-ConnectivitySet $point) (ConvertTo-ConnectivitySet $addresses)) }
                $ours = { param($point) $number = [int] $point.Split('.')[3]; $point -like '203.*' -and $low -le $number -and $number -le $high }
                $met = @($ports | Where-Object { $from -le $_ -and $_ -le $to }).Count -gt 0
                $inside = @($points | Where-Object { (& $in $_) -and (& $ours $_) }).Count -gt 0
                $outside = @($points | Where-Object { (& $in $_) -and -not (& $ours $_) }).Count -gt 0
                $text = "v2.31|$($fields -join '|')|Name=other|"
                $expected = if ($met -and $fields[0] -eq 'Action=Block' -and $inside) { '*blocks what*' } elseif ($met -and $fields[0] -eq 'Action=Allow' -and $outside) { '*lets in others*' } else { '' }
                $told = @(Get-ConnectivityContradiction -Rules $rule -Closed $rule.DisplayName -Published @() -Others (ConvertFrom-ConnectivityText -Id 'x' -Text $text -Source Local))
                if ("$told" -notlike $expected -or $told.Count -ne [int] ($expected -ne '')) { "$text against $from-$to, $low-${high}: $told" }
            })
        $differences | Should -BeNullOrEmpty
    }
    It 'never stop a run, whatever they say' -Tag StandIn {
        Reset-TestHost
        $random = New-Object Random -ArgumentList 20260308
        $keys = 'Action', 'Active', 'Dir', 'Protocol', 'LPort', 'RPort', 'LPort2_10', 'RPort2_10', 'LPort2_20', 'LA4', 'RA4', 'RA6', 'RA42', 'ICMP4', 'ICMP6', 'Profile', 'App', 'Svc', 'AppPkgId', 'PFN', 'IFType', 'Edge', 'RMAuth', 'Name', 'EmbedCtxt', 'New', ''
        $values = 'Allow', 'Block', 'ByPass', 'TRUE', 'In', 'Out', '6', '17', '1', '256', '8443', '8000-9000', '9-8', '99999', 'RPC', 'mDNS', '203.0.113.7', '203.0.113.0/24', '203.0.113.0/33', '10.0.0.9-10.0.0.1', '2001:db8::/32', '::ffff:1.2.3.4', 'fe80::1%eth0',
        'LocalSubnet', '*', 'Any', '', '8:*', '%SystemRoot%\x.exe', '%', '@x.dll,-1', 'federated.connectivity in', "`u{202e}`u{0}[", '٣', 'a=b', '-'
        foreach ($round in 1..400) {
            $text = 'v2.31|Action=Block|Active=TRUE|Dir=In|' + (@(foreach ($each in 0..$random.Next(7)) { "$($keys[$random.Next($keys.Count)])=$($values[$random.Next($values.Count)])" }) -join '|') + '|'
            try {
                $other = ConvertFrom-ConnectivityText -Id 'x' -Text $text -Source MDM
                $null = Get-ConnectivityContradiction -Rules $ours -Closed $closed -Published $closed -Others $other -Shut $shut
                $null = Get-ConnectivityMeaning @($other)
                $null = Format-ConnectivityRule @($other)
            }
            catch { throw "${text}: $_" }
        }
    }
}
Describe 'A rule of ours' {
    It 'that somebody changed differs: <_>' -ForEach 'Edge=TRUE', 'Defer=App', 'Svc=*', 'Profile=Domain|Profile=Private', 'IFType=Lan', 'PFN=some.app', 'LUAuth2_24=TzpM' {
        $text = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=8443|RA4=203.0.113.7|Name=federated.connectivity in|Desc=in of the tests|EmbedCtxt=federated.connectivity|'
        $plain = ConvertFrom-ConnectivityText -Id 'x' -Text $text -Source Local
        $changed = ConvertFrom-ConnectivityText -Id 'x' -Text "$text$_|" -Source Local
        (Compare-ConnectivityRule -Wanted $ours[0] -Present $plain).Add.Count | Should -Be 0
        (Compare-ConnectivityRule -Wanted $ours[0] -Present $changed).Gone.Count | Should -Be 1
    }
    It 'that Windows cannot read is not ours to remove, and is named' {
        Test-ConnectivityOwn (ConvertFrom-ConnectivityText -Id 'x' -Text 'v2.31|Action=Maybe|Active=TRUE|Dir=In|Name=federated.connectivity in|EmbedCtxt=federated.connectivity|' -Source Local) | Should -BeFalse
    }
    It 'for a protocol without ports is shown without ports' {
        $rules = @(
            @{ DisplayName = 'a'; Direction = 'Outbound'; Protocol = 'ICMPv6'; IcmpType = '1', '128'; RemoteAddress = 'Any' }, @{ DisplayName = 'b'; Direction = 'Inbound'; Protocol = '50'; RemoteAddress = '203.0.113.7' }
        ) | ForEach-Object { ConvertTo-ConnectivityRule $_ }
        @(Format-ConnectivityRule $rules[0])[0], @(Format-ConnectivityRule $rules[1])[0] | Should -Be 'a: Outbound Allow ICMPv6 1,128', 'b: Inbound Allow 50'
    }
    It 'that names all profiles is for any profile' {
        $text = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|Profile=Domain|Profile=Private|LPort=8443|RA4=203.0.113.7|Name=federated.connectivity in|Desc=in of the tests|EmbedCtxt=federated.connectivity|'
        (Compare-ConnectivityRule -Wanted $ours[0] -Present (ConvertFrom-ConnectivityText -Id 'x' -Text $text -Source Local)).Gone.Count | Should -Be 0
    }
}
Describe 'Group Policy' -Tag StandIn {
    BeforeEach { Reset-TestHost }

    It 'and the host may have rules of one id, which are told apart' {
        Edit-TestHost {
            param($state)
            $state.rules += New-OtherRule @{ Name = 'same'; DisplayName = 'of the host'; LocalPort = @('3389') }
            $state.rules += New-OtherRule @{ Name = 'same'; DisplayName = 'of the domain'; Action = 'Block'; LocalPort = @('8000-8999'); SourceType = 'GroupPolicy' }
            $state.rules += New-OtherRule @{ Name = 'same'; DisplayName = 'of nobody'; Action = 'NotConfigured'; LocalPort = @('8443') }
            $state.rules += New-OtherRule @{ Name = 'same'; DisplayName = 'of the device management'; Action = 'Block'; LocalPort = @('22'); SourceType = 'MDM' }
        }
        $done = Invoke-ConnectivityPolicy -Given @{ rules = @(New-TestRule 'in'); closed = @('federated.connectivity in') }
        $done.warnings | Should -Be "rule 'of the domain' (GroupPolicy, Inbound TCP 8000-8999) blocks what federated.connectivity in allows, and prevails. Remove or narrow it"
    }
    It 'that lets out what the plan denies stops the first run, and the host is as before' {
        Edit-TestHost { param($state) $state.profiles[1].policy = @{ DefaultOutboundAction = 'Allow' } }
        $before = Get-TestHost
        $done = Invoke-ConnectivityPolicy -Given @{ rules = @(New-TestRule 'in'); denied = @('egress') }
        $done.errors[0] | Should -BeLike 'Windows refused the change: profile Private allows what is outbound by Group Policy*'
        Get-TestHost | Should -Be $before
        @(Get-NetFirewallProfile -PolicyStore PersistentStore | Where-Object { $_.DefaultOutboundAction -eq 'Block' }).Count | Should -Be 0
    }
    It 'that turns a profile off, or opens it, is named as what does it' {
        Edit-TestHost { param($state) $state.profiles[0].policy = @{ Enabled = 'False' }; $state.profiles[2].policy = @{ DefaultInboundAction = 'Allow'; AllowLocalFirewallRules = 'False' } }
        $done = Invoke-ConnectivityPolicy -Given @{ rules = @(New-TestRule 'in'); closed = @('federated.connectivity in') }
        $done.errors | Should -Be @(
            'profile Domain is off by Group Policy, so no rule counts there. Have it turned on in Group Policy'
            "profile Public ignores the host's own rules (AllowLocalFirewallRules is False). Allow them in Group Policy"
            'profile Public lets in what no rule refuses, so federated.connectivity in would be open to everybody. Group Policy sets this default: take it out there'
        )
    }
    It 'whose rules cannot be read is named, and the rest is judged' {
        Mock Test-Path { $true } -ParameterFilter { $LiteralPath -like 'HKLM:*' }
        Mock Get-Item { if ($LiteralPath -like '*Mdm*') { throw 'Access is denied.' } ; New-Object PSObject | Add-Member -MemberType ScriptMethod -Name GetValueNames -Value { @() } -PassThru } -ParameterFilter { $LiteralPath -like 'HKLM:*' }
        $read = @(Get-ConnectivityRule -Reader Registry)
        $read.Count, $read[0].Source, $read[0].Broken | Should -Be 1, 'MDM', $true
        Get-ConnectivityContradiction -Rules $ours -Closed $closed -Published @() -Others $read | Should -BeLike "*FirewallPolicy\Mdm\FirewallRules' (MDM) cannot be read, so it was not judged*"
    }
}
Describe 'The cmdlets' -Tag StandIn {
    It 'and the registry say the same of rules of all kinds' {
        Reset-TestHost
        Edit-TestHost {
            param($state)
            $state.rules += New-OtherRule @{ Protocol = '6'; LocalPort = @('8443', '9000-9010'); Profile = 'Domain, Private'; RemoteAddress = @('LocalSubnet', '10.0.0.0/255.0.0.0', '2001:db8::1-2001:db8::9') }
            $state.rules += New-OtherRule @{ Protocol = '47'; Action = 'Block'; Direction = 'Outbound' }
            $state.rules += New-OtherRule @{ Protocol = 'ICMPv6'; IcmpType = @('128', '1:3'); Service = '*' }
            $state.rules += New-OtherRule @{ Protocol = 'UDP'; LocalPort = @('Teredo'); Program = '%SystemRoot%\system32\svchost.exe'; Service = 'iphlpsvc'; Enabled = 'False'; LocalAddress = @('198.51.100.20') }
        }
        $cmdlets = @(Get-ConnectivityRule -Reader Cmdlets)
        $registry = @(Get-StandInText | ForEach-Object { ConvertFrom-ConnectivityText -Id $_.Id -Text $_.Text -Source $_.Source })
        $cmdlets.Count | Should -Be 7
        $text = { param($rules) ($rules | ForEach-Object { "$($_.Id) $(Get-ConnectivityMeaning @($_))" } | Sort-Object) -join "`n" }
        & $text $registry | Should -Be (& $text $cmdlets)
    }
}
Describe 'A computer with fewer commands' -Tag StandIn {
    BeforeEach { Reset-TestHost; $before = Get-TestHost; Use-LeastCommands }
    AfterEach { Use-AllCommands }

    It 'gets the rules, a change, and loses them again' {
        function New-ScheduledTaskTrigger { [CmdletBinding()] param([switch] $Once, [switch] $AtStartup, [datetime] $At) @{ AtStartup = [bool] $AtStartup; At = "$At" } }
        function Remove-NetFirewallRule { [CmdletBinding()] param([Parameter(Mandatory, ParameterSetName = 'Input')] $InputObject, [Parameter(Mandatory, ParameterSetName = 'Group')] [string] $Group) WindowsStandIn\Remove-NetFirewallRule -Name $InputObject.Name }
        function New-Object { param([Parameter(Position = 0)] [string] $TypeName, [object[]] $ArgumentList) Microsoft.PowerShell.Utility\New-Object -TypeName $TypeName -ArgumentList $ArgumentList }
        Edit-TestHost { param($state) $state.rules += New-OtherRule @{ DisplayName = 'backend'; Program = $backend } }
        $before = Get-TestHost
        $given = @{ rules = @((New-TestRule 'in'), (New-TestRule 'out' -Direction Outbound)); closed = @('federated.connectivity in'); published = @('federated.connectivity in') }
        $first = Invoke-ConnectivityPolicy -Given $given
        $first.errors | Should -BeNullOrEmpty
        $first.warnings | Should -BeLike "rule 'backend' *lets in others than the peers of federated.connectivity in*"
        (Invoke-ConnectivityPolicy -Given $given).changed | Should -BeFalse
        $given.rules[0].RemoteAddress = '203.0.113.8'
        (Invoke-ConnectivityPolicy -Given $given).changes | Should -Be 'rule federated.connectivity in'
        $gone = Invoke-ConnectivityPolicy -Given @{} -Options @{ removal = $true }
        $gone.errors | Should -BeNullOrEmpty
        Get-TestHost | Should -Be $before
        @((Get-Content $env:STAND_IN -Raw | ConvertFrom-Json).tasks).Count | Should -Be 0
    }
    It 'takes a change back that nobody confirmed' {
        $null = Invoke-ConnectivityPolicy -Given @{ rules = @(New-TestRule 'in') } -Options @{ seconds = 60; confirm_egress = 'none' }
        $place = Get-ConnectivityPlace
        $journal = Read-ConnectivityFile $place.Journal
        $journal.deadline = 1
        [IO.File]::WriteAllText($place.Journal, ($journal | ConvertTo-Json -Depth 6))
        Invoke-ConnectivityTask
        Get-TestHost | Should -Be $before
    }
    It 'gets rules for WSL' {
        $creator = '{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}'
        $given = @{ rules = @(@{ DisplayName = 'federated.connectivity in'; Direction = 'Inbound'; Protocol = 'TCP'; RemoteAddresses = @('203.0.113.7'); LocalPorts = @('8443') }) }
        (Invoke-ConnectivityPolicy -Given $given -Options @{ creator = $creator }).errors | Should -BeNullOrEmpty
        (Invoke-ConnectivityPolicy -Given $given -Options @{ creator = $creator }).changed | Should -BeFalse
        (Invoke-ConnectivityPolicy -Given @{} -Options @{ creator = $creator; removal = $true }).errors | Should -BeNullOrEmpty
        @(Get-NetFirewallHyperVRule).Count | Should -Be 0
    }
}
Describe 'WSL' -Tag StandIn {
    It 'has rules of others, which are judged like those of Windows Firewall' {
        Reset-TestHost
        $creator, $any = '{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}', '{00000000-0000-0000-0000-000000000000}'
        $null = New-NetFirewallHyperVRule -Name 'a' -DisplayName 'all of it' -VMCreatorId $creator -Protocol TCP -LocalPorts 8000-9000 -Action Allow
        $null = New-NetFirewallHyperVRule -Name 'b' -DisplayName 'every guest' -VMCreatorId $any -Protocol TCP -LocalPorts 8443 -Action Block
        $null = New-NetFirewallHyperVRule -Name 'c' -DisplayName 'other guests' -VMCreatorId '{9E288F02-CE00-4D9E-BE2B-14CE463B0298}' -Protocol TCP -LocalPorts 8443 -Action Block
        $null = New-NetFirewallHyperVRule -Name 'e' -DisplayName 'after ours' -VMCreatorId $creator -Protocol TCP -LocalPorts 8443 -Action Block -RulePriority 3
        $null = New-NetFirewallHyperVRule -Name 'f' -DisplayName 'abroad' -VMCreatorId 'Any' -Protocol TCP -LocalPorts 8443 -Action Block -Profiles Public
        $null = New-NetFirewallHyperVRule -Name 'd' -DisplayName 'off' -VMCreatorId $creator -Protocol TCP -LocalPorts 8443 -Action Block -Enabled False
        $given = @{
            rules = @(@{ DisplayName = 'federated.connectivity in'; Direction = 'Inbound'; Protocol = 'TCP'; RemoteAddresses = @('203.0.113.7'); LocalPorts = @('8443') })
            shut = @(@{ DisplayName = 'federated.connectivity hub'; Direction = 'Inbound'; Protocol = 'TCP'; LocalPorts = @('8080') }); closed = @('federated.connectivity in')
        }
        $done = Invoke-ConnectivityPolicy -Given $given -Options @{ creator = $creator }
        $done.warnings | Should -Be @(
            "rule 'all of it' (Inbound TCP 8000-9000) lets in others than the peers of federated.connectivity in. Remove or narrow it"
            "rule 'all of it' (Inbound TCP 8000-9000) opens what the plan closes to everybody: federated.connectivity hub. Remove or narrow it"
            "rule 'every guest' (Inbound TCP 8443) blocks what federated.connectivity in allows, and prevails. Remove or narrow it"
            "rule 'abroad' (Inbound TCP 8443, Public) blocks what federated.connectivity in allows, and prevails. Remove or narrow it"
        )
        (Invoke-ConnectivityPolicy -Given @{} -Options @{ creator = $creator; removal = $true }).warnings | Should -BeNullOrEmpty
        @(Get-NetFirewallHyperVRule).Count | Should -Be 6
    }
}
Describe 'Removal' -Tag StandIn {
    It 'works where <_> is damaged, and says so' -ForEach 'Journal', 'Memory', 'NamesRules', 'NamesMemory', 'Outcome' {
        Reset-TestHost
        $before = Get-TestHost
        $null = Invoke-ConnectivityPolicy -Given @{ rules = @((New-TestRule 'in')); denied = @('ingress') } -Options @{ defaults = $false }
        $place = Get-ConnectivityPlace
        $null = New-Item -ItemType Directory -Path $place.Directory -Force
        [IO.File]::WriteAllText($place[$_], '{"add": [')
        $gone = Invoke-ConnectivityPolicy -Given @{} -Options @{ removal = $true }
        $gone.errors | Should -BeNullOrEmpty
        if ($_ -in 'Journal', 'Memory') { $gone.warnings | Should -BeLike "*$([IO.Path]::GetFileName($place[$_])) is damaged, and is removed*" }
        Get-TestHost | Should -Be $before
        Test-Path $place.Directory | Should -BeFalse
    }
    It 'says who has to run it' {
        $place = Get-ConnectivityPlace
        $place.Directory = '/sys/federated.connectivity'
        { Enter-ConnectivityLock -Place $place } | Should -Throw '*cannot be made: *Run this as an administrator, with all rights'
    }
}
Describe 'A PowerShell of 32 bits' -Tag StandIn {
    AfterEach { $env:ProgramW6432 = '' }
    It 'keeps what it remembers where the scheduled tasks look for it' {
        Reset-TestHost
        $place = Get-ConnectivityPlace
        $env:ProgramW6432 = $env:ProgramFiles
        $programs, $env:ProgramFiles = $env:ProgramFiles, "$env:ProgramFiles (x86)"
        (Get-ConnectivityPlace).Journal | Should -Be $place.Journal
        $env:ProgramFiles = $programs
    }
}
