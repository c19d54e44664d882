# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Handshakes with servers that behave well or badly, with certificates of an authority of the tests.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Load.ps1')
    if (-not ('TlsServer' -as [type])) { Add-Type -TypeDefinition ([IO.File]::ReadAllText((Join-Path $PSScriptRoot 'TlsServer.cs'))) }
    function New-Request([string] $Name, [string] $Host1) {
        $key = [Security.Cryptography.RSA]::Create(2048)
        $request = New-Object Security.Cryptography.X509Certificates.CertificateRequest ("CN=$Name", $key, [Security.Cryptography.HashAlgorithmName]::SHA256, [Security.Cryptography.RSASignaturePadding]::Pkcs1)
        if ($Host1) {
            $names = New-Object Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder
            $names.AddDnsName($Host1)
            $request.CertificateExtensions.Add($names.Build($false))
        }
        else { $request.CertificateExtensions.Add((New-Object Security.Cryptography.X509Certificates.X509BasicConstraintsExtension ($true, $false, 0, $true))) }
        @{ Key = $key; Request = $request }
    }
    $from, $until = [DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(1)
    $root = New-Request 'Station CA' ''
    $authority = $root.Request.CreateSelfSigned($from, $until)
    $own = New-Request 'localhost' 'localhost'
    $issued = $own.Request.Create($authority, $from, $until, [byte[]] (1, 2, 3))
    $withKey = [Security.Cryptography.X509Certificates.RSACertificateExtensions]::CopyWithPrivateKey($issued, $own.Key)
    $certificate = New-Object Security.Cryptography.X509Certificates.X509Certificate2 (, $withKey.Export('Pfx'))
    $servers = @{}
    function Get-Server([string] $Behaviour, [int] $Version = 3072) {
        if (-not $servers.ContainsKey("$Behaviour $Version")) { $servers["$Behaviour $Version"] = New-Object TlsServer ($certificate, $Behaviour, $Version) }
        $servers["$Behaviour $Version"].Port
    }
    function Get-Seen([int] $Port, [string] $Name = '', [string] $Destination = '127.0.0.1', [string[]] $Alpn = @(), [bool] $Own = $false, [double] $Timeout = 60, [scriptblock] $Authorities = { }) {
        $endpoint = @{ destination = $Destination; port = $Port; server_name = $Name; alpn = $Alpn; own = $Own }
        Get-ConnectivityHandshake -Endpoints @($endpoint) -Timeout $Timeout -Seconds 300 -Authorities $Authorities
    }
    $sha256 = [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($certificate.RawData)).Replace('-', '').ToLowerInvariant()
}
AfterAll { foreach ($server in $servers.Values) { $server.Stop() } }
Describe 'A handshake' {
    It 'shows the certificate, and whether a client certificate is asked for (<Behaviour>, <Name>)' -ForEach @(
        foreach ($behaviour in @(@('plain', $false), @('asks', $true))) { foreach ($version in @(@(3072, 'TLSv1.2'), @(12288, 'TLSv1.3'))) { @{ Behaviour = $behaviour[0]; Asked = $behaviour[1]; Version = $version[0]; Name = $version[1] } } }
    ) {
        $seen = Get-Seen (Get-Server $Behaviour $Version)
        $seen.outcome, $seen.version, $seen.client_certificate, $seen.sha256, $seen.address | Should -Be 'completed', $Name, $Asked, $sha256, '127.0.0.1'
        $seen.certificate | Should -BeLike "-----BEGIN CERTIFICATE-----`n*`n-----END CERTIFICATE-----`n"
        $seen.offered | Should -Be 'TLSv1.3'
        $seen.publicly_trusted | Should -BeNullOrEmpty
    }
    It 'shows the certificate also of a server that insists on one of the client' {
        $seen = Get-Seen (Get-Server 'demands')
        $seen.outcome | Should -BeIn 'alert', 'reset', 'closed', 'completed' # .NET's own server refuses after the handshake
        $seen.sha256, $seen.client_certificate | Should -Be $sha256, $true
    }
    It 'ends as the server behaves: <_>' -ForEach 'words', 'closed', 'reset' {
        $expected = @{ words = 'not_tls'; closed = 'closed'; reset = 'reset' }[$_]
        $seen = Get-Seen (Get-Server $_)
        # A server that hangs up before it has read the hello resets the connection, whatever it meant.
        $seen.outcome | Should -BeIn $expected, $(if ($_ -eq 'closed') { 'reset' } elseif ($_ -eq 'reset') { 'unreachable' } else { $expected })
        $seen.certificate, $seen.version, $seen.sha256 | Should -Be '', '', ''
        $seen.client_certificate | Should -BeNullOrEmpty
    }
    It 'meets silence, is not waited for longer than told, and is not begun when the time for all is over' {
        (Get-Seen (Get-Server 'silent') -Timeout 0.5).outcome | Should -Be 'silent'
        (Get-ConnectivityHandshake -Endpoints @(@{ destination = '127.0.0.1'; port = Get-Server 'plain'; server_name = ''; alpn = @(); own = $false }) -Seconds 0).outcome | Should -Be 'not_tried'
    }
    It 'is unreachable where nobody listens, or where a name has no address' {
        foreach ($destination in '127.0.0.1', 'nobody.invalid') {
            $seen = Get-Seen 1 -Destination $destination
            $seen.outcome | Should -Be 'unreachable'
            $seen.detail | Should -Not -BeNullOrEmpty
        }
    }
    It 'with an own service takes loopback where the address is translated on the way in' {
        $seen = Get-Seen (Get-Server 'plain') -Destination '203.0.113.5' -Own $true
        $seen.outcome, $seen.address, $seen.destination | Should -Be 'completed', '127.0.0.1', '203.0.113.5'
    }
    It 'has no application protocol where none was chosen, and null where none could be offered' {
        $seen = Get-Seen (Get-Server 'plain') -Alpn 'h2'
        if ($PSVersionTable.PSVersion.Major -gt 5) { $seen.alpn | Should -BeExactly '' } else { $seen.alpn | Should -BeNullOrEmpty }
        (Get-Seen (Get-Server 'plain')).alpn | Should -BeExactly ''
    }
    It 'makes many at a time, in the order given' {
        $port = Get-Server 'plain'
        $endpoints = @(foreach ($one in 1..40) { foreach ($each in $port, 1) { @{ destination = '127.0.0.1'; port = $each; server_name = ''; alpn = @(); own = $false } } })
        $done = @(Get-ConnectivityHandshake -Endpoints $endpoints -Timeout 60 -Seconds 300 -Parallel 16)
        @($done | ForEach-Object { $_.port }) | Should -Be @($endpoints | ForEach-Object { $_.port })
        @($done | Where-Object { $_.outcome -eq 'completed' }).Count, @($done | Where-Object { $_.outcome -eq 'unreachable' }).Count | Should -Be 40, 40
    }
}
Describe 'Whether a public authority vouches for a name' {
    It 'is not known without a name, or without such authorities' {
        (Get-Seen (Get-Server 'plain') -Authorities { 'A' }).publicly_trusted | Should -BeNullOrEmpty
        (Get-Seen (Get-Server 'plain') -Name 'localhost').publicly_trusted | Should -BeNullOrEmpty
    }
    It 'is not so where Windows does not trust the authority, or the name is another' {
        $seen = Get-Seen (Get-Server 'plain') -Name 'localhost' -Authorities { $authority.Thumbprint }
        $seen.publicly_trusted, $seen.untrusted.StartsWith('Windows does not trust it (') | Should -Be $false, $true
        $seen = Get-Seen (Get-Server 'plain') -Name 'other.example.org' -Authorities { 'A' }
        $seen.publicly_trusted, $seen.untrusted | Should -Be $false, 'it is not for other.example.org'
    }
    It 'is judged by the authority at the end of a chain that Windows trusts' {
        $sight = New-Object FederatedConnectivity.Sight
        $sight.Certificate, $sight.ServerName, $sight.NameFits, $sight.Root, $sight.Alpn = $certificate.RawData, 'localhost', $true, 'AA', @()
        (ConvertFrom-ConnectivitySight $sight @('BB', 'AA')).publicly_trusted | Should -Be $true
        $added = ConvertFrom-ConnectivitySight $sight @('BB')
        $added.publicly_trusted, $added.untrusted | Should -Be $false, 'its authority was added to this host'
    }
}
