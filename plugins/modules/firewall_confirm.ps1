#!powershell

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# firewall_confirm.py on Windows, where Ansible takes this file instead: the same options and results.
#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewall

$spec = @{
    options = @{
        token = @{ type = 'str'; required = $true; no_log = $false }
        wanted = @{ type = 'bool'; default = $true } # for the action plugin: false asks the host nothing
    }
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
try { $ended = Confirm-ConnectivityPolicy -Token $module.Params.token }
catch { $module.FailJson("the change could not be confirmed: $($_.Exception.Message)", $_) }
$module.Result.outcome = $ended.outcome
if ($ended.ContainsKey('warnings')) { foreach ($warning in $ended.warnings) { $module.Warn($warning) } }
if ($ended.outcome -ne 'confirmed') {
    $module.Result.errors = [string[]] $ended.errors
    $text = $ended.errors -join '; '
    $module.FailJson($(if ($ended.outcome) { "the change was not confirmed: $text" } else { $text }))
}
$module.ExitJson()
