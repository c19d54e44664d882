# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Check Point: objects and HTTPS Inspection rules with the action Bypass, as ``mgmt_cli`` commands.

Syntax: https://sc1.checkpoint.com/documents/latest/APIs/ (add host, add network, add group, add dns-domain, add service-tcp,
add service-udp, add service-group, add https-rule, since R80.40).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._common.templates import template
from .exemption import Exemption, header, short

NAME = "check_point"
TITLE = "Check Point"
EXTENSION = "sh"

ADVICE = (
    "Run it on the management server: LAYER=name-of-the-https-inspection-layer sh this-file; the session is published at the end,",
    "and discarded where a command fails. Install the policy afterwards.",
)


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What HTTPS Inspection has no words for."""
    for one in exemptions:
        if one.protocol != "tcp":
            yield f"{one.label}: HTTPS Inspection is about TLS over TCP, not {one.protocol}"
        if one.names:
            yield f"{one.label}: Check Point goes by its own look-ups of names; give addresses in a network"


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """A shell script for the management server."""
    return template(__file__, "check_point.sh.j2").render(
        header=list(header("#", TITLE, site, *ADVICE)),
        exemptions=exemptions,
        is_host=lambda network: "/" not in short(network),
        short=short,
    )
