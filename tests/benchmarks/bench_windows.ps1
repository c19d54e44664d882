# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# How often a Windows host is asked: module runs and calls of Windows' commands, by this program against one task for each rule.
# A run over SSH or WinRM takes seconds, most of them PowerShell's start, and one pass over all rules takes up to a minute.
. (Join-Path $PSScriptRoot '../windows/Calls.ps1')
'Module runs and calls of Windows'' commands, counted by the stand-in; changed: a partner of every rule gets another address'
foreach ($count in 10, 35) {
    $all = @(Measure-Count $count -Registry)
    $cmdlets = @(Measure-Count $count -Ways Invoke-Program)
    foreach ($case in 'unchanged', 'changed') {
        $ours, $theirs = ($all | Where-Object { $_.Case -eq $case -and $_.Way -eq 'Invoke-Program' }), ($all | Where-Object { $_.Case -eq $case -and $_.Way -eq 'Invoke-TaskPerRule' })
        $without = $cmdlets | Where-Object { $_.Case -eq $case }
        'windows    {0,2} rules {1,-9}   module runs {2,2} against {3,2} ({4:0.0} x)   calls {5,3} against {6,3} ({7:0.0} x); {8} where there is no registry' -f
        $count, $case, $ours.Runs, $theirs.Runs, ($theirs.Runs / $ours.Runs), $ours.Calls, $theirs.Calls, ($theirs.Calls / $ours.Calls), $without.Calls
    }
}
Remove-Item -LiteralPath $env:WINDOWS_TEST_DIRECTORY -Recurse -Force
'Measured 2 numbers of rules'
