# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""ufw's ``user.rules`` and ``user6.rules`` as text: where rules stand, which are ours, and everything else untouched.

The format is the one ufw keeps across its own upgrades: after ``### RULES ###`` one block per rule, each a ``### tuple ###``
line with ufw's words for the rule and the iptables lines it comes to (ufw 0.36, backend_iptables.py).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._backends._ufw_rules import (
    ANYWHERE,
    MARK,
    Place,
    UfwRule,
)
from ansible_collections.federated.connectivity.plugins.module_utils._change import (
    PolicyRefused,
)

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

    def arranged(self, place: Place) -> RulesFile:
        """The file with exactly ``place`` of ours: the administrator's blocks stay as they are, in their order."""
        first = tuple(rule.file_text() for rule in place.first)
        last = tuple(rule.file_text() for rule in place.last)
        return self._replace(blocks=first + self.foreign + last)

    def describe(self) -> t.List[str]:
        """The rules in the words of ``ufw show added``, one a line; what is no rule of ufw's is shown as it stands."""
        return [line for block in self.blocks for line in _describe(block)]

    def chains(self) -> t.List[str]:
        """The chains that loading the file empties and fills."""
        return re.findall(r"^:(\S+)", self.head, re.MULTILINE)

    def equals_of(self, rules: t.Iterable[UfwRule]) -> t.Iterator[t.Tuple[str, UfwRule]]:
        """Rules of the administrator that ufw takes for one of ``rules``: the same but for the action, the log and the comment."""
        ours = {rule.key: rule for rule in rules}
        for block in self.foreign:
            words = _words(block)
            if " ".join(words[1:]) in ours:
                yield _describe(block)[0], ours[" ".join(words[1:])]


def parse(text: str, path: str) -> RulesFile:
    """Cut a rules file into its pieces.

    Raises:
        PolicyRefused: it is no file of ufw's; nothing can be put into it safely.
    """
    head, start, rest = text.partition(_START)
    body, end, tail = rest.partition(_END)
    if not start or _START in rest or (not end and _TUPLE in rest) or _TUPLE in tail:
        raise PolicyRefused("%s is not as ufw writes it (no '### RULES ###' section around all rules); mend or remove what was edited by hand" % path)
    if not end:  # as installed, before ufw first wrote it: no rules yet
        body, tail = "", rest
    return RulesFile(head + start, tuple(block for block in re.split("(?=%s)" % _TUPLE, body) if block), end + tail)


def is_ours(block: str) -> bool:
    return block.startswith(_TUPLE) and _OUR_COMMENT in block.split("\n", 2)[1]


def _words(block: str) -> t.List[str]:
    """The words of a block's tuple without its comment: action, protocol, port, destination, port, source, ..., direction."""
    if not block.startswith(_TUPLE):
        return []
    return block[len(_TUPLE) :].split("\n", 1)[0].split(" comment=")[0].split()


def _describe(block: str) -> t.List[str]:
    words = _words(block)
    if len(words) < 7:
        return block.split("\n")[1:-1]
    action, protocol, dport, destination, sport, source = words[:6]
    direction, _underscore, interface = words[-1].partition("_")
    text = "%s %s" % (action, direction)
    text += " on " + interface if interface else ""
    for preposition, address, port in (("from", source, sport), ("to", destination, dport)):
        text += " %s %s" % (preposition, "any" if address in ANYWHERE.values() else address)
        text += " port " + port if port != "any" else ""
    text += " proto " + protocol if protocol != "any" else ""
    text += "".join(" app " + app.replace("%20", " ") for app in words[6:-1] if app != "-")
    _tuple, comment, encoded = block.split("\n", 2)[1].partition(" comment=")
    if comment:
        text += "  # " + bytes.fromhex(encoded.strip()).decode("utf-8", "backslashreplace")
    return [text]
