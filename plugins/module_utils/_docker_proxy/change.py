# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Gives a Docker daemon its forward proxy, or takes everything back: files, the daemon, and live-restore as they were."""

from __future__ import annotations

import contextlib
import typing as t

from .._errors import PolicyError, ToolFailed
from .._host.host import Host
from . import api
from .daemon import Daemon
from .proposal import Proposal, in_force
from .proxies import Proxies
from .restart import lent, returned, switch
from .state import MODE, backup, files, save


def apply(daemon: Daemon, wanted: Proxies, proposal: Proposal, restart: bool, host: Host) -> None:
    """Make it so, and see that the daemon says so itself; if not, everything is as before, and the daemon runs.

    Args:
        restart: Whether the daemon may be restarted.

    Raises:
        PolicyRefused: dockerd would not start with it; nothing was touched.
        ToolFailed: it failed, and was taken back.
    """
    file, places = proposal.daemon_json, daemon.places
    restart = restart and proposal.restart
    lend = restart and proposal.survival.lend
    if file.changed and file.new is not None:
        daemon.validate(file.new)
    snapshot = host.snapshot([file.path, *(each.path for each in proposal.unit_files), *files(places)])
    started = False
    try:
        save(places, proposal.state._replace(lending=lend), host)
        if file.changed and file.old is not None:
            host.write(backup(places), file.old, MODE)
        if lend:
            host.put(file.path, lent(file.old), file.mode if file.old_mode is None else file.old_mode & file.mode)
            switch(daemon, True)
        for each in proposal.files:
            each.write(host)
        if any(each.changed for each in proposal.unit_files):
            daemon.reload_units()
        if restart:
            if lend:
                host.put(file.path, lent(file.new), file.mode)
            started = True
            daemon.restart()
            _see(daemon, wanted)
        if lend:
            _give_back(daemon, file.path, file.new, file.mode, host)
        due = proposal.running if proposal.restart and not restart else ""
        save(places, proposal.state._replace(due=due), host)
    except (PolicyError, OSError) as error:
        reasons = list(error.messages) if isinstance(error, PolicyError) else [str(error)]
        try:
            snapshot.restore()
        except PolicyError as left:
            reasons += left.messages
        reasons.append(_recover(daemon, proposal, lend, started, host))
        raise ToolFailed(*reasons) from error


def _see(daemon: Daemon, wanted: Proxies) -> None:
    """The daemon has to say itself that it uses the proxies, where it says anything at the usual socket."""
    said = api.wait_for(daemon.places.socket, lambda info: in_force(wanted, info))
    if said and not in_force(wanted, said):
        others = ["%s (%s)" % (setting.place, setting.name) for setting in daemon.unit.proxy_variables()]
        raise ToolFailed(
            "%s started, but does not use the proxies that it was given%s"
            % (daemon.name, ": look at " + ", ".join(others) if others else "")
        )


def _give_back(daemon: Daemon, path: str, content: t.Optional[bytes], mode: int, host: Host) -> None:
    host.put(path, returned(content), mode)
    switch(daemon, False)
    host.put(path, content, mode)


def _recover(daemon: Daemon, proposal: Proposal, lend: bool, started: bool, host: Host) -> str:
    """Files are as before; let the daemon be so too. What became of it, in words."""
    file = proposal.daemon_json
    mode = file.mode if file.old_mode is None else file.old_mode
    try:
        if lend:
            host.put(file.path, lent(file.old), mode)
        with contextlib.suppress(PolicyError):
            daemon.reload_units()
        if started:
            daemon.restart()
        if lend:
            _give_back(daemon, file.path, file.old, mode, host)
    except (PolicyError, OSError) as error:
        host.put(file.path, file.old, mode)
        return "its files are as they were before, but it could not be brought back to them: %s" % error
    return "its files are as they were before, and it runs with them" if proposal.running else "its files are as they were before"
