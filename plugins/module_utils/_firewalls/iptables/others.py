# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Others' rules in the filter table of iptables or ip6tables, read from what iptables-save prints."""

from __future__ import annotations

import re
import typing as t

from ..._host.port_names import spans
from ..._plan.words import EGRESS, INGRESS
from ..._policy.contradictions import ANY_ADDRESS, Match, Place, addresses
from .chains import ACCEPT, JUMP, REFUSE, RETURN, Step, place
from .saved import Options, Table, options
from .unread import UNREADABLE, Unread

IPTABLES = {4: "iptables", 6: "ip6tables"}
# Where packets are decided about, in which direction, and whether only forwarded ones come there: Docker's chain for administrators.
_BEGINNINGS = (("INPUT", INGRESS, False), ("OUTPUT", EGRESS, False), ("DOCKER-USER", INGRESS, True))
_ACTIONS = {"ACCEPT": ACCEPT, "DROP": REFUSE, "REJECT": REFUSE, "RETURN": RETURN}
_PEER = {INGRESS: "-s", EGRESS: "-d"}
_PORTS = ("--dport", "--dports", "--ctorigdstport")
_WITHOUT_MEANING = {"-m", "--comment", "--reject-with", "-j", "-g"}
_UFW = re.compile(r"ufw6?-user-(input|output)\Z")
_OF_UFW = re.compile(r"ufw6?-")
_BEHIND_UFW = "ours prevails, as ufw's chains are asked first: to refuse them, take them out of the plan, or insert the rule at the head"


def places(table: Table, family: int, unread: Unread) -> t.Iterator[Place]:
    """What others decide, before the chains that ufw has for users' rules, ours among them, and behind them."""
    ours = {name for name in table.chains if _UFW.match(name)}
    rules = [(chain, line) for chain, line in table.rules if chain not in ours]  # ours may be many thousands, and nobody follows them
    for beginning, direction, forwarded in _BEGINNINGS:
        steps = [(chain, step(line, family, direction, table.chains, unread)) for chain, line in rules]
        before = place(steps, beginning, direction, forwarded, ours, unread, IPTABLES[family])
        yield before
        if ours and not forwarded:
            behind_ufw = [each for each in steps if not _OF_UFW.match(each[0])]
            beside = place(behind_ufw, beginning, direction, forwarded, (), unread, IPTABLES[family])
            known = set(before.verdicts)
            yield beside._replace(verdicts=[verdict for verdict in beside.verdicts if verdict not in known], refusal=_BEHIND_UFW)


def refusing(table: Table, family: int) -> t.Dict[str, str]:
    """For each direction in which packets of the host itself are refused by default, the chain that does it, in words."""
    found = {}
    for chain, direction, forwarded in _BEGINNINGS:
        rules = [options(line) for name, line in table.rules if name == chain]
        always = [_ACTIONS.get(given.get("-j", "")) if not given.keys() - _WITHOUT_MEANING else None for given in rules]
        at_the_end = always[-1:] == [REFUSE] or chain in table.dropping
        if not forwarded and at_the_end and ACCEPT not in always:
            found[direction] = "%s chain %s" % (IPTABLES[family], chain)
    return found


def step(line: str, family: int, direction: str, chains: t.Collection[str], unread: Unread) -> t.Optional[Step]:
    """A rule as far as it is about new connections from elsewhere; None where it is not, or decides nothing."""
    given = options(line)
    target = given.get("-j") or given.get("-g") or ""
    states = given.pop("--ctstate", "") or given.pop("--state", "") or "NEW"
    if given.get("-i") == "lo" or given.get("-o") == "lo" or "NEW" not in states.split(","):
        return None
    words = "%s: '%s'" % (IPTABLES[family], line)
    if target in _ACTIONS:
        return Step(words, _match(line, given, family, direction, unread), _ACTIONS[target])
    return Step(words, _match(line, given, family, direction, unread), JUMP, target) if target in chains else None


def _match(line: str, given: Options, family: int, direction: str, unread: Unread) -> Match:
    """What a rule asks of a packet; what cannot be read makes it uncertain."""
    ports = [given.pop(name) for name in _PORTS if name in given]
    peer, protocol = given.pop(_PEER[direction], ""), given.pop("-p", "")
    match = Match((protocol,) if protocol else ())
    certain = len(ports) < 2 and not given.keys() - _WITHOUT_MEANING
    try:
        match = match._replace(peers=addresses([peer]) if peer else ANY_ADDRESS[family])
    except UNREADABLE:  # a mask with holes, "-s 10.0.0.1/255.0.255.0", is understood, but no network
        match, certain = match._replace(peers=ANY_ADDRESS[family]), False
    try:
        match = match._replace(ports=spans(ports[0].split(","))) if ports else match
    except UNREADABLE:
        unread.rule(IPTABLES[family], line)
        certain = False
    return match._replace(certain=certain)
