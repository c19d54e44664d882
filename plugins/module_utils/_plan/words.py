# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The words of a plan's files, each once: directions, protocols, placements, phases, defaults, platforms."""

from __future__ import annotations

INGRESS = "ingress"
EGRESS = "egress"
DIRECTIONS = (INGRESS, EGRESS)

TCP = "tcp"
UDP = "udp"
SCTP = "sctp"
ESP = "esp"
AH = "ah"
GRE = "gre"
ICMP = "icmp"
ICMPV6 = "icmpv6"
PROTOCOLS = (TCP, UDP, SCTP, ESP, AH, GRE, ICMP, ICMPV6)

HOST = "host"
PUBLISHED = "published"
PLACEMENTS = (HOST, PUBLISHED)

LOOPBACK = "loopback"

INSTALL = "install"
RUN = "run"
PHASES = (INSTALL, RUN)

UNCHANGED = "unchanged"
DENY = "deny"
DEFAULTS = (UNCHANGED, DENY)

NFTABLES = "nftables"
UFW = "ufw"
FIREWALLD = "firewalld"

LINUX = "linux"
WINDOWS = "windows"
PLATFORMS = (LINUX, WINDOWS)
FIREWALLS = (NFTABLES, UFW, FIREWALLD, WINDOWS)
