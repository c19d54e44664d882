# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# How often Windows is asked: each store once, however many rules there are. Over the stand-in alone, which counts.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Calls.ps1')
    $counted = @{}
    foreach ($count in 3, 10) {
        foreach ($one in Measure-Count $count -Ways Invoke-Program) { $counted["$count $($one.Case)"] = $one }
    }
    $unchanged = Measure-Count 3 -Registry -Ways Invoke-Program | Where-Object { $_.Case -eq 'unchanged' }
}
Describe 'A host of 10 rules where nothing changes' -Tag StandIn {
    It 'takes one module run, which reads each store once' {
        $counted['10 unchanged'].Runs | Should -Be 1
        $counted['10 unchanged'].Kinds | Sort-Object | Should -Be @(
            'Get-CimInstance FirewallProduct', 'Get-NetFirewallAddressFilter ActiveStore', 'Get-NetFirewallApplicationFilter ActiveStore'
            'Get-NetFirewallInterfaceTypeFilter ActiveStore', 'Get-NetFirewallPortFilter ActiveStore', 'Get-NetFirewallProfile ActiveStore'
            'Get-NetFirewallProfile PersistentStore', 'Get-NetFirewallRule ActiveStore', 'Get-NetFirewallSecurityFilter ActiveStore'
            'Get-NetFirewallServiceFilter ActiveStore'
        )
    }
    It 'takes as many calls as one of 3 rules' { $counted['10 unchanged'].Calls | Should -Be $counted['3 unchanged'].Calls }
    It 'reads no rule by the commands where there is a registry' {
        $unchanged.Kinds | Sort-Object | Should -Be 'Get-CimInstance FirewallProduct', 'Get-NetFirewallProfile ActiveStore', 'Get-NetFirewallProfile PersistentStore'
    }
}
Describe 'A change of all rules' -Tag StandIn {
    It 'takes two module runs, the confirmation included' { $counted['10 changed'].Runs, $counted['3 changed'].Runs | Should -Be 2, 2 }
    It 'takes three calls for each rule: the new one is added, the old one is turned off and then removed' {
        $counted['10 changed'].Calls - $counted['3 changed'].Calls | Should -Be (3 * 7)
    }
}
