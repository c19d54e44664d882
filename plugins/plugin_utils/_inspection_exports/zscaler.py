# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Zscaler Internet Access: destination groups, and SSL inspection rules with the action Do Not Decrypt, as its API takes them.

Syntax: https://help.zscaler.com/zia/firewall-policies#/ipDestinationGroups-post (and ipv6DestinationGroups) and
https://help.zscaler.com/zia/ssl-inspection-policy#/sslInspectionRules-post. A rule's name has at most 31 characters
(https://help.zscaler.com/unified/configuring-ssl-inspection-policy). Rules refer to groups by the id that the API answered with.
An SSL inspection rule has no ports: it is for all ports of these destinations, which the file and docs/inspection.md say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from .._common.plan_marker import MARK
from .exemption import Exemption, of_family, short

NAME = "zscaler"
TITLE = "Zscaler Internet Access"
EXTENSION = "json"

NOTE = "SSL inspection rules have no ports: these are for all ports of their destinations. Only outgoing flows concern Zscaler."
GROUPS = ((4, "ipDestinationGroups"), (6, "ipv6DestinationGroups"))


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What Zscaler has no words for; without destinations, a rule without ports would be for everything."""
    for one in _outgoing(exemptions):
        if not one.destinations and not one.names:
            yield f"{one.label}: a rule for any destination would end all inspection, as Zscaler's rules have no ports; name the partners"
        if one.protocol != "tcp":
            yield f"{one.label}: SSL inspection is about TLS over TCP, not {one.protocol}"


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """JSON with the groups to POST first, by path of the API, and the rules to POST with the ids of the groups."""
    outgoing = list(_outgoing(exemptions))
    content = {
        "made_by": MARK,
        "site": site,
        "note": NOTE,
        **{path: [group for one in outgoing for group in _groups(one, version)] for version, path in GROUPS},
        "sslInspectionRules": [_rule(one, order) for order, one in enumerate(outgoing, 1)],
    }
    return json.dumps(content, indent=2) + "\n"


def _outgoing(exemptions: Iterable[Exemption]) -> Iterator[Exemption]:
    return (one for one in exemptions if one.direction == "egress")


def _groups(exemption: Exemption, version: int) -> Iterator[dict[str, object]]:
    networks = [short(network) for network in of_family(exemption.destinations, version)]
    if networks:
        yield {"name": _name(exemption), "type": "DSTN_IP", "addresses": networks}
    elif exemption.names and version == 4:
        yield {"name": _name(exemption), "type": "DSTN_FQDN", "addresses": list(exemption.names)}


def _rule(exemption: Exemption, order: int) -> dict[str, object]:
    families = [path for version, path in GROUPS if next(_groups(exemption, version), None)]
    keys = {"ipDestinationGroups": "destIpGroups", "ipv6DestinationGroups": "destIpv6Groups"}
    return {
        "name": _name(exemption),
        "description": exemption.label,
        "order": order,
        "state": "ENABLED",
        "action": {"type": "DO_NOT_DECRYPT", "doNotDecryptSubActions": {"bypassOtherPolicies": False}},
        **{keys[path]: [{"name": _name(exemption)}] for path in families},
    }


def _name(exemption: Exemption) -> str:
    return f"federated {exemption.slug}"
