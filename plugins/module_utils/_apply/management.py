# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The connection over which this host is being managed at this moment."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import typing as t

from .._errors import PolicyRefused
from .._host.host import Host
from .._host.regular_file import LARGE, Unreadable, read_regular
from .._policy.model import Policy

_VARIABLE = "SSH_CONNECTION"
# Types of links (linux/if_arp.h) whose packets travel inside others: PPP, IP in IP, SIT, GRE, WireGuard and tun.
_TUNNELS = ("512", "768", "769", "776", "778", "823", "65534")
_LOOPBACK = "772"
_LINK = re.compile(r"[^/:\s\x00-\x20\ud800-\udc7f\udd00-\udfff]{1,15}\Z")  # dev_valid_name() of the kernel, in text that can be bytes again


def live_connection() -> t.Optional[t.Tuple[str, int]]:
    """The SSH connection this process runs under: (client address, local port); None in a local session.

    sudo and su take SSH_CONNECTION (ssh(1), "ENVIRONMENT") out of the environment, so parents are asked as well.
    """
    return parse_connection(live_session())


def live_session() -> str:
    """SSH_CONNECTION of the session this process runs under, which tells one connection from the next; empty in a local session."""
    for environment in (dict(os.environ), *_environments_of_parents()):
        session = environment.get(_VARIABLE, "")
        if parse_connection(session):
            return session
    return ""


def be_admitted(policy: Policy, connection: t.Optional[t.Tuple[str, int]]) -> None:
    """Evaluate a policy against the live connection, before anything is touched.

    Raises:
        PolicyRefused: a new connection like it would be refused.
    """
    refusal = policy.refuses(*connection) if connection else ""
    if connection and refusal:
        raise PolicyRefused(
            "the policy would cut the management connection, %s to TCP port %d, by %s; nothing was changed" % (*connection, refusal)
        )


def exceptions(policy: Policy) -> t.List[str]:
    """What a policy admits for the live connection alone, as a warning; it goes with the next run that a rule of the plan covers."""
    if not policy.management:
        return []
    client, port = policy.management
    return [
        "no rule of the plan admits the management connection, %s to TCP port %d; this host admits this one address to this one port by an "
        "exception, so that you are not locked out. The exception stays until the next run, also where somebody else gets the address by "
        "then. To be rid of it, add %s or its network to connectivity_networks.management and run again, or run from an address that the "
        "plan admits" % (client, port, client)
    ]


def doubts(policy: Policy, connection: t.Optional[t.Tuple[str, int]], host: Host) -> t.List[str]:
    """What a new connection like the live one does not prove about a policy, as warnings."""
    carrier = _carrier(connection[0], host) if connection and (policy.deny_ingress or policy.deny_egress) else ""
    if not (connection and carrier):
        return []
    return [
        "the management connection from %s comes through %s, which is up already: a new one through it confirms the change even if "
        "the denied defaults keep it from being set up again; see that the plan has rules for what carries it, or keep another way in"
        % (connection[0], carrier)
    ]


def _carrier(client: str, host: Host) -> str:
    """What carries the connection of a client that is not on a wire of this host's: a tunnel, or something on the host itself; "" else."""
    asked = host.run(["ip", "-json", "route", "get", client], check=False).stdout if host.which("ip") else ""
    link = _link(asked)
    if not link:
        return ""
    kind = (host.read("/sys/class/net/%s/type" % link) or b"").decode("ascii", "replace").strip()
    if kind == _LOOPBACK:
        return "something on this host itself"
    return "the tunnel %s" % link if kind in _TUNNELS or host.read("/sys/class/net/%s/tun_flags" % link) else ""


def _link(routes: str) -> str:
    """The link of the first route that ip lists in JSON; empty where it lists none, or knows no JSON."""
    try:
        link = json.loads(routes)[0].get("dev", "") if routes else ""
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
        return ""
    return link if isinstance(link, str) and _LINK.match(link) and link not in (".", "..") else ""


def parse_connection(text: str) -> t.Optional[t.Tuple[str, int]]:
    """Read ``client-address client-port server-address server-port``; None for anything else.

    IPv4 addresses mapped into IPv6 are what packets show: IPv4. A link-local address loses its interface.
    """
    words = text.split()
    if len(words) != 4 or not words[3].isdigit() or not 0 < int(words[3]) < 65536:
        return None
    try:
        client = ipaddress.ip_address(words[0].partition("%")[0])
    except ValueError:
        return None
    return str(getattr(client, "ipv4_mapped", None) or client), int(words[3])


def _environments_of_parents() -> t.Iterator[t.Dict[str, str]]:
    pid = os.getppid()
    while pid > 1:
        try:
            lines = (read_regular("/proc/%d/environ" % pid, LARGE) or b"").decode(errors="replace").split("\0")
            # The command stands in parentheses and may hold anything; state and parent follow the last one (proc(5)).
            fields = (read_regular("/proc/%d/stat" % pid, LARGE) or b"").rpartition(b")")[2].split()
        except (OSError, Unreadable):
            return
        if len(fields) < 2:  # the process has ended meanwhile
            return
        pid = int(fields[1])
        yield dict(line.split("=", 1) for line in lines if "=" in line)
