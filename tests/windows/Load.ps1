# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Loads the program, as a script of a plan holds it; and where this is not Windows, the stand-in with a fresh host.
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 2.0
$root = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
foreach ($file in Get-ChildItem (Join-Path $root 'plugins/module_utils/Windows*.psm1')) { . ([scriptblock]::Create([IO.File]::ReadAllText($file.FullName))) }
$onWindows = [Environment]::OSVersion.Platform -eq 'Win32NT'
if (-not $onWindows) { Import-Module (Join-Path $PSScriptRoot 'WindowsStandIn/WindowsStandIn.psd1') }

function Reset-TestHost {
    # A host without anything of ours.
    if ($onWindows) {
        $null = Invoke-ConnectivityPolicy -Given @{} -Options @{ removal = $true }
        return
    }
    if (-not $env:WINDOWS_TEST_DIRECTORY) { $env:WINDOWS_TEST_DIRECTORY = Join-Path ([IO.Path]::GetTempPath()) "windows-$([guid]::NewGuid())" }
    Remove-Item -LiteralPath $env:WINDOWS_TEST_DIRECTORY -Recurse -Force -ErrorAction SilentlyContinue
    $env:STAND_IN, $env:STAND_IN_LOG = (Join-Path $env:WINDOWS_TEST_DIRECTORY 'host.json'), (Join-Path $env:WINDOWS_TEST_DIRECTORY 'calls')
    $env:ProgramFiles, $env:SystemRoot = (Join-Path $env:WINDOWS_TEST_DIRECTORY 'ProgramFiles'), (Join-Path $env:WINDOWS_TEST_DIRECTORY 'Windows')
    $env:STAND_IN_SOCKETS = ''
    foreach ($name in 'STAND_IN_REFUSE', 'STAND_IN_REFUSE_AT', 'STAND_IN_DIE_BEFORE', 'STAND_IN_DIE_AFTER') { [Environment]::SetEnvironmentVariable($name, $null) }
    $null = New-Item -ItemType Directory -Path $env:WINDOWS_TEST_DIRECTORY
    Copy-Item (Join-Path $PSScriptRoot 'WindowsStandIn/fresh.json') $env:STAND_IN
}

function Get-TestHost {
    # Everything that the host holds of rules and defaults, ours and others', as lines in order; without ids that are drawn.
    $rules = @(Get-ConnectivityRule | ForEach-Object { "$($_.Source) $($_.DisplayName) $(Get-ConnectivityMeaning @($_))" } | Sort-Object)
    $profiles = @(Get-NetFirewallProfile -PolicyStore PersistentStore | ForEach-Object { "$($_.Name) $($_.Enabled) $($_.DefaultInboundAction) $($_.DefaultOutboundAction)" })
    ($rules + $profiles) -join "`n"
}

function New-TestRule {
    param([string] $Name, [string] $Direction = 'Inbound', [string[]] $Ports = '8443', [string[]] $Peers = '203.0.113.7', [string] $Protocol = 'TCP')
    $rule = @{ DisplayName = "federated.connectivity $Name"; Description = "$Name of the tests"; Direction = $Direction; Protocol = $Protocol; RemoteAddress = $Peers }
    $rule[$(if ($Direction -eq 'Inbound') { 'LocalPort' } else { 'RemotePort' })] = $Ports
    $rule
}
