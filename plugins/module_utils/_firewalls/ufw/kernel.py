# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
"""What the kernel holds of ufw, read from ``iptables-save -t filter`` of one family."""

from __future__ import annotations

import ipaddress
import itertools
import re
import typing as t

from ..._host.port_names import spans
from ..._plan.protocols import known_as
from ..iptables.saved import Table, parse
from .rules import CHAIN, PREFIX, Place

# A rule that matches by nothing but source, protocol, port and state, and decides.
_PLAIN = re.compile(
    r"-A \S+(?: -s (\S+))?(?: -p tcp)?(?: -m (?:tcp|multiport|conntrack|state)| --dports? \S+| --(?:ct)?state \S+)*"
    r" -j (ACCEPT|DROP|REJECT)(?: --reject-with \S+)?$"
)


class Kernel:
    """The filter table of one family: the rules of each chain as iptables-save shows them."""

    def __init__(self, saved: str, family: int) -> None:
        self._prefix = PREFIX[family]
        read = parse(saved)
        self.incompatible = "filter" in read.incompatible
        filter_table = read.tables.get("filter", Table())
        self._chains: t.Dict[str, t.List[str]] = {name: [] for name in filter_table.chains}
        for chain, line in filter_table.rules:
            self._chains[chain].append(line)

    @property
    def loaded(self) -> bool:
        """Whether ufw is active, by the same sign as ``ufw status``."""
        return "%s-user-input" % self._prefix in self._chains

    @property
    def chains(self) -> t.Mapping[str, t.Sequence[str]]:
        """The rules of each chain, as iptables-save shows them."""
        return self._chains

    def unhooked(self) -> t.List[str]:
        """Jumps on the way to ufw's user chains that are missing: somebody flushed the chains they stood in."""
        jumps = []
        for builtin in ("input", "output"):
            before, user = "%s-before-%s" % (self._prefix, builtin), "%s-user-%s" % (self._prefix, builtin)
            jumps += [(builtin.upper(), before), (before, user)]
        return ["-A %s -j %s" % jump for jump in jumps if "-A %s -j %s" % jump not in self._chains.get(jump[0], ())]

    def accepts_established(self, direction: str) -> bool:
        """Whether packets of established connections pass before any user rule, as ufw's before.rules have it by default."""
        chain = self._chains.get("%s-before-%s" % (self._prefix, CHAIN[direction]), ())
        return any("ESTABLISHED" in line and line.endswith("-j ACCEPT") for line in chain)

    def accepted_before(self, protocol: str, ports: str) -> t.List[str]:
        """Rules that accept new connections to one of ``ports`` before any user rule is asked."""
        before, user = "%s-before-input" % self._prefix, "%s-user-input" % self._prefix
        return [
            line
            for chain, jump in (("INPUT", before), (before, user))
            for line in itertools.takewhile(lambda line, jump=jump: not line.endswith(" -j " + jump), self._chains.get(chain, ()))  # type: ignore[misc]
            if line.endswith(" -j ACCEPT") and _concerns(line, protocol, ports)
        ]

    def refused_before(self, client: str, port: int) -> t.List[str]:
        """The rule that refuses new TCP connections of a client to a port before any user rule is asked. Rules with other matches than
        source, protocol, port and state are passed over, as nobody can tell here whether they match."""
        before, user = "%s-before-input" % self._prefix, "%s-user-input" % self._prefix
        for chain, jump in (("INPUT", before), (before, user)):
            for line in itertools.takewhile(lambda line, jump=jump: not line.endswith(" -j " + jump), self._chains.get(chain, ())):  # type: ignore[misc]
                matched = _PLAIN.match(line)
                if matched and _concerns(line, "tcp", str(port)) and (not matched[1] or _is_in(client, matched[1])):
                    return [] if matched[2] == "ACCEPT" else [line]
        return []

    def deviations(self, place: Place, bans: t.Sequence[str] = ()) -> t.Tuple[t.List[str], t.List[str]]:
        """Where our rules are not in force as they should be, behind ``bans``: what is loaded in their place, and what should be."""
        loaded: t.List[str] = []
        wanted: t.List[str] = []
        for direction, builtin in CHAIN.items():
            chain = "%s-user-%s" % (self._prefix, builtin)
            before = sum(block.count("\n-A %s " % chain) for block in bans)
            lines = self._chains.get(chain, [])[before:]
            first = [rule.kernel_text() for rule in place.first if rule.direction == direction]
            last = [rule.kernel_text() for rule in place.last if rule.direction == direction]
            head, tail = lines[: len(first)], lines[len(first) :][-len(last) :] if last else []
            if (head, tail) != (first, last):
                loaded += head + tail
                wanted += first + last
        return loaded, wanted

    def restore_text(self, chains: t.Iterable[str]) -> str:
        """Input for ``iptables-restore -n`` that puts ``chains`` back as they are now."""
        known = [chain for chain in chains if chain in self._chains]
        lines = ["*filter", *(":%s - [0:0]" % chain for chain in known)]
        lines += [line for chain in known for line in self._chains[chain]]
        return "\n".join([*lines, "COMMIT", ""])


def _is_in(client: str, network: str) -> bool:
    """Whether a client is in a network; nobody is in one with a mask that is not a prefix length."""
    if not (network.partition("/")[2] or "0").isdigit():
        return False
    try:
        return ipaddress.ip_address(client) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _concerns(line: str, protocol: str, ports: str) -> bool:
    """Whether a rule may match a new connection from elsewhere to one of ``ports``."""
    states = re.search(r"--(?:ct)?state (\S+)", line)
    if " -i lo " in line or (states and "NEW" not in states.group(1)):
        return False
    protocols = re.search(r" -p (\S+)", line)
    if protocols and known_as(protocols.group(1)) != protocol:
        return False
    theirs = re.search(r"--dports? (\S+)", line)
    try:
        return not theirs or any(low <= last and first <= high for low, high in _spans(ports) for first, last in _spans(theirs.group(1)))
    except ValueError:  # no port that is known here
        return False


def _spans(ports: str) -> t.Tuple[t.Tuple[int, int], ...]:
    return spans(ports.split(","))
