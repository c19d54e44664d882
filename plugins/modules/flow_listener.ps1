#!powershell

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# flow_listener.py on Windows, where Ansible takes this file instead: the same options and results.
#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsProbe
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsListener

$spec = @{
    options = @{
        state = @{ type = 'str'; choices = 'started', 'stopped'; default = 'started' }
        ports = @{
            type = 'list'; elements = 'dict'; default = @()
            options = @{
                protocol = @{ type = 'str'; choices = 'tcp', 'udp'; required = $true }
                port = @{ type = 'int'; required = $true }
            }
        }
        name = @{ type = 'str' }
        token = @{ type = 'str'; no_log = $false }
        seconds = @{ type = 'int'; default = 120 }
        wanted = @{ type = 'bool'; default = $true } # for the action plugin: false asks the host nothing
    }
    required_if = @(, @('state', 'started', @('name', 'token')))
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$given = $module.Params
if ($given.state -eq 'stopped') {
    if ($module.CheckMode) { $module.ExitJson() }
    try { $module.Result.listener = Stop-ConnectivityListener }
    catch { $module.FailJson("the listener could not be stopped: $($_.Exception.Message)", $_) }
    $module.Result.changed = $module.Result.listener -eq 'stopped'
    $module.ExitJson()
}
if ($given.token -cnotmatch '^[!-~]{1,64}\z') { $module.FailJson("token '$($given.token)': give 1 to 64 printable ASCII characters") }
$wrong = @(
    foreach ($one in $given.ports) { if ($one.port -lt 1 -or $one.port -gt 65535) { "port $($one.port) is not valid: give 1 to 65535" } }
    if ($given.seconds -lt 1) { "seconds is $($given.seconds); give 1 or more" }
)
if ($wrong.Count -gt 0) { $module.FailJson($wrong -join '; ') }
$ports = @()
try {
    if ($module.CheckMode) { $ports = @(Get-ConnectivityPortState -Ports @($given.ports)) }
    else { $ports = @(Start-ConnectivityListener -Ports @($given.ports) -Name $given.name -Token $given.token -Seconds $given.seconds) }
}
catch { $module.FailJson("the listener could not be started: $($_.Exception.Message)", $_) }
$module.Result.changed = $ports.Count -gt 0 -and -not $module.CheckMode
$module.Result.token = $given.token
$module.Result.ports = [object[]] $ports
$module.ExitJson()
