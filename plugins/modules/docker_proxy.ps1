#!powershell

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# docker_proxy.py on Windows, where Ansible takes this file instead: the same options and results.
#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsDocker

$proxies = @{
    type = 'dict'
    options = @{ http_proxy = @{ type = 'str' }; https_proxy = @{ type = 'str' }; no_proxy = @{ type = 'list'; elements = 'str'; default = @() } }
}
$spec = @{
    options = @{
        plan = @{ type = 'path' }
        forward_proxy = @{ type = 'dict'; no_log = $true }
        state = @{ type = 'str'; choices = 'present', 'absent'; default = 'present' }
        daemon = $proxies
        client = $proxies
        credentials = @{ type = 'dict'; no_log = $true }
        system = @{ type = 'bool'; default = $true }
        desktop = @{ type = 'bool'; default = $false }
        rootless_users = @{ type = 'list'; elements = 'str'; default = @() }
        client_users = @{ type = 'list'; elements = 'str'; default = @() }
        restart = @{ type = 'bool'; default = $true }
        must_answer = @{ type = 'bool'; default = $true }
        wanted = @{ type = 'bool'; default = $true } # for the action plugin: false asks the host nothing
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$options = @{ check_mode = $module.CheckMode; removal = $module.Params.state -eq 'absent' }
foreach ($name in 'daemon', 'client', 'credentials', 'system', 'desktop', 'rootless_users', 'client_users', 'restart', 'must_answer') { $options[$name] = $module.Params[$name] }
try { $outcome = Invoke-ConnectivityDocker -Options $options }
catch { $module.FailJson($_.Exception.Message, $_) }
foreach ($warning in $outcome.warnings) { $module.Warn($warning) }
$module.Result.changed = $outcome.changes.Count -gt 0
foreach ($name in 'changes', 'restarts', 'said') { $module.Result[$name] = [string[]] @($outcome[$name]) }
$module.Result.diff = @($outcome.diff)
if ($outcome.errors.Count -gt 0) {
    $module.Result.errors = [string[]] @($outcome.errors)
    $module.FailJson($outcome.errors -join "`n")
}
$module.ExitJson()
