# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Others' rules in tables of nftables, read from nft's listings: their meaning from JSON, their words from text."""

from __future__ import annotations

import itertools
import re
import typing as t

from ..._plan.ports import bounds
from ..._plan.words import EGRESS, INGRESS
from ..._policy.contradictions import ANY_ADDRESS, Match, Place, addresses
from ..iptables.chains import ACCEPT, JUMP, REFUSE, RETURN, Step, place

Table = t.Tuple[str, str]
"""Family and name."""

_HOOKS = {"input": (INGRESS, False), "forward": (INGRESS, True), "output": (EGRESS, False)}
_ACTIONS = {"accept": ACCEPT, "drop": REFUSE, "reject": REFUSE, "return": RETURN, "jump": JUMP, "goto": JUMP}
_PEER = {INGRESS: "saddr", EGRESS: "daddr"}
_FAMILIES = {"ip": 4, "ip6": 6, "ipv4": 4, "ipv6": 6}
_INTERFACES = ("meta iif", "meta iifname", "meta oif", "meta oifname")
_PORTS: t.Mapping[str, t.Tuple[str, ...]] = {"tcp dport": ("tcp",), "udp dport": ("udp",), "th dport": (), "ct proto-dst": ()}
_WITHOUT_MEANING = ("counter", "log", "comment")
# iptables-nft keeps its tables there; what they say is read by iptables-save, which understands all of it.
_OF_IPTABLES = set(itertools.product(("ip", "ip6"), ("filter", "nat", "mangle", "raw", "security")))
# What engines and libvirt write for themselves counts on the ports of containers and guests.
_OF_ENGINES = set(itertools.product(("inet", "ip", "ip6"), ("docker-bridges", "netavark", "libvirt_network")))


def places(listed: t.Iterable[t.Mapping[str, t.Any]], text: str, managed: t.Collection[Table]) -> t.Iterator[Place]:
    """What others decide in each of their base chains.

    Args:
        listed: ``nft -j list ruleset``, the objects in "nftables".
        text: ``nft -a -s list ruleset``.
        managed: Tables that are not looked at: ours, and firewalld's.
    """
    passed_over = {*managed, *_OF_IPTABLES, *_OF_ENGINES}
    rules: t.Dict[Table, t.List[t.Mapping[str, t.Any]]] = {}
    sets: t.Dict[t.Tuple[str, str, str], t.Any] = {}
    beginnings = []
    for entry in listed:
        for kind, each in entry.items():
            table = (each.get("family", ""), each.get("table", ""))
            if table in passed_over or table[0] not in ("inet", "ip", "ip6"):
                continue
            if kind == "rule":
                rules.setdefault(table, []).append(each)
            elif kind == "set":
                sets[(*table, each["name"])] = each.get("elem", [])
            elif kind == "chain" and each.get("type") == "filter" and each.get("hook") in _HOOKS:
                beginnings.append((table, each))
    words = _words(text) if beginnings else {}
    for table, chain in beginnings:
        direction, forwarded = _HOOKS[chain["hook"]]
        reading = _Reading(table, direction, sets)
        steps = (
            (rule["chain"], reading.step(rule, words.get((*table, rule["handle"]), "handle %d" % rule["handle"])))
            for rule in rules.get(table, ())
        )
        yield place(steps, chain["name"], direction, forwarded)


def _words(text: str) -> t.Dict[t.Tuple[str, str, int], str]:
    """Each rule as nft writes it, by family, table and handle."""
    words, table = {}, ("", "")
    for line in text.splitlines():
        heading = re.match(r"table (\S+) (\S+) \{", line)
        rule = re.match(r"\t\t(.+) # handle (\d+)$", line)
        if heading:
            table = heading[1], heading[2]
        elif rule:
            words[(*table, int(rule[2]))] = rule[1]
    return words


class _Reading:
    """How the rules of a table read for one direction."""

    def __init__(self, table: Table, direction: str, sets: t.Mapping[t.Tuple[str, str, str], t.Any]) -> None:
        self._table, self._peer, self._sets = table, _PEER[direction], sets

    def step(self, rule: t.Mapping[str, t.Any], words: str) -> t.Optional[Step]:
        """A rule as far as it is about new connections from elsewhere; None where it is not, or decides nothing."""
        match = Match(peers=ANY_ADDRESS[_FAMILIES[self._table[0]]]) if self._table[0] in _FAMILIES else Match()
        for expression in rule.get("expr", ()):
            ((kind, content),) = expression.items()
            if kind in _ACTIONS:
                named = "nftables: '%s' in chain %s %s %s" % (words, *self._table, rule["chain"])
                return Step(named, match, _ACTIONS[kind], content["target"] if _ACTIONS[kind] == JUMP else "")
            if kind == "match":
                narrowed = self._narrowed(match, content)
                if narrowed is None:
                    return None
                match = narrowed
            elif kind not in _WITHOUT_MEANING:
                match = match._replace(certain=False)
        return None

    def _narrowed(self, match: Match, condition: t.Mapping[str, t.Any]) -> t.Optional[Match]:
        """The match with one more condition; None where no new connection from elsewhere meets it."""
        asked = _subject(condition["left"])
        values = self._values(condition["right"])
        if condition["op"] in ("==", "in") and None not in values:
            if asked == "ct state":
                return match if "new" in values else None
            if asked in _INTERFACES and values == ["lo"]:
                return None
            if asked in ("meta l4proto", "ip protocol", "ip6 nexthdr"):
                return match._replace(protocols=tuple(map(str, values)))
            if asked == "meta nfproto" and len(values) == 1 and values[0] in _FAMILIES:
                return match._replace(peers=ANY_ADDRESS[_FAMILIES[values[0]]])
            if asked in _PORTS:
                return match._replace(protocols=_PORTS[asked] or match.protocols, ports=tuple(sorted(map(bounds, map(str, values)))))
            if asked in ("ip " + self._peer, "ip6 " + self._peer):
                return match._replace(peers=addresses(values))
        return match._replace(certain=False)

    def _values(self, right: t.Any) -> t.List[t.Any]:
        """What a condition compares with: single values, ranges with a dash, networks with a slash; None for what is none of these."""
        if isinstance(right, str) and right.startswith("@"):
            right = self._sets.get((*self._table, right[1:]), [])
        if isinstance(right, dict):
            ((kind, content),) = right.items()
            if kind == "set":
                return self._values(content)
            if kind == "elem":
                return self._values(content["val"])
            if kind == "prefix":
                return ["%s/%s" % (content["addr"], content["len"])]
            return ["-".join(map(str, content))] if kind == "range" else [None]
        return [value for each in right for value in self._values(each)] if isinstance(right, list) else [right]


def _subject(left: t.Any) -> str:
    """What a condition looks at, in nft's words: "tcp dport", "ct state"; empty for anything composed."""
    ((kind, content),) = left.items() if isinstance(left, dict) and len(left) == 1 else (("", None),)
    if not isinstance(content, dict):
        return ""
    return "%s %s" % (content.get("protocol", kind), content.get("field") or content.get("key"))
