# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Suricata: rules that pass the packets of a connection, both ways, before any other rule is tried.

Syntax: https://docs.suricata.io/en/suricata-7.0.10/rules/intro.html and https://docs.suricata.io/en/suricata-7.0.10/rules/tls-keywords.html.
``pass`` comes first in the default order of actions (https://docs.suricata.io/en/suricata-7.0.10/configuration/suricata-yaml.html,
action-order), and in TCP it holds for the rest of the connection
(https://docs.suricata.io/en/suricata-7.0.10/performance/ignoring-traffic.html). A rule is at most 8191 characters long, hence the pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._common.templates import template
from .exemption import Exemption, chunks, header, short

NAME = "suricata"
TITLE = "Suricata"
EXTENSION = "rules"

FIRST_SID = 1_760_000
"""In the range for rules of one's own, 1000000 to 1999999 (https://doc.emergingthreats.net/bin/view/Main/SidAllocation)."""
PIECE = 75


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What Suricata has no words for: names where there is no TLS hello over TCP to read them from."""
    return (
        f"{one.label}: Suricata reads server names from TLS over TCP alone" for one in exemptions if one.names and one.protocol != "tcp"
    )


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """A file of rules, to be listed in ``rule-files``."""
    head = list(header("#", TITLE, site, "List it in rule-files of suricata.yaml; pass has to stay first in action-order."))
    return template(__file__, "suricata.rules.j2").render(header=head, exemptions=exemptions, first_sid=FIRST_SID, pieces=_pieces)


def _pieces(networks: Sequence[str]) -> list[str]:
    return [f"[{','.join(map(short, piece))}]" for piece in chunks(networks, PIECE)] or ["any"]
