# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Outside services that several systems use, such as Docker Hub: the host names of each stand in one file, with their sources."""

from __future__ import annotations

import functools
import pathlib
import typing as t
from collections.abc import Iterable, Mapping

import yaml

from .model import Source

SERVICES = pathlib.Path(__file__).parents[1] / "outside_services.yml"


class Service(t.NamedTuple):
    """An outside service. ``names`` are all the host names that its users connect to."""

    title: str
    description: str
    names: tuple[str, ...]
    documents: tuple[Source, ...]
    notes: str | None


@functools.cache
def outside_services() -> Mapping[str, Service]:
    """The services by their short names, as the file has them."""
    written = yaml.safe_load(SERVICES.read_text(encoding="utf-8"))
    return {
        name: Service(
            title=service["title"],
            description=service["description"],
            names=tuple(service["names"]),
            documents=tuple(Source(document["title"], document["url"], (document["section"],)) for document in service["documents"]),
            notes=service.get("notes"),
        )
        for name, service in written.items()
    }


def names_with_services(end: Mapping[str, t.Any]) -> tuple[str, ...]:
    """The host names of an endpoint that has ``names``, ``services`` or both: its own first. Each name once."""
    shared = (name for service in used_services([end]) for name in service.names)
    return tuple(dict.fromkeys((*end.get("names", ()), *shared)))


def used_services(ends: Iterable[Mapping[str, t.Any]]) -> list[Service]:
    """The services that endpoints refer to, in their order."""
    return [outside_services()[name] for end in ends for name in end.get("services", ())]
