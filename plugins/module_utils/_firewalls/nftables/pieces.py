# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What each rule of the plan comes to in a ruleset of ours: its lines, and the sets that these name."""

from __future__ import annotations

import re
import typing as t

from .identifiers import comment

_BEGINS = re.compile(r"(table|set|chain) (.+) \{$")
_COMMENT = re.compile(r'comment "[^"\n]*"')
_SET = re.compile(r"@(\w+)")


def pieces(ruleset: str, rules: t.Iterable[str]) -> t.Dict[str, t.Set[str]]:
    """Rule id -> pieces, in the text of a ruleset or in nft's listing of one. A rule that has none there is left out."""
    ids = {comment(rule): rule for rule in rules}
    sets: t.Dict[str, str] = {}
    lines: t.Dict[str, t.List[str]] = {}
    table = block = ""
    for raw in ruleset.splitlines():
        line = " ".join(raw.split())
        begins = _BEGINS.match(line)
        if begins and begins[1] == "table":
            table = begins[2]
        elif begins or line == "}":
            block = line[: -len(" {")]
        elif block.startswith("set "):
            name = block[len("set ") :]
            sets[name] = "%s %s" % (sets.get(name, block), line)
        else:
            found = _COMMENT.search(line)
            if found and found[0] in ids:
                lines.setdefault(ids[found[0]], []).append("%s %s: %s" % (table, block, line))
    return {rule: {*own, *(sets.get(name, "set %s" % name) for line in own for name in _SET.findall(line))} for rule, own in lines.items()}
