#!powershell

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# tls_handshake_info.py on Windows, where Ansible takes this file instead: the same options and results.
#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsTls
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsHandshake

$spec = @{
    options = @{
        endpoints = @{
            type = 'list'; elements = 'dict'; required = $true
            options = @{
                destination = @{ type = 'str'; required = $true }
                port = @{ type = 'int'; required = $true }
                server_name = @{ type = 'str'; default = '' }
                alpn = @{ type = 'list'; elements = 'str'; default = @() }
                own = @{ type = 'bool'; default = $false }
            }
        }
        token = @{ type = 'str'; default = ''; no_log = $false }
        timeout = @{ type = 'float'; default = 5 }
        seconds = @{ type = 'float'; default = 60 }
        parallel = @{ type = 'int'; default = 32 }
        wanted = @{ type = 'bool'; default = $true } # for the action plugin: false asks the host nothing
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$given = $module.Params
$wrong = @(
    foreach ($name in 'timeout', 'seconds') { if (-not ($given[$name] -gt 0)) { "$name is $($given[$name]); give seconds above 0" } }
    if ($given.parallel -lt 1) { "parallel is $($given.parallel); give 1 or more" }
    foreach ($one in $given.endpoints) { if ($one.port -lt 1 -or $one.port -gt 65535) { "port $($one.port) is not valid: give 1 to 65535" } }
)
if ($wrong.Count -gt 0) { $module.FailJson($wrong -join '; ') }
try {
    $handshakes = @(Get-ConnectivityHandshake -Endpoints @($given.endpoints) -Timeout $given.timeout -Seconds $given.seconds -Parallel $given.parallel)
}
catch { $module.FailJson("the handshakes could not be made: $($_.Exception.Message)", $_) }
$module.Result.token = $given.token
$module.Result.handshakes = [object[]] $handshakes
$module.ExitJson()
