# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# What this host sees of TLS servers: _tls/ on Windows, with the same outcomes.

#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsTls

function Get-ConnectivityPublicAuthority {
    # The thumbprints of the authorities that Microsoft's programme brings to a Windows host. What an administrator adds is in another store. Empty: not known.
    $store = $null
    try {
        $store = New-Object Security.Cryptography.X509Certificates.X509Store ('AuthRoot', [Security.Cryptography.X509Certificates.StoreLocation]::LocalMachine)
        $store.Open([Security.Cryptography.X509Certificates.OpenFlags] 'ReadOnly, OpenExistingOnly')
        foreach ($one in $store.Certificates) { $one.Thumbprint }
    }
    catch { Write-Verbose "the public authorities are not known: $($_.Exception.Message)" }
    finally { if ($store) { $store.Close() } }
}

function Get-ConnectivityHandshake {
    # Shakes hands with all endpoints (destination, port, server_name, alpn, own), some at a time. What each showed, in the order given.
    param(
        [AllowEmptyCollection()] [Collections.IDictionary[]] $Endpoints, [double] $Timeout = 5, [double] $Seconds = 60, [int] $Parallel = 32,
        [scriptblock] $Authorities = { Get-ConnectivityPublicAuthority }
    )
    if (-not ('FederatedConnectivity.Look' -as [type])) { Add-Type -TypeDefinition (Get-ConnectivityTlsSource) }
    $sights = [FederatedConnectivity.Sight[]] @(foreach ($one in $Endpoints) {
            $sight = New-Object FederatedConnectivity.Sight
            $sight.Destination, $sight.Port, $sight.ServerName = [string] $one.destination, [int] $one.port, [string] $one.server_name
            $sight.Alpn, $sight.Own = [string[]] @($one.alpn | Where-Object { $_ }), [bool] $one.own
            $sight
        })
    [FederatedConnectivity.Look]::All($sights, $Timeout, $Seconds, $Parallel)
    $public = @(& $Authorities) # after the handshakes, since Windows fetches an authority when it is first needed
    foreach ($sight in $sights) { ConvertFrom-ConnectivitySight -Sight $sight -Public $public }
}

function ConvertFrom-ConnectivitySight {
    param([Parameter(Mandatory)] $Sight, [AllowEmptyCollection()] [string[]] $Public)
    $sha256, $pem, $trusted, $untrusted = '', '', $null, ''
    if ($Sight.Certificate.Length -gt 0) {
        $hash = [Security.Cryptography.SHA256]::Create()
        $sha256 = [BitConverter]::ToString($hash.ComputeHash($Sight.Certificate)).Replace('-', '').ToLowerInvariant()
        $lines = [Convert]::ToBase64String($Sight.Certificate) -split '(.{64})' | Where-Object { $_ }
        $pem = "-----BEGIN CERTIFICATE-----`n$($lines -join "`n")`n-----END CERTIFICATE-----`n"
        if ($Sight.ServerName -and $Public.Count -gt 0) {
            if (-not $Sight.NameFits) { $untrusted = "it is not for $($Sight.ServerName)" }
            elseif ($Sight.Chain) { $untrusted = "Windows does not trust it ($($Sight.Chain))" }
            elseif ($Sight.Root -notin $Public) { $untrusted = 'its authority was added to this host' }
            $trusted = -not $untrusted
        }
    }
    @{
        destination = $Sight.Destination; port = $Sight.Port; server_name = $Sight.ServerName; alpn = $Sight.Chosen; own = $Sight.Own; outcome = $Sight.Outcome
        detail = $Sight.Detail; address = $Sight.Address; version = $Sight.Version; offered = $Sight.Offered; client_certificate = $Sight.ClientCertificate
        sha256 = $sha256; certificate = $pem; publicly_trusted = $trusted; untrusted = $untrusted
    }
}
