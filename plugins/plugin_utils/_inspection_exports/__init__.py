# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The products that inspect traffic, or stand in front of services: one module each, one row in the table (docs/inspection.md)."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Sequence

from . import check_point, cisco, fortigate, haproxy, nginx, palo_alto, squid, suricata, zscaler
from .exemption import Exemption


class Exporter(t.Protocol):
    """What an exporter's module offers."""

    NAME: str
    TITLE: str
    EXTENSION: str

    def refusals(self, exemptions: Sequence[Exemption]) -> Iterable[str]:
        """Every exemption that the product has no words for, with what it lacks; no condition is ever dropped."""

    def export(self, site: str, exemptions: Sequence[Exemption]) -> str:
        """The text of the file for a site, where nothing is refused. The same exemptions give the same bytes."""


_MODULES: tuple[Exporter, ...] = (squid, suricata, nginx, haproxy, palo_alto, fortigate, check_point, cisco, zscaler)
EXPORTERS = {exporter.NAME: exporter for exporter in _MODULES}
