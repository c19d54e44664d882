# Writes down what restore.ps1 puts back: the rules of our group and the profiles' defaults; and the whole policy, as netsh exports it.
[CmdletBinding()]
param([Parameter(Mandatory)][string]$Group, [Parameter(Mandatory)][string]$Directory)
$ErrorActionPreference = 'Stop'
$null = New-Item -ItemType Directory -Path $Directory -Force
foreach ($old in 'before.xml', 'before.wfw', 'outcome.txt') {
    Remove-Item -LiteralPath (Join-Path $Directory $old) -ErrorAction SilentlyContinue
}
$properties = 'Name', 'Description', 'Grouping', 'ApplicationName', 'ServiceName', 'Protocol', 'LocalPorts', 'RemotePorts', 'LocalAddresses',
'RemoteAddresses', 'IcmpTypesAndCodes', 'Direction', 'Action', 'Enabled', 'Profiles', 'InterfaceTypes', 'EdgeTraversalOptions', 'SecureFlags'
$rules = @((New-Object -ComObject HNetCfg.FwPolicy2).Rules | Where-Object { $_.Grouping -eq $Group } | Select-Object -Property $properties)
$profiles = @(Get-NetFirewallProfile -PolicyStore PersistentStore | ForEach-Object {
        @{
            Name = [string]$_.Name
            Enabled = [string]$_.Enabled
            DefaultInboundAction = [string]$_.DefaultInboundAction
            DefaultOutboundAction = [string]$_.DefaultOutboundAction
        }
    })
$memory = Join-Path $Directory 'defaults.json'
$remembered = if (Test-Path -LiteralPath $memory) { [string](Get-Content -LiteralPath $memory -Raw) } else { '' }
@{ Group = $Group; Properties = $properties; Rules = $rules; Profiles = $profiles; Remembered = $remembered } |
    Export-Clixml -LiteralPath (Join-Path $Directory 'before.xml') -Depth 4
& netsh.exe advfirewall export (Join-Path $Directory 'before.wfw')
if ($LASTEXITCODE -ne 0) { throw "netsh advfirewall export failed with $LASTEXITCODE" }
