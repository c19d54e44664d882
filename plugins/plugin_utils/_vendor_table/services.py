# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Services that stand in a column of ports, by name alone or beside their number."""

from __future__ import annotations

import re

_KNOWN = """
https 443, http 80, ssh 22, sftp 22, ldaps 636, ldap 389, smtp 25, rdp 3389, imaps 993, domain 53, dns 53, ntp 123, snmp 161, kerberos 88,
telnet 23, mqtts 8883, mqtt 1883, postgresql 5432, postgres 5432, mysql 3306, tftp 69, syslog 514, dicom 104
"""
PORTS: dict[str, str] = dict(re.findall(r"(\w+) (\d+)", _KNOWN))
"""IANA's service names and what people call them. A name alone counts where the table says the protocol."""
ALONE = frozenset(("https", "http", "ssh", "ldaps", "ldap", "smtp", "rdp", "domain", "ntp", "snmp", "kerberos", "imaps"))
_NAME = r"[a-z][a-z0-9]*(?:[ _./-][a-z][a-z0-9]*){0,3}"
_NUMBERS = r"\d{1,5}(?: ?[-\u2013] ?\d{1,5})?"
_BEFORE = re.compile(rf"(?P<name>{_NAME}) ?(?:[/:=-] ?|\((?=[^()]*\)))? ?(?P<ports>{_NUMBERS})\)?")
_BEHIND = re.compile(rf"(?P<ports>{_NUMBERS}) ?[/:=-]? ?(?P<name>{_NAME})")
_APART = re.compile(r"([,;&+]|\band\b)")


def service_words(text: str) -> list[str]:
    """The names of services in a column of ports, in lower case."""
    return re.findall(r"[a-z][a-z0-9]+", text)


def with_numbers(text: str) -> str:
    """The ports of a cell as numbers: "https" is 443, "ssh (22)" and "22 ssh" are 22. What is not known stays as it is."""
    return "".join(part if index % 2 else _numbered(part) for index, part in enumerate(_APART.split(text)))


def _numbered(part: str) -> str:
    plain = part.strip()
    names = re.split(r" ?/ ?", plain)
    if all(name in ALONE for name in names):
        return ", ".join(PORTS[name] for name in names)
    found = _BEFORE.fullmatch(plain) or _BEHIND.fullmatch(plain)
    if not found:
        return part
    words = re.findall(r"[a-z][a-z0-9]*", found["name"])
    known = [word for word in words if word in PORTS]
    if not known or len(words) > 2:
        return part
    transports = [word for word in words if word in ("tcp", "udp", "sctp")]
    if len(known) + len(transports) < len(words):
        return part
    if found["ports"] in PORTS.values() and found["ports"] not in {PORTS[word] for word in known}:  # "http 443"
        return part
    return " ".join((*transports, found["ports"]))
