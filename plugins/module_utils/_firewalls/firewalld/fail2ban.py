# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Jails of fail2ban that ban in firewalld's zones, where no ban stops a peer: one that comes after a run is not seen by it."""

from __future__ import annotations

import re
import typing as t

from ..._host.host import Host

_IN_ZONES = ("firewallcmd-rich-rules", "firewallcmd-rich-logging")
_JAILS = re.compile(r"Jail list:[ \t]*(.*)")


def warnings(host: Host) -> t.List[str]:
    """A warning for each such jail of a server that runs."""
    if not host.which("fail2ban-client"):
        return []
    jails = _JAILS.search(host.run(["fail2ban-client", "status"], check=False).stdout)
    return [
        "fail2ban: your jail %s bans by %s in a zone of firewalld, which does not stop peers of the plan: set its banaction to nftables"
        % (jail, action)
        for jail in (re.findall(r"[^,\s]+", jails[1]) if jails else ())
        for action in host.run(["fail2ban-client", "get", jail, "actions"], check=False).stdout.replace(",", " ").split()
        if action in _IN_ZONES
    ]
