# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Others' rules in tables of nftables, read from nft's listings: their meaning from JSON, their words from text."""

from __future__ import annotations

import itertools
import typing as t

from ..._host.port_names import spans
from ..._plan.protocols import known_as
from ..._plan.words import EGRESS, INGRESS
from ..._policy.contradictions import ANY_ADDRESS, Match, Place, addresses
from ..iptables.chains import ACCEPT, JUMP, REFUSE, RETURN, Step, place
from ..iptables.unread import UNREADABLE, Unread
from .listing import Entry, Listing, Table, name_of

_HOOKS = {"input": (INGRESS, False), "forward": (INGRESS, True), "output": (EGRESS, False)}
_ACTIONS = {"accept": ACCEPT, "drop": REFUSE, "reject": REFUSE, "return": RETURN, "jump": JUMP, "goto": JUMP}
_PEER = {INGRESS: "saddr", EGRESS: "daddr"}
_FAMILIES = {"ip": 4, "ip6": 6, "ipv4": 4, "ipv6": 6}
_INTERFACES = ("meta iif", "meta iifname", "meta oif", "meta oifname")
_PORTS: t.Mapping[str, t.Tuple[str, ...]] = {
    "tcp dport": ("tcp",),
    "udp dport": ("udp",),
    "sctp dport": ("sctp",),
    "th dport": (),
    "ct proto-dst": (),
}
_WITHOUT_MEANING = ("counter", "log", "comment")
# What engines and libvirt write for themselves counts on the ports of containers and guests.
_OF_ENGINES = set(itertools.product(("inet", "ip", "ip6"), ("docker-bridges", "netavark", "libvirt_network")))
_OF_HOSTS = ("inet", "ip", "ip6")


def places(listing: Listing, managed: t.Collection[Table], unread: Unread) -> t.Iterator[Place]:
    """What others decide in each of their base chains; tables that are dormant decide nothing.

    Args:
        listing: What nft lists.
        managed: Tables that are not looked at: ours, firewalld's, and those that iptables-save shows.
        unread: Told of what cannot be read.
    """
    passed_over = {*managed, *_OF_ENGINES, *listing.dormant}
    for chain in listing.chains:
        table = chain.table
        if table in passed_over or table[0] not in _OF_HOSTS or not _filters(chain.content):
            continue
        direction, forwarded = _HOOKS[chain.content["hook"]]
        reading = _Reading(table, direction, listing, unread)
        yield place(reading.steps(), name_of(chain.content), direction, forwarded, (), unread, "nftables table %s %s" % table)


def refusing_by_default(listing: Listing, managed: t.Collection[Table]) -> t.List[str]:
    """The chains that drop what they do not accept, as "family table chain"."""
    return [
        "%s %s %s" % (*chain.table, name_of(chain.content))
        for chain in listing.chains
        if chain.table[0] in _OF_HOSTS
        and chain.table not in {*managed, *listing.dormant}
        and chain.content.get("policy") == "drop"
        and chain.content.get("hook") in ("input", "output")
    ]


def refusing(listing: Listing, managed: t.Collection[Table]) -> t.Dict[str, str]:
    """For each direction in which packets of the host itself are refused by default, the first chain that does it, in words."""
    found: t.Dict[str, str] = {}
    for chain in listing.chains:
        if chain.table in {*managed, *listing.dormant} or chain.table[0] not in _OF_HOSTS or not _filters(chain.content):
            continue
        direction, forwarded = _HOOKS[chain.content["hook"]]
        if not forwarded and (chain.content.get("policy") == "drop" or _refuses_at_the_end(chain, listing)):
            found.setdefault(direction, "nftables chain %s %s %s" % (*chain.table, name_of(chain.content)))
    return found


def _refuses_at_the_end(chain: Entry, listing: Listing) -> bool:
    """Whether the last rule of a chain refuses whatever comes there."""
    rules = [rule.content.get("expr") for rule in listing.rules.get(chain.table, ()) if rule.content.get("chain") == name_of(chain.content)]
    if not rules or not isinstance(rules[-1], list):
        return False
    kinds = [_only(each)[0] for each in rules[-1] if _only(each)[0] not in _WITHOUT_MEANING]
    return len(kinds) == 1 and _ACTIONS.get(kinds[0]) == REFUSE


def _filters(chain: t.Mapping[str, t.Any]) -> bool:
    return chain.get("type") == "filter" and isinstance(chain.get("hook"), str) and chain["hook"] in _HOOKS


class _Reading:
    """How the rules of a table read for one direction."""

    def __init__(self, table: Table, direction: str, listing: Listing, unread: Unread) -> None:
        self._table, self._peer, self._listing, self._unread = table, _PEER[direction], listing, unread

    def steps(self) -> t.Iterator[t.Tuple[str, t.Optional[Step]]]:
        """Each rule, with the name of its chain; a verdict map is a step for each of its elements."""
        for entry in self._listing.rules.get(self._table, ()):
            chain = entry.content.get("chain")
            if not isinstance(chain, str):
                continue
            try:
                found = list(self._steps(entry, chain))
            except UNREADABLE:
                self._unread.rule("nftables table %s %s" % self._table, self._listing.words(entry))
                found = []
            for step in found:
                yield chain, step

    def _steps(self, entry: Entry, chain: str) -> t.Iterator[Step]:
        """A rule as far as it is about new connections from elsewhere; nothing where it is not, or decides nothing."""
        match = Match(peers=ANY_ADDRESS[_FAMILIES[self._table[0]]]) if self._table[0] in _FAMILIES else Match()
        named = "nftables: '%s' in chain %s %s %s" % (self._listing.words(entry), *self._table, chain)
        for expression in entry.content.get("expr", ()):
            kind, content = _only(expression)
            if kind in _ACTIONS:
                yield Step(named, match, _ACTIONS[kind], str(content["target"]) if _ACTIONS[kind] == JUMP else "")
                return
            if kind == "vmap":
                yield from self._of_map(named, match, content)
            elif kind == "match":
                narrowed = self._narrowed(match, _subject(content["left"]), content["op"], content["right"])
                if narrowed is None:
                    return
                match = narrowed
            elif kind not in _WITHOUT_MEANING:
                match = match._replace(certain=False)

    def _of_map(self, named: str, match: Match, content: t.Mapping[str, t.Any]) -> t.Iterator[Step]:
        """What a verdict map decides for each of its elements; anything that is not an element goes on to the next rule."""
        for element in self._elements(content["data"]):
            key, verdict = element
            kind, target = _only(verdict)
            narrowed = self._narrowed(match, _subject(content["key"]), "==", key)
            if narrowed is not None and kind in _ACTIONS:
                yield Step(named, narrowed, _ACTIONS[kind], str(target["target"]) if _ACTIONS[kind] == JUMP else "")

    def _elements(self, data: t.Any) -> t.Iterable[t.Any]:
        if isinstance(data, str):
            return self._listing.elements((*self._table, data.lstrip("@")))
        return t.cast(t.Iterable[t.Any], data["set"])

    def _narrowed(self, match: Match, asked: str, operator: str, right: t.Any) -> t.Optional[Match]:
        """The match with one more condition; None where no new connection from elsewhere meets it."""
        values = self._values(right)
        if operator in ("==", "in") and None not in values:
            if asked == "ct state":
                return match if "new" in values else None
            if asked in _INTERFACES and values == ["lo"]:
                return None
            if asked in ("meta l4proto", "ip protocol", "ip6 nexthdr"):
                return match._replace(protocols=tuple(known_as(str(value)) for value in values))
            if asked == "meta nfproto" and len(values) == 1 and values[0] in _FAMILIES:
                return match._replace(peers=ANY_ADDRESS[_FAMILIES[values[0]]])
            if asked in _PORTS:
                return match._replace(protocols=_PORTS[asked] or match.protocols, ports=spans(map(str, values)))
            if asked in ("ip " + self._peer, "ip6 " + self._peer):
                return match._replace(peers=addresses(map(str, values)))
        return match._replace(certain=False)

    def _values(self, right: t.Any) -> t.List[t.Any]:
        """What a condition compares with: single values, ranges with a dash, networks with a slash; None for what is none of these."""
        if isinstance(right, str) and right.startswith("@"):
            return [value for each in self._listing.elements((*self._table, right[1:])) for value in self._values(each)]
        if isinstance(right, dict):
            kind, content = _only(right)
            if kind == "set":
                return self._values(content)
            if kind == "elem":
                return self._values(content["val"])
            if kind == "prefix":
                return ["%s/%s" % (content["addr"], content["len"])]
            return ["-".join(map(str, content))] if kind == "range" else [None]
        return [value for each in right for value in self._values(each)] if isinstance(right, list) else [right]


def _only(each: t.Any) -> t.Tuple[str, t.Any]:
    """Kind and content of an object with one member, as nft writes most of them; ("", None) for anything else."""
    return next(iter(each.items())) if isinstance(each, dict) and len(each) == 1 else ("", None)


def _subject(left: t.Any) -> str:
    """What a condition looks at, in nft's words: "tcp dport", "ct state"; empty for anything composed."""
    kind, content = _only(left)
    if not isinstance(content, dict):
        return ""
    return "%s %s" % (content.get("protocol", kind), content.get("field") or content.get("key"))
