# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The connections that the kernel tracks: short ones too, which are over before anybody looks at sockets."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import re
import typing as t

from .._errors import ToolFailed
from .._host.host import Host

MOST_ENTRIES = 200000
_TOOL = "conntrack"
_FAMILIES = ("ipv4", "ipv6")  # conntrack up to 1.4.6 lists IPv4 alone where none is named
_HIGHEST = 65535
_ENTRY = re.compile(r"\b(tcp|udp) .*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)(.*?)src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)")


class Entry(t.NamedTuple):
    """A tracked connection, as its first packet had it. ``replied_by`` differs from ``target`` where the destination was rewritten."""

    protocol: str
    source: str
    source_port: int
    target: str
    port: int
    answered: bool
    replied_by: str


def tracked(host: Host, proc: str = "/proc") -> t.Optional[t.List[Entry]]:
    """The tracked connections of this network namespace; None where the host does not tell them."""
    try:
        with open("%s/net/nf_conntrack" % proc, encoding="ascii", errors="replace") as file:
            return entries(itertools.islice(file, MOST_ENTRIES))
    except OSError:
        pass
    if not host.which(_TOOL):
        return None
    found = []
    for family in _FAMILIES:
        with contextlib.suppress(ToolFailed, OSError):
            found.append(host.run([_TOOL, "-L", "-f", family, "-o", "extended"]).stdout.split("\n")[:MOST_ENTRIES])
    return entries(line for lines in found for line in lines) if found else None


def entries(lines: t.Iterable[str]) -> t.List[Entry]:
    """What the lines of the table say; others are left out."""
    found = []
    for line in lines:
        match = _ENTRY.search(line)
        if not match:
            continue
        protocol, source, target, source_port, port, between, replied_by = match.groups()[:7]
        answered = "[UNREPLIED]" not in between and " SYN_SENT " not in line
        try:
            ends = [str(ipaddress.ip_address(end)) for end in (source, target, replied_by)]
            ports = int(source_port), int(port)
        except ValueError:
            continue
        if max(ports) <= _HIGHEST:
            found.append(Entry(protocol, ends[0], ports[0], ends[1], ports[1], answered, ends[2]))
    return found
