# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Palo Alto Networks PAN-OS: a decryption policy of ``no-decrypt`` rules, as ``set`` commands.

Syntax: https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-cli-quick-start (configuration mode: address, address-group, service, rulebase
decryption) and https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/decryption/define-traffic-to-decrypt/create-a-decryption-policy-rule.
Names of objects have at most 63 characters. The rule has no decryption profile, so certificates of one's own authorities do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._common.templates import template
from .exemption import Exemption, header

NAME = "palo_alto"
TITLE = "Palo Alto Networks PAN-OS"
EXTENSION = "txt"


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What PAN-OS has no words for."""
    return (f"{one.label}: decryption rules are about TLS over TCP, not {one.protocol}" for one in exemptions if one.protocol != "tcp")


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """Commands for configuration mode; the rules move to the top."""
    advice = "Enter the commands after configure, without these comments, and commit."
    return template(__file__, "palo_alto.txt.j2").render(header=list(header("#", TITLE, site, advice)), exemptions=exemptions)
