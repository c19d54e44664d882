# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which bridges of a host certainly belong to a container engine."""

from __future__ import annotations

import fnmatch
import re
import typing as t

# How engines name bridges: Docker by the first 12 hexadecimal digits of the network's id, Podman (netavark, CNI) by number.
_ENGINES_OWN = re.compile(r"(docker0|docker_gwbridge|br-[0-9a-f]{12}|(cni-)?podman[0-9]+)\Z")

DEFAULT_INTERFACES = ("docker0", "docker_gwbridge", "br-*", "podman*", "cni-podman*")
"""Bridges of container engines by name, or by prefix with a trailing *."""


def container_bridges(interfaces: t.Sequence[str], present: t.Iterable[str]) -> t.List[str]:
    """Exact names, sorted: those that the administrator spelled out, and those present that a prefix covers and an engine named.

    A prefix alone proves nothing: ``br-*`` covers ``br-lan`` too, and behind that are strangers.

    Args:
        interfaces: Names, or prefixes with a trailing ``*``.
        present: The host's network interfaces.
    """
    spelled_out = {name for name in interfaces if not name.endswith("*")}
    return sorted(spelled_out.union(filter(_ENGINES_OWN.match, _covered(interfaces, present))))


def links_of_others(interfaces: t.Sequence[str], present: t.Iterable[str]) -> t.List[str]:
    """The links present that a prefix covers, and that are neither spelled out nor named by an engine; arguments as above."""
    covered = _covered(interfaces, present)
    return sorted(covered.difference(container_bridges(interfaces, covered)))


def _covered(interfaces: t.Iterable[str], present: t.Iterable[str]) -> t.Set[str]:
    return {name for name in present if any(fnmatch.fnmatchcase(name, each) for each in interfaces)}
