# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What is lost where one variable of the inventory replaces another: Ansible keeps one value of each name and drops the others."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping

from .._common.addresses import merge, parse_network
from .._common.texts import one_line
from .findings import REPLACED, Finding
from .names import COLLECTIONS

MEMBERSHIPS, NETWORKS, *_OTHERS = COLLECTIONS
COMPARED = (MEMBERSHIPS, NETWORKS)
"""The collections whose parts are compared one by one."""


class Replaced(t.NamedTuple):
    """A value of a collection that another value of the same variable replaces.

    Attributes:
        variable: Its name.
        owner: Whose it is: "group linksight_north".
        value: What it says, templates computed.
        by: Whose value prevails.
        written: The value as it was written, to say where it stands.
        by_written: The same of the value that prevails.
    """

    variable: str
    owner: str
    value: object
    by: str
    written: object = None
    by_written: object = None


class Lost(t.NamedTuple):
    """A finding, and what it is about."""

    finding: Finding
    replaced: Replaced


def lost(replaced: Iterable[Replaced], effective: Mapping[str, object]) -> Iterator[Lost]:
    """What of the replaced values is in no variable that counts.

    Args:
        replaced: The replaced values of one host.
        effective: The host's variables that count.
    """
    seen: set[Finding] = set()
    for one in replaced:
        if not one.variable.startswith(COMPARED):
            text = f"{one.variable} of {one.owner} is replaced by that of {one.by}, because of the order of the alphabet alone"
            plain = next((plain for plain in _OTHERS if one.variable.startswith(plain)), None)
            advice = (
                f"write each as {plain}_<name>, and they add up"
                if plain
                else "let both say the same, or write it into the variables of the host"
            )
            finding = Finding(REPLACED, one.variable, f"{text}; {advice}")
            if finding not in seen:
                seen.add(finding)
                yield Lost(finding, one)
            continue
        for kind, about in _missing(one, effective):
            (plain,) = (plain for plain in COLLECTIONS if one.variable.startswith(plain))
            text = f"{kind} {about} of {one.owner} is replaced by {one.variable} of {one.by}; write each as {plain}_<name>, and they add up"
            finding = Finding(REPLACED, about, one_line(text))
            if finding not in seen:  # Ansible may read one file twice: beside the inventory and beside the playbook
                seen.add(finding)
                yield Lost(finding, one)


def _missing(one: Replaced, effective: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What is in no variable that counts; an empty list is the user's word that there is nothing."""
    prevailing = effective.get(one.variable)
    if prevailing in ([], {}):
        return
    if one.variable.startswith(MEMBERSHIPS):
        kept = _memberships(value for name, value in effective.items() if name.startswith(MEMBERSHIPS))
        for label, parts in _memberships([one.value]).items():
            if not parts <= kept.get(label, frozenset()):
                yield "membership", label
    else:
        networks = _networks(value for name, value in effective.items() if name.startswith(NETWORKS))
        emptied = {name for name, cidrs in prevailing.items() if cidrs == []} if isinstance(prevailing, Mapping) else set()
        for name, cidrs in _networks([one.value]).items():
            if name in emptied:
                continue
            if name not in networks or merge([*networks[name], *cidrs]) != merge(networks[name]):
                yield "network", name


def _memberships(values: Iterable[object]) -> dict[str, frozenset[str]]:
    """Matrix and federation -> roles and optional flows; what is not written as a membership is passed over."""
    found: dict[str, frozenset[str]] = {}
    for value in values:
        for item in value if isinstance(value, (list, tuple)) else ():
            if isinstance(item, Mapping) and isinstance(item.get("matrix"), str):
                label = one_line(f"{item['matrix']}.{item.get('federation', 'host')}")
                parts = {f"{key} {part}" for key in ("roles", "optional_flows") for part in _ids(item.get(key))}
                found[label] = found.get(label, frozenset()) | parts
    return found


def _networks(values: Iterable[object]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value in values:
        for name, cidrs in value.items() if isinstance(value, Mapping) else ():
            if isinstance(name, str):
                found.setdefault(one_line(name), []).extend(filter(None, map(_cidr, _texts(cidrs))))
    return found


def _cidr(text: str) -> str | None:
    try:
        return parse_network(text, True)
    except ValueError:
        return None


def _ids(value: object) -> list[str]:
    """Roles and optional flows by their ids, also where an entry says when its opening ends."""
    entries = [part.get("flow") if isinstance(part, Mapping) else part for part in value] if isinstance(value, (list, tuple)) else []
    return _texts(entries)


def _texts(value: object) -> list[str]:
    return [part for part in value if isinstance(part, str)] if isinstance(value, (list, tuple)) else []
