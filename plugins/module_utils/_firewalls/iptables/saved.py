# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What iptables-save prints, as tables, chains, rules and their options. Any text can be read; lines of another form are passed over."""

from __future__ import annotations

import re
import typing as t

Options = t.Dict[str, str]

_INCOMPATIBLE = re.compile(r"# Table [`'](\w+)' is incompatible")
# As xtables_save_string() writes: in double quotes, with a backslash before quotes and backslashes; or as it is.
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"(?=\s|\Z)|(\S+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# Options whose value is a text of the administrator's own, which may look like an option.
_OF_TEXT = ("--comment", "--log-prefix", "--nflog-prefix", "--name", "--string", "--hex-string", "--match-set", "-i", "-o", "-j", "-g")


class Table(t.NamedTuple):
    """One table: the names of its chains, each rule in order with the name of its chain, and the chains whose policy is DROP."""

    chains: t.FrozenSet[str] = frozenset()
    rules: t.Tuple[t.Tuple[str, str], ...] = ()
    dropping: t.FrozenSet[str] = frozenset()


class Saved(t.NamedTuple):
    """All that iptables-save shows of one family.

    Attributes:
        tables: By name.
        incompatible: The tables that it does not show, because nft has written there what iptables does not know.
        of_nft: Whether it is the variant that keeps its tables in nftables.
        has_legacy: Whether it says that the other variant holds tables as well.
    """

    tables: t.Mapping[str, Table]
    incompatible: t.FrozenSet[str] = frozenset()
    of_nft: bool = False
    has_legacy: bool = False


def parse(text: str) -> Saved:
    """Read an output. (A text of a rule may hold any character but the end of a line, also those at which Python splits lines.)"""
    tables: t.Dict[str, t.Tuple[t.Set[str], t.List[t.Tuple[str, str]], t.Set[str]]] = {}
    chains, rules, dropping = tables.setdefault("filter", (set(), [], set()))
    shown = set()
    for line in text.split("\n"):
        if line.startswith("*"):
            shown.add(line[1:].strip())
            chains, rules, dropping = tables.setdefault(line[1:].strip(), (set(), [], set()))
        elif line.startswith(":") and len(line) > 1:
            chain, _blank, rest = line[1:].partition(" ")
            chains.add(chain)
            if rest.split(" ", 1)[0] == "DROP":
                dropping.add(chain)
        elif line.startswith("-A "):
            chain = line.split(" ", 2)[1]
            if chain:
                chains.add(chain)
                rules.append((chain, line))
    comments = [line for line in text.split("\n") if line.startswith("#")]
    return Saved(
        {
            name: Table(frozenset(found), tuple(lines), frozenset(dropped))
            for name, (found, lines, dropped) in tables.items()
            if name in shown or lines
        },
        frozenset(match[1] for match in map(_INCOMPATIBLE.match, comments) if match),
        any("(nf_tables)" in line for line in comments),
        any("legacy tables present" in line for line in comments),
    )


def options(line: str) -> Options:
    """The options of a rule with their values; a negated one by the name "!"."""
    found: Options = {}
    name, negated = "", False
    for quoted, plain in _WORD.findall(line.partition(" ")[2].partition(" ")[2]):
        if plain == "!":
            name, negated = "", True
        elif plain[:1] == "-" and len(plain) > 1 and not (name in _OF_TEXT and not found[name]):
            name, negated = "!" if negated else plain, False
            found[name] = ""
        else:
            word = plain or _ESCAPED.sub(r"\1", quoted)
            found[name] = (found[name] + " " + word).strip() if name in found else word
    if negated:
        found["!"] = ""
    return found
