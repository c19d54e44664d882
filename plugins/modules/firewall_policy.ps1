#!powershell

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# firewall_policy.py on Windows, where Ansible takes this file instead: the same options and results.
#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewall

$spec = @{
    options = @{
        plan = @{ type = 'path' }
        policy = @{ type = 'dict' } # the action plugin has translated it: rules in the words of Windows
        backend = @{ type = 'str'; choices = 'auto', 'nftables', 'ufw', 'firewalld', 'windows'; default = 'auto' }
        state = @{ type = 'str'; choices = 'present', 'absent'; default = 'present' }
        container_interfaces = @{ type = 'list'; elements = 'str'; default = 'docker0', 'docker_gwbridge', 'br-*', 'podman*', 'cni-podman*' }
        confirm_timeout = @{ type = 'int'; default = 60 }
        confirm_egress = @{ type = 'str'; choices = 'kept', 'all', 'none'; default = 'kept' }
        private_answers = @{ type = 'list'; elements = 'str'; default = @() }
        look_up_names = @{ type = 'bool'; default = $true }
        allow_shrink = @{ type = 'bool'; default = $false }
        shrink_share = @{ type = 'float'; default = 0.3333333333333333 }
        shrink_least = @{ type = 'int'; default = 3 }
        wanted = @{ type = 'bool'; default = $true } # for the action plugin: false asks the host nothing
        show_diff = @{ type = 'bool'; default = $true } # for the action plugin
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$removal = $module.Params.state -eq 'absent'
if ($module.Params.backend -notin 'auto', 'windows') { $module.FailJson("backend $($module.Params.backend) is a firewall of Linux; give auto or windows for a Windows host") }
if ($module.Params.confirm_timeout -lt 0) { $module.FailJson("confirm_timeout is $($module.Params.confirm_timeout); give seconds, or 0 to turn it off") }
if ($module.Params.shrink_share -lt 0 -or $module.Params.shrink_share -gt 1) { $module.FailJson("shrink_share is $($module.Params.shrink_share); give a share from 0 to 1, such as 0.5") }
if ($module.Params.shrink_least -lt 1) { $module.FailJson("shrink_least is $($module.Params.shrink_least); give 1 or more") }
if (-not $removal -and ($null -eq $module.Params.policy -or -not $module.Params.policy.ContainsKey('management_port'))) { $module.FailJson('plan or policy is required with state=present; the action plugin of the same name reads them') }

$given = if ($removal) { @{} } else { $module.Params.policy }
$port = 0
if (-not $removal -and $given['management_port']) { $port = [int] $given['management_port'] }
$options = @{
    check_mode = $module.CheckMode; removal = $removal; allow_shrink = $module.Params.allow_shrink; shrink_share = $module.Params.shrink_share
    shrink_least = $module.Params.shrink_least; management_port = $port; seconds = $module.Params.confirm_timeout; confirm_egress = $module.Params.confirm_egress
    private_answers = [string[]] @($module.Params.private_answers | Where-Object { $_ }); look_up_names = $module.Params.look_up_names
}
try { $outcome = Invoke-ConnectivityPolicy -Given $given -Options $options }
catch { $module.FailJson("the firewall could not be read or changed: $($_.Exception.Message)", $_) }
foreach ($warning in @($outcome.names) + @($outcome.warnings)) { $module.Warn($warning) }
if ($outcome.errors.Count -gt 0) {
    $module.Result.errors = [string[]] $outcome.errors
    $module.FailJson($outcome.errors -join "`n")
}
$module.Result.changed = $outcome.changed
$module.Result.changes = [string[]] $outcome.changes
if (-not $removal) { $module.Result.backend = 'windows' }
if ($outcome.ContainsKey('on_trial')) { $module.Result.on_trial = $outcome.on_trial }
$places = $outcome.changes -join ', '
$module.Diff.before = $outcome.before
$module.Diff.after = $outcome.after
$module.Diff.before_header = "before: $places"
$module.Diff.after_header = "after: $places"
$module.ExitJson()
