# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Others' rules in the filter table of iptables or ip6tables, read from what iptables-save prints."""

from __future__ import annotations

import re
import shlex
import typing as t

from ..._plan.ports import bounds
from ..._plan.words import EGRESS, INGRESS
from ..._policy.contradictions import ANY_ADDRESS, Match, Place, addresses
from .chains import ACCEPT, JUMP, REFUSE, RETURN, Step, place

IPTABLES = {4: "iptables", 6: "ip6tables"}
# Where packets are decided about, in which direction, and whether only forwarded ones come there: Docker's chain for administrators.
_BEGINNINGS = (("INPUT", INGRESS, False), ("OUTPUT", EGRESS, False), ("DOCKER-USER", INGRESS, True))
_ACTIONS = {"ACCEPT": ACCEPT, "DROP": REFUSE, "REJECT": REFUSE, "RETURN": RETURN}
_PEER = {INGRESS: "-s", EGRESS: "-d"}
_WITHOUT_MEANING = ("-m", "--comment", "--reject-with", "-j", "-g")
_UFW = re.compile(r"ufw6?-user-(input|output)\Z")
_OF_UFW = re.compile(r"ufw6?-")
_BEHIND_UFW = "ours prevails, as ufw's chains are asked first: to refuse them, take them out of the plan, or insert the rule at the head"


def places(saved: str, family: int) -> t.Iterator[Place]:
    """What others decide, before the chains that ufw has for users' rules, ours among them, and behind them."""
    rules = [(line.split(" ", 2)[1], line) for line in saved.splitlines() if line.startswith("-A ")]
    names = {chain for chain, _line in rules} | set(re.findall(r"^:(\S+)", saved, re.MULTILINE))
    ours = {name for name in names if _UFW.match(name)}
    for beginning, direction, forwarded in _BEGINNINGS:
        steps = [(chain, _step(line, family, direction, names)) for chain, line in rules]
        before = place(steps, beginning, direction, forwarded, ours)
        yield before
        if ours and not forwarded:
            beside = place((each for each in steps if not _OF_UFW.match(each[0])), beginning, direction, forwarded)
            behind = [verdict for verdict in beside.verdicts if verdict not in before.verdicts]
            yield beside._replace(verdicts=behind, refusal=_BEHIND_UFW)


def _step(line: str, family: int, direction: str, chains: t.Collection[str]) -> t.Optional[Step]:
    """A rule as far as it is about new connections from elsewhere; None where it is not, or decides nothing."""
    options = _options(line)
    target = options.get("-j") or options.get("-g") or ""
    states = options.pop("--ctstate", "") or options.pop("--state", "") or "NEW"
    if options.get("-i") == "lo" or options.get("-o") == "lo" or "NEW" not in states.split(","):
        return None
    ports = [options.pop(name) for name in ("--dport", "--dports", "--ctorigdstport") if name in options]
    peer = options.pop(_PEER[direction], "")
    protocol = options.pop("-p", "")
    match = Match((protocol,) if protocol else (), peers=addresses([peer]) if peer else ANY_ADDRESS[family])
    if ports:
        match = match._replace(ports=tuple(sorted(bounds(part.replace(":", "-")) for part in ports[0].split(","))))
    match = match._replace(certain=len(ports) < 2 and not options.keys() - set(_WITHOUT_MEANING))
    words = "%s: '%s'" % (IPTABLES[family], line)
    if target in _ACTIONS:
        return Step(words, match, _ACTIONS[target])
    return Step(words, match, JUMP, target) if target in chains else None


def _options(line: str) -> t.Dict[str, str]:
    """The options of a rule with their values; a negated one by the name "!"."""
    words = shlex.split(line)[2:]
    options: t.Dict[str, str] = {}
    name = ""
    for word in words:
        if word == "!" or word.startswith("-"):
            name = "!" if name == "!" else word
            options[name] = ""
        else:
            options[name] = (options[name] + " " + word).strip() if name in options else word
    return options
