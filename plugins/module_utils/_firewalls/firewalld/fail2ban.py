# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Jails of fail2ban that ban in firewalld's zones, where no ban stops a peer: one that comes after a run is not seen by it."""

from __future__ import annotations

import re
import typing as t

from ..._errors import ToolFailed
from ..._host.host import Host
from ..._host.printable import printable

_IN_ZONES = ("firewallcmd-rich-rules", "firewallcmd-rich-logging")
_MOST = 200  # jails that are asked, each by a command
_JAILS = re.compile(r"Jail list:[ \t]*(.*)")


def warnings(host: Host) -> t.List[str]:
    """A warning for each such jail of a server that runs. A server that does not answer has none."""
    if not host.which("fail2ban-client"):
        return []
    return [
        "fail2ban: your jail %s bans by %s in a zone of firewalld, which does not stop peers of the plan: set its banaction to nftables"
        % (printable(jail), action)
        for jail in _jails(_answer(host, "status"))
        for action in _answer(host, "get", jail, "actions").replace(",", " ").split()
        if action in _IN_ZONES
    ]


def _jails(status: str) -> t.List[str]:
    """The names that ``fail2ban-client status`` lists, but for those that would be read as an option."""
    listed = _JAILS.search(status)
    return [jail for jail in re.findall(r"[^,\s\0]+", listed[1]) if not jail.startswith("-")][:_MOST] if listed else []


def _answer(host: Host, *words: str) -> str:
    """What the server answers; nothing where it fails or hangs."""
    try:
        done = host.run(["fail2ban-client", *words], check=False)
    except ToolFailed:
        return ""
    return done.stdout if done.rc == 0 else ""
