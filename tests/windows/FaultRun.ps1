# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# One change with its confirmation, in which each write is counted by the stand-in, those of files included.
. (Join-Path $PSScriptRoot 'Load.ps1')
$savesFile, $removesFile = ${function:Save-ConnectivityFile}, ${function:Remove-ConnectivityFile}
function Save-ConnectivityFile { param([string] $Path, [string] $Text) Step-StandIn "save $Path" { & $savesFile -Path $Path -Text $Text } }
function Remove-ConnectivityFile { param([string] $Path) Step-StandIn "remove $Path" { & $removesFile -Path $Path } }

function Get-FaultPolicy([string] $Which) {
    if ($Which -eq 'old') { return @{ rules = @((New-TestRule 'stays'), (New-TestRule 'changes'), (New-TestRule 'goes')); denied = @('ingress') } }
    @{ rules = @((New-TestRule 'stays'), (New-TestRule 'changes' -Peers '203.0.113.9'), (New-TestRule 'comes')); denied = @('ingress', 'egress') }
}
function Invoke-Fault {
    # The change from the old policy to the new one, and its confirmation over another connection.
    $env:SSH_CONNECTION = '192.0.2.1 1 192.0.2.2 22'
    $done = Invoke-ConnectivityPolicy -Given (Get-FaultPolicy 'new') -Options @{ seconds = 60; allow_shrink = $true; confirm_egress = 'none' }
    if (-not $done.ContainsKey('on_trial')) { return }
    $env:SSH_CONNECTION = '192.0.2.1 2 192.0.2.2 22'
    $null = Confirm-ConnectivityPolicy $done.on_trial.token
}
if ($env:FAULT_RUN) { Invoke-Fault }
