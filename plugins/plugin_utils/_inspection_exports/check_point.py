# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Check Point: objects and HTTPS Inspection rules with the action Bypass, as ``mgmt_cli`` commands.

Syntax: https://sc1.checkpoint.com/documents/latest/APIs/ (add host, add network, add group, add dns-domain, add service-tcp,
add service-udp, add service-group, add https-rule, since R80.40).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from .exemption import Exemption, header

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
    lines = ["#!/bin/sh", *header("#", TITLE, site, *ADVICE), "set -eu", ': "${LAYER:?}"']
    lines += ["session=$(mktemp)", "trap 'rm -f \"$session\"' EXIT", 'mgmt_cli login -r true > "$session"']
    lines += ['run() { mgmt_cli "$@" -s "$session" || { mgmt_cli discard -s "$session"; exit 1; }; }']
    for exemption in exemptions:
        lines += ["", f"# {exemption.label}", *_commands(exemption)]
    lines += ["", "run publish", 'mgmt_cli logout -s "$session"']
    return "\n".join(lines) + "\n"


def _commands(exemption: Exemption) -> Iterator[str]:
    prefix = f"federated-{exemption.slug}"
    ends = {"source": exemption.sources, "destination": exemption.destinations}
    for end, networks in ends.items():
        if networks:
            yield f"run add group name {prefix}-{end}"
            yield from (_address(f"{prefix}-{end}", number, network) for number, network in enumerate(networks, 1))
    yield f"run add service-group name {prefix}"
    for port in exemption.ports:
        yield f"run add service-tcp name {prefix}-{port} port {port} groups.1 {prefix}"
    shown = {end: f"{prefix}-{end}" if networks else "Any" for end, networks in ends.items()}
    yield (
        f'run add https-rule layer "$LAYER" position top name {prefix} source {shown["source"]} destination {shown["destination"]} '
        f"service {prefix} action Bypass"
    )


def _address(group: str, number: int, cidr: str) -> str:
    network = ipaddress.ip_network(cidr)
    if network.prefixlen == network.max_prefixlen:
        return f"run add host name {group}-{number} ip-address {network.network_address} groups.1 {group}"
    family = f"subnet{network.version} {network.network_address} mask-length{network.version} {network.prefixlen}"
    return f"run add network name {group}-{number} {family} groups.1 {group}"
