# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# What this host reaches: all targets side by side, so that one that is silent keeps none of the others waiting.

#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsProbe

function Get-ConnectivityReach {
    # What has to answer before a change is kept, out of the single addresses of outbound rules: at most 64, some of each rule first.
    param([AllowEmptyCollection()] [hashtable[]] $Rules, [Parameter(Mandatory)] [ValidateSet('kept', 'all', 'none')] [string] $Which)
    if ($Which -eq 'none') { return }
    $lists = @(foreach ($rule in $Rules) {
            if ($rule.Direction -ne 'Outbound' -or $rule.Protocol -notin 'TCP', 'UDP') { continue }
            $ports = @($rule.RemotePort | Where-Object { $_ -match '^\d+$' -and ($rule.Protocol -eq 'TCP' -or $_ -eq '53') })
            $addresses = @($rule.RemoteAddress | Where-Object { $_ -match '^[0-9a-fA-F.:]+$' } | Select-Object -First 64)
            , @(foreach ($address in $addresses) { foreach ($port in $ports) { "$($rule.Protocol.ToLowerInvariant()) $address port $port [$($rule.DisplayName)]" } })
        })
    $targets = New-Object 'System.Collections.Generic.List[string]'
    for ($round = 0; $round -lt 64 -and $targets.Count -lt 64; $round++) {
        foreach ($list in $lists) { if ($list.Count -gt $round -and $targets.Count -lt 64) { $targets.Add($list[$round]) } }
    }
    if ($Which -eq 'all') { $targets } else { Select-ConnectivityReached -Targets $targets }
}

function Select-ConnectivityReached {
    # Those of the targets that answer, in the same order.
    param([AllowEmptyCollection()] [string[]] $Targets, [double] $Seconds = 2)
    $tries = @(foreach ($target in $Targets) {
            $protocol, $address, $null, $port, $null = $target.Split(' ', 5)
            @{ Target = $target; Address = $address; Port = [int] $port; Protocol = $protocol }
        })
    foreach ($one in Test-ConnectivityTarget -Tries $tries -Seconds $Seconds) { if ($one.Outcome -in 'open', 'refused') { $one.Target } }
}

function Test-ConnectivityTarget {
    # Asks all at once: a TCP handshake, or a question to a name server. Adds Outcome, as a probe has it, and Detail.
    param([AllowEmptyCollection()] [hashtable[]] $Tries, [double] $Seconds = 2)
    # RFC 1035 section 4.1: a header with one question, recursion desired; the root's name servers, class IN.
    $question = [byte[]] (0x66, 0x63, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1)
    $probes = @(foreach ($one in $Tries) { @{ protocol = $one.Protocol; destination = $one.Address; port = $one.Port } })
    $found = @(Invoke-ConnectivityProbe -Probes $probes -Token '-' -Timeout $Seconds -Retries 0 -Parallel ($probes.Count + 1) -Datagram $question -HandshakeOnly)
    for ($at = 0; $at -lt $found.Count; $at++) {
        $Tries[$at].Outcome, $Tries[$at].Detail = $found[$at].outcome, $found[$at].detail
        $Tries[$at]
    }
}
