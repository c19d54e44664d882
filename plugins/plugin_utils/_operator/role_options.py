# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The names of everything that this collection reads: ``connectivity_*``, and what the argument specs of its roles declare."""

from __future__ import annotations

import functools
import pathlib
import typing as t

import yaml

PREFIX = "connectivity_"
OMIT = "omit"  # Ansible's word for an option that is not given; a fact of that name would give it
ROLES = pathlib.Path(__file__).parents[3] / "roles"
REGISTERED = frozenset(
    f"connectivity_{name}"
    for name in (
        "answer",
        "begun",
        "checked",
        "checks",
        "chosen",
        "host",
        "observed",
        "planned",
        "question",
        "refused",
        "reported",
        "reviewed",
        "run",
        "told",
        "traced",
    )
)
"""What our own playbooks register under our prefix; nothing is read from it but what :mod:`._own_results` has recorded."""


def is_ours(name: str) -> bool:
    """Whether a variable of this name configures this collection."""
    if name == OMIT:
        return True
    if name.startswith(PREFIX):
        return name not in REGISTERED
    return name.startswith(prefixes()) and any(name in option_specs(role) for role in _roles())


@functools.cache
def option_specs(role: str) -> dict[str, t.Any]:
    """The options of a role of ours, by name, as its argument spec declares them."""
    text = (ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    specs: dict[str, t.Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["argument_specs"]
    return {name: spec for entry in specs.values() for name, spec in (entry.get("options") or {}).items()}


@functools.cache
def _roles() -> tuple[str, ...]:
    return tuple(sorted(path.parent.parent.name for path in ROLES.glob("*/meta/argument_specs.yml")))


@functools.cache
def prefixes() -> tuple[str, ...]:
    """What the names of all options of our roles begin with, but for those under :data:`PREFIX`."""
    return tuple(f"{role}_" for role in _roles())


@functools.cache
def all_options() -> frozenset[str]:
    """The names of the options of all our roles."""
    return frozenset(name for role in _roles() for name in option_specs(role))
