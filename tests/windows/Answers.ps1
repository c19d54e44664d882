# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Joins one answer of a name service after the other with what is remembered: a line of JSON comes in for each, and a line goes out.
# No host is needed.
. (Join-Path $PSScriptRoot 'Load.ps1')
while ($line = [Console]::In.ReadLine()) {
    $given = ConvertFrom-Json $line
    $memory, $found = (New-ConnectivityTable), (New-ConnectivityTable)
    foreach ($name in $given.memory) {
        $memory[$name.name] = New-ConnectivityTable
        foreach ($seen in $name.addresses) {
            $memory[$name.name][$seen.address] = @{ last = [double] $seen.last; since = [double] $seen.since; told = $seen.told; paused = $seen.paused }
        }
    }
    foreach ($name in $given.found) { $found[$name.name] = [string[]] @($name.addresses) }
    $seen = Update-ConnectivityMemory -Names @($given.names) -Memory $memory -Own @($given.own) -Found $found -Now $given.now
    $known = @(foreach ($name in $seen.Memory.Keys) {
            foreach ($address in $seen.Memory[$name].Keys) {
                $one = $seen.Memory[$name][$address]
                , @($name, $address, $one.last, $one.since, $one.told, $one.paused)
            }
        })
    $reasons = @(foreach ($name in $given.found) { foreach ($address in $name.addresses) { Get-ConnectivityRefusal -Name $name.name -Address $address -Own @($given.own) } })
    [Console]::Out.WriteLine((@{ known = $known; lines = $seen.Lines; reasons = $reasons } | ConvertTo-Json -Depth 4 -Compress))
}
