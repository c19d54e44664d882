# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Brings one host after the other of a long list to what a line of its input wants, and answers with a line: errors, what a second run
# would change, and the rules that the host then has. Each line begins with what the one before it left. Over the stand-in alone.
. (Join-Path $PSScriptRoot 'Load.ps1')
function ConvertTo-Table($Value) {
    # Tables and lists as Ansible gives them to a module, instead of what ConvertFrom-Json makes.
    if ($Value -is [Management.Automation.PSCustomObject]) {
        $table = @{}
        foreach ($entry in $Value.PSObject.Properties) { $table[$entry.Name] = ConvertTo-Table $entry.Value }
        return $table
    }
    if ($Value -is [array]) { return , @(foreach ($one in $Value) { ConvertTo-Table $one }) }
    $Value
}
Reset-TestHost
while ($line = [Console]::In.ReadLine()) {
    $given = ConvertTo-Table (ConvertFrom-Json $line)
    $done = Invoke-ConnectivityPolicy -Given $given -Options @{ allow_shrink = $true; defaults = $false }
    $again = Invoke-ConnectivityPolicy -Given $given -Options @{ check_mode = $true; defaults = $false }
    $state = Get-Content $env:STAND_IN -Raw | ConvertFrom-Json
    $answer = @{ errors = @($done.errors); again = @($again.changes); rules = @($state.rules) } | ConvertTo-Json -Depth 6 -Compress
    [Console]::Out.WriteLine($answer)
}
Remove-Item -LiteralPath $env:WINDOWS_TEST_DIRECTORY -Recurse -Force
