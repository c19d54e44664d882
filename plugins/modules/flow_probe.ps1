#!powershell

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# flow_probe.py on Windows, where Ansible takes this file instead: the same options and results.
#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsProbe

$spec = @{
    options = @{
        probes = @{
            type = 'list'; elements = 'dict'; required = $true
            options = @{
                protocol = @{ type = 'str'; choices = 'tcp', 'udp'; required = $true }
                destination = @{ type = 'str'; required = $true }
                port = @{ type = 'int'; required = $true }
            }
        }
        token = @{ type = 'str'; required = $true; no_log = $false }
        timeout = @{ type = 'float'; default = 3 }
        retries = @{ type = 'int'; default = 1 }
        parallel = @{ type = 'int'; default = 64 }
        wanted = @{ type = 'bool'; default = $true } # for the action plugin: false asks the host nothing
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$given = $module.Params
$wrong = @(
    if (-not ($given.timeout -gt 0)) { "timeout is $($given.timeout); give seconds above 0" }
    if ($given.retries -lt 0) { "retries is $($given.retries); give 0 or more" }
    if ($given.parallel -lt 1) { "parallel is $($given.parallel); give 1 or more" }
    foreach ($one in $given.probes) { if ($one.port -lt 1 -or $one.port -gt 65535) { "port $($one.port) is not valid: give 1 to 65535" } }
)
if ($wrong.Count -gt 0) { $module.FailJson($wrong -join '; ') }
try {
    $outcomes = @(Invoke-ConnectivityProbe -Probes @($given.probes) -Token $given.token -Timeout $given.timeout -Retries $given.retries -Parallel $given.parallel)
}
catch { $module.FailJson("the connections could not be tried: $($_.Exception.Message)", $_) }
$module.Result.token = $given.token
$module.Result.outcomes = [object[]] $outcomes
$module.ExitJson()
