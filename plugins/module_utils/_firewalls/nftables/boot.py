# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What loads our table at boot, without Python: a shell script that closes the plan's ports by iptables where nft cannot load it.

``MARK`` is there from such a boot on until the table is loaded after all. Its first line names the tools that closed the ports, one of
each family if all went well; what nft said follows.
"""

from __future__ import annotations

import typing as t

from ..._host.host import CONFIGURATION, SYSTEM_PATH, Host
from .emergency_rules import CLOSED, HOOKS

RULESET = CONFIGURATION + "/ruleset.nft"
EMERGENCY = {4: CONFIGURATION + "/emergency.ipv4", 6: CONFIGURATION + "/emergency.ipv6"}
LOAD = CONFIGURATION + "/load"
MARK = "/run/federated_connectivity.not_loaded"
HEADER = "# Made by federated.connectivity.firewall_policy; changes here are replaced by the next run.\n"

_LOADING, _CLOSING, _LIFTING = "load", "close", "lift"
_ALERT = "ALERT: "
_WORDS = 300  # characters of nft's that are passed on
_LOCK = "/run/federated_connectivity.xtables.lock"
_SCRIPT = (
    "#!/bin/sh\n"
    + HEADER
    + """# load: load the policy. Where nft cannot, close its ports by iptables, and fail.
# close: only close them; fail if a family stays open. lift: open them again.
PATH={path}
LC_ALL=C.UTF-8
export PATH LC_ALL
umask 077

# A tool of iptables on table mangle; a lock that others hold (exit status 4) is waited for once, and then left aside.
mangle() {{
    "$tool" -w 5 -t mangle "$@" && return
    [ $? = 4 ] || return
    XTABLES_LOCKFILE={lock}
    export XTABLES_LOCKFILE
    "$tool" -w 5 -t mangle "$@"
}}

# The mark stays where a chain stays, so that the next run tries again.
lift() {{
    [ -e {mark} ] || return 0
    left=
    for tool in $(head -n 1 {mark}); do
        for hook in {hooks}; do
            while mangle -D "${{hook%:*}}" -j "${{hook#*:}}"; do :; done
        done
        for chain in {chains}; do
            mangle -F $chain
            mangle -X $chain
            if mangle -S $chain >/dev/null; then left="$left $tool:$chain"; fi
        done
    done 2>/dev/null
    if [ -n "$left" ]; then
        echo "iptables cannot remove$left" >&2
    else
        rm -f {mark}
    fi
}}

# $1: tool, $2: rules. The lock of iptables is waited for, and then left aside.
restore() {{
    command -v "$1-restore" >/dev/null || return 1
    "$1-restore" -w 5 --noflush < "$2" || XTABLES_LOCKFILE={lock} "$1-restore" -w 5 --noflush < "$2"
}}

# $1: what nft said.
close() {{
    lift
    tools=
    open=
    for tool in iptables iptables-legacy iptables-nft; do
        restore $tool {ipv4} && tools=$tool && break
    done
    [ -n "$tools" ] || open=" IPv4"
    closed=$tools
    for tool in ip6tables ip6tables-legacy ip6tables-nft; do
        restore $tool {ipv6} && tools="$tools $tool" && break
    done
    [ "$tools" != "$closed" ] || open="${{open:+$open and}} IPv6"
    printf '%s\\n' "$tools" "$1" > {mark}
    [ -z "$tools" ] || echo "closed by: $tools" >&2
    [ -z "$open" ] || echo "{alert}the ports of the plan are OPEN to everybody on$open; iptables-restore is missing or failed" >&2
    [ -z "$open" ]
}}

case $1 in
{loading})
    if said=$(nft -f {ruleset} 2>&1); then
        lift
        exit 0
    fi
    echo "nft cannot load {ruleset}: $said" >&2
    close "$said"
    exit 1
    ;;
{closing}) close "$2" ;;
{lifting}) lift ;;
esac
"""
)
SCRIPT = _SCRIPT.format(
    path=SYSTEM_PATH,
    mark=MARK,
    hooks=" ".join("%s:%s" % hook for hook in HOOKS),
    chains=" ".join((*(chain for _hook, chain in HOOKS if chain != CLOSED), CLOSED)),
    lock=_LOCK,
    ipv4=EMERGENCY[4],
    ipv6=EMERGENCY[6],
    ruleset=RULESET,
    loading=_LOADING,
    closing=_CLOSING,
    lifting=_LIFTING,
    alert=_ALERT,
)
COMMAND = "/bin/sh %s %s" % (LOAD, _LOADING)


class NotLoaded(t.NamedTuple):
    """A boot at which nft could not load the policy: ``tools`` have closed its ports; ``words`` are nft's."""

    tools: t.Tuple[str, ...]
    words: str

    def __str__(self) -> str:
        start = "nft could not load %s when this host started (%s), so the policy has not been in force since" % (RULESET, self.words)
        if len(self.tools) == len(EMERGENCY):
            return start + (
                "; until it is loaded, iptables keeps closed what the policy closes, to everybody but the peers of the plan and management"
            )
        families = (("IPv4", "iptables"), ("IPv6", "ip6tables"))
        missing = [name for name, tool in families if not any(used.startswith(tool) for used in self.tools)]
        return start + "; iptables could not close the ports of the plan either, which are OPEN to everybody on %s" % " and ".join(missing)


def not_loaded(host: Host) -> t.Optional[NotLoaded]:
    """What went wrong when the host started; None where the policy was loaded then, or has been since."""
    content = host.read_own(MARK)
    if content is None:
        return None
    tools, _end, said = content.decode(errors="replace").partition("\n")
    words = " ".join(said.split())[:_WORDS]
    return NotLoaded(tuple(tools.split()), "".join(c if c.isprintable() else "?" for c in words) or "it said nothing")


def lift(host: Host) -> None:
    """Open again what was closed because nft could not load the policy, if anything was."""
    if host.read_own(MARK) is not None:
        host.run(["sh", "-s", _LIFTING], input=SCRIPT)


def close(host: Host, words: str) -> t.List[str]:
    """Close the ports of the plan by iptables, as at a boot without nft. Returns what stays open, in words."""
    done = host.run(["sh", "-s", _CLOSING, words], input=SCRIPT, check=False)
    if done.rc == 0:
        return []
    alerts = [line for line in done.stderr.splitlines() if line.startswith(_ALERT)]
    return alerts or ["the ports of the plan could not be closed: %s" % (done.stderr or done.stdout).strip()]
