# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Named, merged lists of CIDRs: written once, shared by every rule that needs them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from .._common.addresses import ANYBODY, merge
from .._matrix.model import Flow, Ports
from .federations import Federation, Member

ANY = "any"


class AddressSets:
    """The address sets of a plan. Asking for a set by what it holds gives its name.

    Attributes:
        cidrs: The content of each set, merged.
        listed: The content of each set as the user wrote it, address by address.
    """

    def __init__(self) -> None:
        self.cidrs: dict[str, tuple[str, ...]] = {}
        self.listed: dict[str, tuple[str, ...]] = {}
        self._keys: dict[str, object] = {}

    def anybody(self) -> str:
        self.cidrs[ANY] = self.listed[ANY] = ANYBODY
        return ANY

    def members(self, federation: Federation, flow: Flow, end: str, members: Sequence[Member], ports: Ports = ()) -> str:
        """The hosts at one end of a flow; ``ports`` are given where only those are meant that listen there.

        The name tells no more than it has to: versions, options, ports or the flow appear only if they leave somebody with the role out.
        """
        roles = sorted(flow.ends[end].values)
        parts = [federation.matrix.name, federation.name, *roles]
        chosen = federation.participants(flow, end)
        if len(chosen) < len(federation.with_roles(roles)):
            parts += str(flow.versions).split()
            for condition in flow.conditions:
                if condition.decider == end:
                    parts += [condition.option, *condition.values]
            if flow.opener == end:
                parts += ["flow", flow.id]
        if len(members) < len(chosen):
            parts += ["port", *ports]
        name = self._name("_".join(parts), (federation.label, tuple(parts)))
        if name not in self.cidrs:
            self.listed[name] = tuple(address for member in members for address in member.host.addresses or ())
            self.cidrs[name] = merge(self.listed[name])
        return name

    def network(self, name: str, cidrs: Sequence[str]) -> str:
        """A host's named network; equal networks of different hosts are one set."""
        return self._by_content(f"network_{name}", cidrs)

    def part(self, name: str, cidrs: Sequence[str]) -> str:
        """Some of those in a set."""
        return self._by_content(name, cidrs)

    def proxy(self, address: str) -> str:
        return self._by_content("proxy", merge([address]))

    def only(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The content of some sets, as the plan shows it."""
        return {name: list(self.cidrs[name]) for name in sorted(set(names))}

    def _by_content(self, prefix: str, cidrs: Sequence[str]) -> str:
        name = f"{prefix}_{_digest(' '.join(cidrs))}"
        self.cidrs[name] = self.listed[name] = tuple(cidrs)
        return name

    def _name(self, wanted: str, key: object) -> str:
        """The wanted name, unless other parts happen to spell the same."""
        if self._keys.setdefault(wanted, key) == key:
            return wanted
        return f"{wanted}_{_digest(repr(key))}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
