# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a box that inspects traffic has to leave alone, in no product's words yet, and what exporters share."""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Iterable, Iterator, Sequence

from .._common.plan_marker import MARK

Item = t.TypeVar("Item")


class Exemption(t.NamedTuple):
    """Connections that nothing may decrypt.

    Attributes:
        flows: The flows that it is for, as ``<matrix>.<federation>.<flow>``.
        direction: ``ingress`` or ``egress``, as the site sees it.
        protocol: ``tcp`` or ``udp``.
        ports: Destination ports and ranges of them, as texts.
        sources: Merged CIDRs; none: whoever it is.
        destinations: Merged CIDRs; with neither these nor names: wherever it goes.
        names: Host names of the destination, instead of CIDRs.
        idle_timeout: Seconds of silence that a connection must bear, where that is known.
    """

    flows: tuple[str, ...]
    direction: str
    protocol: str
    ports: tuple[str, ...]
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    names: tuple[str, ...]
    idle_timeout: int | None

    @property
    def slug(self) -> str:
        """A short name that says the same as long as the exemption does."""
        return hashlib.sha256(repr(self._replace(flows=(), idle_timeout=None)).encode()).hexdigest()[:12]

    @property
    def label(self) -> str:
        return ", ".join(self.flows)


def header(comment: str, title: str, site: str, *lines: str) -> Iterator[str]:
    """The first lines of a text file, each behind the product's sign of a comment."""
    yield f"{comment} {title}: what must not be decrypted at the site {site} ({MARK}; do not edit)"
    yield from (f"{comment} {line}" for line in lines)


def of_family(networks: Iterable[str], version: int) -> tuple[str, ...]:
    """The CIDRs of one family, 4 or 6."""
    return tuple(network for network in networks if (":" in network) == (version == 6))


def short(cidr: str) -> str:
    """A CIDR, or the address alone if it is one."""
    return cidr.removesuffix("/32") if "." in cidr else cidr.removesuffix("/128")


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Items in pieces of at most ``size``."""
    return (items[start : start + size] for start in range(0, len(items), size))
