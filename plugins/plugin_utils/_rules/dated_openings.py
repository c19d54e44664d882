# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Openings of optional flows that have a last day. The day closes nothing, so it is a finding until somebody removes the entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._inventory.findings import OPENING_ENDS, Finding
from .._inventory.hosts import Host
from .federations import Federation
from .host_flows import places_of


def dated_openings(host: Host, federations: Mapping[tuple[str, str], Federation]) -> Iterator[Finding]:
    """One finding for each opening of the host that has a last day and an effect; a partner's host is not judged."""
    if not host.profile.managed:
        return
    for federation, member in places_of(host, federations):
        for flow in federation.flows:
            end, until = flow.opener, member.opened_until(flow)
            if until and end and member.has_roles(flow, end) and flow.fits(end, member.options):
                port = flow.traffic(member.options)
                text = f"optional_flows opens {port} until {until}; the day closes nothing, so remove the entry when the flow is not needed"
                yield Finding(OPENING_ENDS, f"{federation.label}.{flow.id}", text, until)
