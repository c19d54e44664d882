#!powershell

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# listening_info.py on Windows, where Ansible takes this file instead: the same options and results.
#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsProbe
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsListener

$spec = @{
    options = @{
        ports = @{
            type = 'list'; elements = 'dict'; required = $true
            options = @{
                protocol = @{ type = 'str'; choices = 'tcp', 'udp'; required = $true }
                ports = @{ type = 'list'; elements = 'str'; required = $true }
                container_ports = @{ type = 'list'; elements = 'str'; default = @() }
            }
        }
        wanted = @{ type = 'bool'; default = $true } # for the action plugin: false asks the host nothing
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$wanted = New-Object 'System.Collections.Generic.HashSet[string]'
$inside = $false
foreach ($entry in $module.Params.ports) {
    foreach ($text in @($entry.ports) + @($entry.container_ports)) {
        $low, $high = 0, 0
        if ($text -cmatch '^([0-9]{1,5})(-([0-9]{1,5}))?\z') {
            $low = [int] $Matches[1]
            $high = if ($Matches.Count -gt 2) { [int] $Matches[3] } else { $low }
        }
        if ($low -lt 1 -or $high -gt 65535 -or $high -lt $low) {
            $module.FailJson("'$text' is not a valid port: give a number from 1 to 65535, or a range such as 8000-8010")
        }
        if ($text -in $entry.ports) { for ($port = $low; $port -le $high; $port++) { $null = $wanted.Add("$($entry.protocol) $port") } }
    }
    if (@($entry.container_ports).Count -gt 0) { $inside = $true }
}
try { $module.Result.sockets = [object[]] @(Get-ConnectivitySocket -Wanted $wanted) }
catch { $module.FailJson("the sockets could not be read: $($_.Exception.Message)", $_) }
if ($inside) { $module.Warn('published ports of containers are not looked up on Windows; see in Docker Desktop which addresses they have') }
$module.Result.published = [object[]] @()
$module.ExitJson()
