# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""ufw's ``user.rules`` and ``user6.rules`` as text: where rules stand, which are ours, and everything else untouched.

The format is the one ufw keeps across its own upgrades: after ``### RULES ###`` one block per rule, each a ``### tuple ###``
line with ufw's words for the rule and the iptables lines it comes to (ufw 0.36, backend_iptables.py).
"""

from __future__ import annotations

import ipaddress
import itertools
import re
import typing as t

from ..._errors import PolicyRefused
from .rules import ANYWHERE, MARK, Place, UfwRule

_START = "### RULES ###\n"
_END = "\n### END RULES ###\n"
_TUPLE = "\n### tuple ### "
_OUR_COMMENT = " comment=" + (MARK + " ").encode().hex()


class RulesFile(t.NamedTuple):
    """A rules file in pieces that, put together, are its text again."""

    head: str
    blocks: t.Tuple[str, ...]
    tail: str

    @property
    def text(self) -> str:
        return self.head + "".join(self.blocks) + self.tail

    @property
    def foreign(self) -> t.Tuple[str, ...]:
        """The administrator's blocks."""
        return tuple(block for block in self.blocks if not is_ours(block))

    def bans(self, spared: str = "") -> t.Tuple[str, ...]:
        """The administrator's blocks before all others of theirs that do nothing but refuse one peer, as 'ufw prepend deny from' of
        fail2ban makes them; none from the first on that refuses the address ``spared``."""
        return tuple(itertools.takewhile(lambda block: _is_ban(block, spared), self.foreign))

    def arranged(self, place: Place, bans: t.Sequence[str] = ()) -> RulesFile:
        """The file with exactly ``place`` of ours behind the :meth:`bans`: the administrator's blocks stay as they are, in their order."""
        first = tuple(rule.file_text() for rule in place.first)
        last = tuple(rule.file_text() for rule in place.last)
        return self._replace(blocks=(*bans, *first, *self.foreign[len(bans) :], *last))

    def describe(self) -> t.List[str]:
        """The rules in the words of ``ufw show added``, one a line; what is no rule of ufw's is shown as it stands."""
        return [line for block in self.blocks for line in describe(block)]

    def chains(self) -> t.List[str]:
        """The chains that loading the file empties and fills."""
        return re.findall(r"^:(\S+)", self.head, re.MULTILINE)

    def lookalikes(self, rules: t.Iterable[UfwRule]) -> t.List[t.Tuple[str, UfwRule]]:
        """The administrator's rules that differ from one of ``rules`` in nothing but action, log and comment, each with that one.

        ufw takes the two for one rule: adding one by its words replaces the other, deleting one may hit the other.
        """
        ours = {rule.key: rule for rule in rules}
        found = []
        for block in self.foreign:
            action, key = " ".join(words(block)).partition(" ")[::2]
            if key in ours and not action.startswith("route:"):
                found.append((describe(block)[0], ours[key]))
        return found

    def allowances(self, direction: str) -> t.List[str]:
        """The administrator's rules that let connections pass in a direction, ``in`` or ``out``, whatever is denied behind them."""
        found = []
        for block in self.foreign:
            tuple_words = words(block)
            if tuple_words and tuple_words[0].split("_")[0] in ("allow", "limit") and tuple_words[-1].split("_")[0] == direction:
                found.append(describe(block)[0])
        return found


def parse(text: str, path: str) -> RulesFile:
    """Cut a rules file into its pieces.

    Raises:
        PolicyRefused: it is no file of ufw's; nothing can be put into it safely.
    """
    head, start, rest = text.partition(_START)
    body, end, tail = rest.partition(_END)
    if not end:  # as installed: ufw has not written it yet, so no rules are in it but ours
        body = re.match("(%s.*\n-A .*\n)*" % _TUPLE, rest).group()  # type: ignore[union-attr]
        tail = rest[len(body) :]
    if not start or _START in rest or _TUPLE in head + tail:
        raise PolicyRefused("%s: not all rules stand between '### RULES ###' and '### END RULES ###'; fix the file" % path)
    return RulesFile(head + start, tuple(_blocks(body)), end + tail)


def parse_for_removal(text: str) -> RulesFile:
    """The same for taking ours out, whatever else stands in the file: then all of it is blocks, where it is no file of ufw's."""
    try:
        return parse(text, "")
    except PolicyRefused:
        return RulesFile("", tuple(_blocks(text)), "")


def has_ours(content: bytes) -> bool:
    """Whether a rules file holds anything of ours, whatever else it is."""
    return _OUR_COMMENT.encode() in content


def is_ours(block: str) -> bool:
    """Whether the block's comment carries our mark."""
    return block.startswith(_TUPLE) and _OUR_COMMENT in block.split("\n", 2)[1]


def name_of(block: str) -> str:
    """The name of the rule in a block of ours."""
    return _comment(block)[len(MARK) + 1 :]


def _is_ban(block: str, spared: str) -> bool:
    """Whether a block refuses what comes from, or goes to, one peer other than ``spared``, and nothing else."""
    said = words(block)
    if len(said) not in (7, 9) or not re.match("(deny|reject)(_|$)", said[0]):
        return False
    peer = said[3] if said[-1].startswith("out") else said[5]
    try:
        network = ipaddress.ip_network(peer, strict=False)
    except ValueError:  # edited by hand
        return False
    return network.prefixlen > 0 and not (spared and ipaddress.ip_address(spared) in network)


def _blocks(body: str) -> t.Iterator[str]:
    """The blocks of the rules; lines that somebody added below one of ours are a block of their own."""
    for block in re.split("(?=%s)" % _TUPLE, body):
        own = re.match("\n.*(?:\n(?:-A .*(?:\n|\\Z))?|\\Z)", block) if is_ours(block) else None
        length = own.end() if own else len(block)
        yield from (piece for piece in (block[:length], block[length:]) if piece)


def words(block: str) -> t.List[str]:
    """A block's tuple without the comment: action, protocol, port, destination, port, source, [two applications,] direction."""
    return block[len(_TUPLE) :].split("\n", 1)[0].split(" comment=")[0].split() if block.startswith(_TUPLE) else []


def _comment(block: str) -> str:
    """A block's comment, decoded as ufw does; one that is not hexadecimal as it stands."""
    encoded = block.split("\n", 2)[1].partition(" comment=")[2].strip()
    return bytes.fromhex(encoded).decode("utf-8", "backslashreplace") if re.fullmatch("([0-9a-fA-F]{2})*", encoded) else encoded


def describe(block: str) -> t.List[str]:
    """A block in the words of ``ufw show added``, and the lines that somebody altered in one of ours."""
    said = words(block)
    if len(said) not in (7, 9):
        return [line for line in block.split("\n") if line]
    action, protocol, dport, destination, sport, source = said[:6]
    direction, _underscore, interface = said[-1].partition("_")
    text = "%s %s" % (action, direction)
    text += " on " + interface.replace("!out_", " out on ") if interface else ""
    for preposition, address, port in (("from", source, sport), ("to", destination, dport)):
        text += " %s %s" % (preposition, "any" if address in ANYWHERE.values() else address)
        text += " port " + port if port != "any" else ""
    text += " proto " + protocol if protocol != "any" else ""
    text += "".join(" app " + app.replace("%20", " ") for app in said[6:-1] if app != "-")
    comment = _comment(block)
    text += "  # " + comment if comment else ""
    return [text, *_altered_lines(block, said, comment)]


def _altered_lines(block: str, said: t.List[str], comment: str) -> t.List[str]:
    """The iptables lines of a block of ours that are not what its tuple comes to: somebody edited them."""
    if not is_ours(block):
        return []
    peer = said[3 if said[-1] == "out" else 5]
    family = 6 if ":" in peer else 4
    rule = UfwRule(name_of(block), family, said[0], said[-1], said[1], said[2], "" if peer == ANYWHERE[family] else peer)
    return [] if rule.file_text() == block else block.split("\n")[2:-1]
