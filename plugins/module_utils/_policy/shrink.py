# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a policy would take away, compared with the one in force, and whether that is too much to go unasked.

Peers are counted for each direction and each family by themselves, so that many addresses of one family do not hide those of the other:

- one by one: a network of more than eight addresses is one peer, and each address of smaller ones is one, because address sets merge
  neighbours. A peer is gone where the new policy does not cover all of it. A wider network that was there before, such as the whole
  Internet, does not count as cover: it would hide that partners are gone.
- as addresses. They are counted together, so that a wide network counts as much as it covers.
- host names, each as one.

Two things may go unasked, because they are meant to go: what is open for an installation alone, and that everybody is a peer (0.0.0.0/0
and ::/0).
"""

from __future__ import annotations

import bisect
import ipaddress
import typing as t

from .._plan.words import INGRESS
from .model import FAMILIES, AddressSet, Policy, Rule

SHARE = 0.3333333333333333
LEAST = 3
SHOWN = 10
_SINGLE = 8
_EXACT = 1e-9  # a share that a user writes in decimals still means a third

_BEYOND = 1 << 128

Peers = t.Dict[str, t.List[str]]
"""Direction and kind ("ingress IPv4", "egress names") -> networks or names, sorted, each once."""


class Holding(t.NamedTuple):
    """What a policy opens: rule id -> the rule in words, and whether it has peers; and all its peers."""

    rules: t.Dict[str, t.Tuple[str, bool]]
    peers: Peers

    def to_data(self) -> t.Dict[str, t.Any]:
        return {"rules": {id: list(rule) for id, rule in self.rules.items()}, "peers": self.peers}

    @classmethod
    def from_data(cls, data: t.Mapping[str, t.Any]) -> Holding:
        """Read it back. Raises ValueError, KeyError, TypeError or AttributeError where it is damaged."""
        rules = {str(id): (str(words), bool(peers)) for id, (words, peers) in data["rules"].items()}
        peers = {str(kind): [str(one) for one in ones] for kind, ones in data["peers"].items()}
        for kind, ones in peers.items():
            if not kind.endswith(_NAMES):
                _networks(ones)
        return cls(rules, peers)


_NAMES = " names"


def holding(policy: Policy, names: t.Collection[str], passing: t.Collection[str] = ()) -> Holding:
    """What a policy opens.

    Args:
        policy: The policy.
        names: The host names among its sets: they count as names, whatever addresses they have now.
        passing: The ids of rules that are there for an installation alone: they do not count.
    """
    peers: t.Dict[str, t.Set[str]] = {}
    lasting = [rule for rule in policy.rules if rule.id not in passing]
    for rule in lasting:
        for one in rule.peers:
            if one.name in names:
                peers.setdefault(rule.direction + _NAMES, set()).add(one.name)
                continue
            for family in FAMILIES:
                if not one.is_any(family):
                    peers.setdefault("%s IPv%d" % (rule.direction, family), set()).update(one.of_family(family))
    return Holding(
        {rule.id: (_words(rule), any(_opens(one, names) for one in rule.peers)) for rule in lasting},
        {kind: sorted(ones) for kind, ones in sorted(peers.items()) if ones},
    )


def too_much(before: Holding, after: Holding, share: float = SHARE, least: int = LEAST) -> t.List[str]:
    """What would go, in words, where that is all, or more than a share and at least some number; empty where it is less.

    Args:
        before: What is in force.
        after: What would be.
        share: The share that may go, from 0 to 1.
        least: How many must go for the share to matter.
    """
    said = []
    rules = [id for id in before.rules if _is_gone(id, before, after)]
    if is_excessive(len(rules), len(before.rules), share, least) or (rules and len(rules) == len(before.rules)):
        said.append("%d of %d rules: %s" % (len(rules), len(before.rules), some_of([before.rules[id][0] for id in rules])))
    compared = {kind: _compare(kind, ones, after.peers.get(kind, [])) for kind, ones in before.peers.items()}
    everything = bool(compared) and all(one.lost == one.covered for one in compared.values())
    for kind, one in compared.items():
        many = is_excessive(len(one.gone), one.total, share, least) or is_excessive(one.lost, one.covered, share, least)
        if one.gone and (everything or many):
            said.append("%d of %d peers (%s): %s" % (len(one.gone), one.total, kind, some_of(one.gone)))
    return said


class _Compared(t.NamedTuple):
    """The peers of one kind: which are gone, how many there were, and how many addresses were lost and covered."""

    gone: t.List[str]
    total: int
    lost: int
    covered: int


def is_excessive(gone: int, count: int, share: float, least: int) -> bool:
    """Whether more than a share of things is gone, and at least some number of them."""
    return gone >= least and gone > 0 and gone / count > share + _EXACT


def _is_gone(id: str, before: Holding, after: Holding) -> bool:
    """Whether a rule is not there, or nobody may use it any longer."""
    return id not in after.rules or (before.rules[id][1] and not after.rules[id][1])


def _compare(kind: str, before: t.Sequence[str], after: t.Sequence[str]) -> _Compared:
    if kind.endswith(_NAMES):
        gone = [name for name in before if name not in after]
        return _Compared(gone, len(before), len(gone), len(before))
    known = set(before)
    new = [(one, str(one) in known) for one in _networks(after)]
    covers: t.Dict[int, t.List[t.Tuple[int, int]]] = {}
    gone, count = [], 0
    for network in _networks(before):
        length = network.prefixlen
        if length not in covers:  # a network that was there before covers nothing that is narrower
            covers[length] = _ranges(one for one, was_there in new if not was_there or one.prefixlen >= length)
        for one in network if network.num_addresses <= _SINGLE else (network,):
            count += 1
            start, end = (int(one[0]), int(one[-1])) if one is network else (int(one), int(one))
            if not _covered(start, end, covers[length]):
                gone.append(str(one))
    lost, covered = _addresses_lost(before, after)
    return _Compared(gone, count, lost, covered)


def _covered(start: int, end: int, ranges: t.Sequence[t.Tuple[int, int]]) -> bool:
    place = bisect.bisect_right(ranges, (start, _BEYOND)) - 1
    return place >= 0 and ranges[place][1] >= end


def _addresses_lost(before: t.Sequence[str], after: t.Sequence[str]) -> t.Tuple[int, int]:
    """How many addresses are no longer covered, and how many were."""
    old, new = _ranges(_networks(before)), _ranges(_networks(after))
    common, place = 0, 0
    for start, end in old:
        while place < len(new) and new[place][1] < start:
            place += 1
        ahead = place
        while ahead < len(new) and new[ahead][0] <= end:
            common += min(end, new[ahead][1]) - max(start, new[ahead][0]) + 1
            ahead += 1
    count = sum(end - start + 1 for start, end in old)
    return count - common, count


def _ranges(networks: t.Iterable[t.Any]) -> t.List[t.Tuple[int, int]]:
    """First and last addresses of networks, merged and in ascending order."""
    return [(int(one[0]), int(one[-1])) for one in ipaddress.collapse_addresses(networks)]


def _networks(texts: t.Iterable[str]) -> t.List[t.Any]:
    return [ipaddress.ip_network(text) for text in texts]


def _opens(peers: AddressSet, names: t.Collection[str]) -> bool:
    return peers.name in names or bool(peers.ipv4 or peers.ipv6)


def _words(rule: Rule) -> str:
    return "%s (%s %s %s)" % (
        rule.id,
        rule.direction,
        " ".join(filter(None, (rule.protocol, ",".join((*rule.ports, *rule.types))))),
        ("from " if rule.direction == INGRESS else "to ") + (", ".join(one.name for one in rule.peers) or "nobody"),
    )


def some_of(words: t.Sequence[str]) -> str:
    """A list in a message; the end of a long one is only counted."""
    more = len(words) - SHOWN
    return ", ".join(words[:SHOWN]) + (" and %d more" % more if more > 0 else "")
