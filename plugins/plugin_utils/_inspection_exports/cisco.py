# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Cisco Secure Firewall: objects as the Management Center's REST API takes them, and the rules of a decryption policy as a table.

Objects: https://developer.cisco.com/docs/fmc-rest-api/ (object/networkgroups with literals, object/protocolportobjects); POST each list
with bulk=true. Rules: the chapters on decryption rules of the Management Center's device configuration guide, of which
https://developer.cisco.com/docs/cisco-security-cloud-control-firewall-manager/create-multiple-decryption-policy-rule/ is the API in its
cloud. Not every release's API writes rules, so a rule says in the words of the rule editor what to enter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from .._common.plan_marker import MARK
from .exemption import Exemption, short

NAME = "cisco"
TITLE = "Cisco Secure Firewall"
EXTENSION = "json"


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What a decryption rule has no words for."""
    for one in exemptions:
        if one.protocol != "tcp":
            yield f"{one.label}: decryption rules are about TLS over TCP, not {one.protocol}"
        if one.names:
            yield f"{one.label}: decryption rules know certificates' subjects but no host names; give addresses in a network"


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """JSON with the lists of objects to POST, and the rules to put first."""
    content = {
        "made_by": MARK,
        "site": site,
        "networkgroups": [group for exemption in exemptions for group in _groups(exemption)],
        "protocolportobjects": [port for exemption in exemptions for port in _ports(exemption)],
        "decryption_rules": [_rule(exemption) for exemption in exemptions],
    }
    return json.dumps(content, indent=2) + "\n"


def _groups(exemption: Exemption) -> Iterator[dict[str, object]]:
    for end, networks in (("from", exemption.sources), ("to", exemption.destinations)):
        if networks:
            literals = [{"type": "Network" if "/" in short(network) else "Host", "value": short(network)} for network in networks]
            yield {"type": "NetworkGroup", "name": _name(exemption, end), "literals": literals}


def _ports(exemption: Exemption) -> Iterator[dict[str, object]]:
    for port in exemption.ports:
        yield {"type": "ProtocolPortObject", "name": _name(exemption, port), "protocol": exemption.protocol.upper(), "port": port}


def _rule(exemption: Exemption) -> dict[str, object]:
    return {
        "name": _name(exemption),
        "comment": exemption.label,
        "source_networks": [_name(exemption, "from")] if exemption.sources else "any",
        "destination_networks": [_name(exemption, "to")] if exemption.destinations else "any",
        "destination_ports": [_name(exemption, port) for port in exemption.ports],
        "action": "Do not decrypt",
    }


def _name(exemption: Exemption, *parts: str) -> str:
    return "-".join(("federated", exemption.slug, *parts))
