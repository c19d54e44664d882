# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# How many module runs and how many calls of Windows' commands a host takes, by this program and by one task for each rule. The stand-in
# writes down each call. Time is not measured: on Windows most of it is that of the commands, which are not here.
. (Join-Path $PSScriptRoot 'Load.ps1')

function Get-CountedRule([int] $Count, [string] $Peer) {
    @(for ($at = 0; $at -lt $Count; $at++) { New-TestRule "rule$at" -Ports "$(8000 + $at)" -Peers '203.0.113.0/24', $Peer })
}
function Invoke-Program([hashtable[]] $Rules) {
    # The module, and where something changed its confirmation over a new connection. Returns the number of module runs.
    $env:SSH_CONNECTION = '192.0.2.1 1 192.0.2.2 22'
    $done = Invoke-ConnectivityPolicy -Given @{ rules = $Rules } -Options @{ seconds = 60; confirm_egress = 'none' }
    if ($done.errors.Count -gt 0) { throw "$($done.errors)" }
    if (-not $done.ContainsKey('on_trial')) { return 1 }
    $env:SSH_CONNECTION = '192.0.2.1 2 192.0.2.2 22'
    if ((Confirm-ConnectivityPolicy $done.on_trial.token).outcome -ne 'confirmed') { throw 'not confirmed' }
    2
}
function Invoke-TaskPerRule([hashtable[]] $Rules) {
    # The least that a module for one rule does: it looks the rule up with what it says, and writes it where that differs. Nothing is
    # judged, nothing is tried first, and nobody confirms. Returns the number of module runs.
    foreach ($rule in $Rules) {
        $found = @(Get-NetFirewallRule -DisplayName $rule.DisplayName -ErrorAction SilentlyContinue)
        if ($found.Count -eq 0) { $null = New-NetFirewallRule @rule; continue }
        $address = @(Get-NetFirewallAddressFilter | Where-Object { $_.InstanceID -eq $found[0].InstanceID })
        $port = @(Get-NetFirewallPortFilter | Where-Object { $_.InstanceID -eq $found[0].InstanceID })
        $same = (ConvertTo-ConnectivitySet $address[0].RemoteAddress).Ranges -join ','
        $wanted = (ConvertTo-ConnectivitySet $rule.RemoteAddress).Ranges -join ','
        if ($same -ne $wanted -or "$($port[0].LocalPort)" -ne "$($rule.LocalPort)") { $null = Set-NetFirewallRule -DisplayName $rule.DisplayName -RemoteAddress $rule.RemoteAddress }
    }
    $Rules.Count
}
function Measure-Call([scriptblock] $Work) {
    # Module runs, and the calls of Windows' commands in them.
    Remove-Item -LiteralPath $env:STAND_IN_LOG -ErrorAction SilentlyContinue
    $runs = & $Work
    $calls = @(if (Test-Path -LiteralPath $env:STAND_IN_LOG) { Get-Content -LiteralPath $env:STAND_IN_LOG | Where-Object { $_ -notlike 'write *' } })
    @{ Runs = $runs; Calls = $calls.Count; Kinds = $calls }
}
function Measure-Count([int] $Count, [switch] $Registry, [string[]] $Ways = @('Invoke-Program', 'Invoke-TaskPerRule')) {
    # Runs and calls of both ways, for a host where nothing changes, and for one where a partner of every rule gets another address.
    if ($Registry) { function Get-ConnectivityRegistry { Get-StandInText } }
    $old, $new = (Get-CountedRule $Count '198.51.100.7'), (Get-CountedRule $Count '198.51.100.8')
    foreach ($way in $Ways) {
        Reset-TestHost
        $null = & $way $old
        foreach ($case in @(@('unchanged', $old), @('changed', $new))) {
            $counted = Measure-Call { & $way $case[1] }
            @{ Rules = $Count; Case = $case[0]; Way = $way; Runs = $counted.Runs; Calls = $counted.Calls; Kinds = $counted.Kinds }
        }
    }
}
