# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds variables whose names are nearly ours: a misspelt variable would have no effect, and nobody would see it."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable

from .._operator.role_options import PREFIX, REGISTERED, all_options, prefixes

OF_PLAYBOOKS = (
    "connectivity_allow_shrink",
    "connectivity_assertions",
    "connectivity_expected_certificates",
    "connectivity_from",
    "connectivity_install_traceroute",
    "connectivity_live",
    "connectivity_matrix",
    "connectivity_native",
    "connectivity_observe_compare",
    "connectivity_observe_containers",
    "connectivity_observe_minutes",
    "connectivity_observe_ports",
    "connectivity_observe_processes",
    "connectivity_observe_roles",
    "connectivity_observe_tls",
    "connectivity_observe_units",
    "connectivity_out",
    "connectivity_perspective",
    "connectivity_plan",
    "connectivity_port",
    "connectivity_protocol",
    "connectivity_results",
    "connectivity_reviewed_plan",
    "connectivity_reviewed_plan_days",
    "connectivity_select",
    "connectivity_serial",
    "connectivity_strangers",
    "connectivity_table",
    "connectivity_to",
    "connectivity_whole_plan",
)
"""What playbooks and tasks read under our prefix, besides what decides a host's rules."""
COLLECTIONS = ("connectivity_memberships", "connectivity_networks", "connectivity_accepted_findings", "connectivity_expected_certificates")
"""Variables that are collections: ``<variable>_<name>`` adds to the plain one."""

ALIKE_AFTER_PREFIX = 0.75
ALIKE_IN_ROLES = 0.85
"""Other people's inventories have variables such as ``firewall_ports``: only a name that is very close to an option is an error."""
ALIKE_PREFIX = 0.85
OF_OTHERS = ("auditd_", "firewalld_")
"""Prefixes that look like ours, and are those of other software."""
LONGEST = 100
UNASSIGNED = "_raw_params"
"""Where Ansible puts what follows ``-e`` and is not ``name=value``."""
COLLECTION = "federated_"
"""The first half of this collection's name, which belongs to no variable."""


def is_collection(name: str) -> bool:
    """Whether a variable of this name adds to a collection of ours."""
    return any(name.startswith(f"{plain}_") and len(name) > len(plain) + 1 for plain in COLLECTIONS)


def in_collection(name: str) -> bool:
    """Whether a variable of this name is a collection of ours, or adds to one."""
    return name in COLLECTIONS or is_collection(name)


def parts_of(plain: str, variables: Iterable[str]) -> list[str]:
    """The variables that add up to a collection: the plain one first, then by name."""
    return sorted(name for name in variables if name == plain or (name.startswith(f"{plain}_") and is_collection(name)))


@functools.lru_cache(maxsize=4096)
def misnomer(name: str, variables: tuple[str, ...]) -> str | None:
    """What is wrong with the name of a variable, in words; None: the name is ours, or has nothing to do with us.

    Args:
        name: A variable of the operator's.
        variables: The variables that decide a host's rules.
    """
    known = {*variables, *OF_PLAYBOOKS, *all_options()}
    if name in known or name in REGISTERED or is_collection(name):
        return None
    plain = name[:LONGEST].lower().replace("-", "_")
    plain = plain.removeprefix(COLLECTION) if plain.startswith(COLLECTION + PREFIX[:-1]) else plain
    meant = plain if plain in known or is_collection(plain) else _meant(plain, known) or _run_together(plain, known)
    if meant:
        return f"{name} is not a variable of this collection (did you mean {meant}?)"
    if name.startswith(PREFIX):
        return f"{name} is not a variable of this collection; names that begin with {PREFIX} are reserved for it, so rename your own"
    return None


def unassigned(text: object, variables: tuple[str, ...]) -> str | None:
    """What is wrong with extra variables that are not written as name=value, if one of them is ours or nearly ours."""
    words = re.findall(r"[A-Za-z_][\w-]*", text) if isinstance(text, str) else ()
    known = {*variables, *OF_PLAYBOOKS, *all_options()}
    ours = next((word for word in words if word in known or is_collection(word) or misnomer(word, variables)), None)
    if ours is None:
        return None
    return f"{ours} stands among the extra variables (-e) without a value; write {ours}=value, without blanks around the equals sign"


def _meant(name: str, known: set[str]) -> str | None:
    for prefix, alike in ((PREFIX, ALIKE_AFTER_PREFIX), *((prefix, ALIKE_IN_ROLES) for prefix in prefixes())):
        if name.startswith(prefix):
            return _closest(name.removeprefix(prefix), prefix, known, alike)
    if name.startswith(OF_OTHERS):
        return None
    for prefix, alike in ((PREFIX, ALIKE_AFTER_PREFIX), *((prefix, 1.0) for prefix in prefixes())):
        words = name.split("_")
        count = prefix.count("_")
        start, rest = "_".join(words[:count]), "_".join(words[count:])
        if rest and difflib.SequenceMatcher(None, start.lower(), prefix[:-1]).ratio() >= ALIKE_PREFIX:
            meant = _closest(rest, prefix, known, alike)
            if meant:
                return meant
    return None


def _run_together(name: str, known: set[str]) -> str | None:
    """The name of ours from which only underscores are missing."""
    if not name.startswith(PREFIX[:-1]):
        return None
    letters = name.replace("_", "")
    for other in sorted(other for other in known if other.startswith(PREFIX)):
        if letters == other.replace("_", ""):
            return other
    for plain in COLLECTIONS:
        found = re.fullmatch("_*".join(plain.replace("_", "")) + "_*([a-z0-9].*)", name)
        if found:
            return f"{plain}_{found[1]}"
    return None


def _closest(rest: str, prefix: str, known: set[str], alike: float) -> str | None:
    """The name that is most like a prefix of ours and what follows it."""
    first, _separator, label = rest.partition("_")
    if prefix == PREFIX and label:
        collection = difflib.get_close_matches(first, [plain.removeprefix(prefix) for plain in COLLECTIONS], 1, alike)
        if collection:
            return f"{prefix}{collection[0]}_{label}"
    rests = sorted(other.removeprefix(prefix) for other in known if other.startswith(prefix))
    close = difflib.get_close_matches(rest, rests, 1, alike)
    return prefix + close[0] if close else None
