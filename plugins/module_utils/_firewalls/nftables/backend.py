# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""nftables: our own table carries the policy; with other backends it carries the forward guard alone."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ..._change.change import Change
from ..._change.presence import Presence, presences
from ..._change.restore_point import RestorePoint, attempt
from ..._errors import PolicyRefused, ToolFailed
from ..._host.host import CONFIGURATION, File, Host
from ..._host.own_files import fixed, fixed_link
from ..._host.snapshot import Snapshot
from ..._policy.container_bridges import container_bridges, links_of_others
from ..._policy.contradictions import contradictions
from ..._policy.model import Policy
from ..._policy.surroundings import Surroundings
from . import boot, bridge_support, emergency_rules, native, open_connections, untracked
from . import kernel as others
from .boot import COMMAND, EMERGENCY, HEADER, LOAD, RULESET, SCRIPT
from .containers_apart import BRIDGE_TABLE, DELETE_BRIDGE
from .peers_watched import without_peers
from .pieces import pieces
from .ruleset import DELETE, DENIED_EGRESS, TABLE

NAME = "nftables"
OUR_TABLES = (("inet", TABLE), ("bridge", TABLE))
FIREWALLD_TABLE = ("inet", "firewalld")
SERVICE = "federated-connectivity.service"
UNIT = "/etc/systemd/system/" + SERVICE
WANTS = "/etc/systemd/system/sysinit.target.wants/" + SERVICE
LINK = "../" + SERVICE
DROP_IN = "/etc/systemd/system/nftables.service.d/federated-connectivity.conf"
MODES = {RULESET: 0o600, **dict.fromkeys(EMERGENCY.values(), 0o600), LOAD: 0o600, UNIT: 0o644, DROP_IN: 0o644}
FILES = (*MODES, WANTS)

# No ExecStop: stopping the service, or shutting down, opens nothing.
UNIT_TEXT = (
    HEADER
    + """[Unit]
Description=Connectivity policy of federated systems (nftables table inet {table})
Documentation=man:nft(8)
DefaultDependencies=no
After=nftables.service
Before=network-pre.target docker.service shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={load}
ExecReload={load}

[Install]
WantedBy=sysinit.target
"""
)
# Debian's nftables.service empties the whole packet filter whenever it starts, reloads or stops; ours is back before it says so.
DROP_IN_TEXT = (
    HEADER
    + """[Service]
ExecStartPost=-{load}
ExecReload=-{load}
ExecStopPost=-{load}
"""
)


def is_installed(host: Host) -> bool:
    return host.which("nft") is not None


def is_running(host: Host) -> bool:
    """The kernel always filters."""
    return is_installed(host)


def propose(policy: t.Optional[Policy], host: Host) -> Change:
    """The whole policy, guard included, as one transaction."""
    if policy is None:
        return _change(host, "", {}, False, ())
    surroundings = _surroundings(policy, host)
    ruleset = native.translate(policy, surroundings)
    _require_nft(host)
    kernel = others.read(host)
    warnings = [*_objections(kernel), *bridge_support.doubts(surroundings), *_contradictions(policy, kernel)]
    emergency = {family: emergency_rules.render(policy, family, True, surroundings.bridges) for family in EMERGENCY}
    return _change(host, ruleset, emergency, policy.deny_egress, warnings)


def propose_guard(policy: t.Optional[Policy], host: Host, redirected_pass: bool) -> Change:
    """The guard alone, beside another backend, which may let redirected connections pass; the host's own chains go if they were there."""
    if policy is None:
        return _change(host, "", {}, False, ())
    surroundings = _surroundings(policy, host, redirected_pass)
    ruleset = native.translate_guard(policy, surroundings)
    emergency = {}
    if ruleset:
        _require_nft(host)
        emergency = {family: emergency_rules.render(policy, family, False, surroundings.bridges) for family in EMERGENCY}
    warnings = [*bridge_support.doubts(surroundings), *_contradictions(policy, others.read(host))]
    return _change(host, ruleset, emergency, False, warnings)


def _surroundings(policy: Policy, host: Host, redirected_pass: bool = False) -> Surroundings:
    """What the rendering needs to know of the host: links that are bridges of container engines, and others with such names."""
    links = os.listdir("/sys/class/net")
    bridges, others = (tuple(find(policy.container_interfaces, links)) for find in (container_bridges, links_of_others))
    found = Surroundings(bridges, others, redirected_pass=redirected_pass)
    if policy.containers_apart is None and not policy.contained_bridges:
        return found
    return bridge_support.looked_at(found, bridges, policy.contained_bridges, host)


def _require_nft(host: Host) -> None:
    if not is_installed(host):
        raise PolicyRefused("nft is not installed on this host, and the policy needs it; apt-get install nftables")


def _change(host: Host, ruleset: str, emergency: t.Mapping[int, str], refuses: bool, warnings: t.Sequence[str]) -> Change:
    texts = _texts(ruleset, emergency)
    return TableChange(host, _found(host, texts), ruleset, texts, _listing_of(ruleset, host), refuses, warnings)


class _Found(t.NamedTuple):
    """What is there of ours.

    Attributes:
        table: Our table as the kernel lists it; empty where it is not.
        at_boot: What is there of ours for the next boot, in lines.
        active: Whether the unit is active.
        not_loaded: What the last boot did not load, if so.
        files: Our files.
        had_nft: Whether nft is installed.
    """

    table: str
    at_boot: t.Sequence[str]
    active: bool
    not_loaded: t.Optional[boot.NotLoaded]
    files: Snapshot
    had_nft: bool


def _found(host: Host, texts: t.Mapping[str, str]) -> _Found:
    return _Found(
        _listing(host), list(_at_boot(host, texts)), _is_active(host), boot.not_loaded(host), host.snapshot(FILES), is_installed(host)
    )


def _at_boot(host: Host, texts: t.Mapping[str, str]) -> t.Iterator[str]:
    """What is there of ours for the next boot; without a policy, what of it has to go."""
    for path in MODES:
        found = host.attributes(path)
        if found and (texts or not os.path.isdir(path)):
            own = host.read_own(path)
            right = own is not None and own.decode(errors="replace") == texts.get(path, "")
            yield _line(path, found, "" if right else "; not as we made it")
    link, directory = host.link_attributes(WANTS, UNIT), host.attributes(CONFIGURATION)
    if link:
        yield _line(WANTS, link)
    if directory and texts:
        yield _line(CONFIGURATION, directory)


def _texts(ruleset: str, emergency: t.Mapping[int, str]) -> t.Dict[str, str]:
    """Our files by path; none without a ruleset."""
    if not ruleset:
        return {}
    unit, drop_in = (text.format(table=TABLE, load=COMMAND) for text in (UNIT_TEXT, DROP_IN_TEXT))
    closed = {path: HEADER + emergency[family] for family, path in EMERGENCY.items()}
    return {RULESET: HEADER + ruleset, **closed, LOAD: SCRIPT, UNIT: unit, DROP_IN: drop_in}


def _listing_of(ruleset: str, host: Host) -> str:
    """What is there of ours once the ruleset is loaded, in the form of :class:`_Found`."""
    if not ruleset:
        return ""
    at_boot = [_line(path, fixed(mode)) for path, mode in MODES.items()]
    at_boot += [_line(WANTS, fixed_link(UNIT)), _line(CONFIGURATION, fixed(host.directory_mode, directory=True))]
    return _rehearse(host, ruleset) + "".join(at_boot) + _active(host.has_systemd())


class TableChange(Change):
    """Our table in the kernel, its file, the unit that loads it at boot, and what closes its ports where that fails.

    The text of both sides is the kernel's own listing. What a ruleset would look like there is found out by loading it in a
    network namespace of its own, where it filters nothing.
    """

    name = "nftables table inet %s" % TABLE

    def __init__(
        self,
        host: Host,
        found: _Found,
        ruleset: str,
        texts: t.Mapping[str, str],
        after: str,
        refuses: bool,
        warnings: t.Sequence[str],
    ) -> None:
        """``texts``: our files by path. ``refuses``: the ruleset refuses egress of the host itself by default."""
        self._host = host
        self._found = found
        self._ruleset = ruleset
        self._texts = texts
        self._begins_to_refuse = refuses and DENIED_EGRESS not in found.table
        self.before = found.table + "".join(found.at_boot) + _active(found.active)
        if found.not_loaded:
            self.before += "# not loaded at boot: %s\n" % found.not_loaded.words
        self.after = after
        self.warnings = warnings

    def presence(self, rules: t.Sequence[str]) -> t.List[Presence]:
        file = (self._host.read_own(RULESET) or b"").decode(errors="replace")
        disk, kernel = (self._ruleset, file), (self.after, self._found.table)
        return presences(self.name, (pieces(disk[0], rules), pieces(disk[1], rules)), (pieces(kernel[0], rules), pieces(kernel[1], rules)))

    def check(self) -> None:
        if self.changed and self._ruleset:
            self._host.run(["nft", "-c", "-f", "-"], input=self._ruleset)

    def prepared(self) -> t.ContextManager[None]:
        files = {path: File(self._texts[path].encode(), mode) for path, mode in MODES.items()} if self._ruleset else {}
        return self._host.prepared(files, {WANTS: LINK} if files else {})

    def apply(self) -> None:
        if not self.changed:
            return
        if self._begins_to_refuse:
            open_connections.track()
        if self._ruleset or is_installed(self._host):
            self._host.run(["nft", "-f", "-"], input=_without_bridge_table(self._host) + (self._ruleset or DELETE))
        boot.lift(self._host)
        if self._ruleset:
            for path, mode in MODES.items():
                self._host.write(path, self._texts[path].encode(), mode=mode)
            self._host.link(WANTS, LINK)
        else:
            _stop(self._host)
            for path in reversed(FILES):
                self._host.remove(path)
            for path in (RULESET, DROP_IN, WANTS):
                self._host.remove_directory(os.path.dirname(path))
        _reload_units(self._host)
        if self._ruleset and self._host.has_systemd():
            self._host.run(["systemctl", "start", SERVICE])

    def restore_point(self) -> RestorePoint:
        found = self._found
        words = found.not_loaded.words if found.not_loaded else ""
        runtime = {"table": found.table, "active": found.active, "not_loaded": words, "had_nft": found.had_nft}
        return RestorePoint(self.name, NAME, found.files, runtime)

    def undo(self) -> None:
        way = self.restore_point()
        put_back(way.files, way.runtime, self._host)


def put_back(files: Snapshot, runtime: t.Mapping[str, t.Any], host: Host) -> t.List[str]:
    """Restore our table, its files and its unit as a change found them; what can be restored is, also where the rest cannot.

    Returns:
        What stays open although it should be closed, in words.
    """
    notes: t.List[str] = []
    active, not_loaded = runtime["active"], runtime.get("not_loaded", "")
    if DENIED_EGRESS in runtime["table"]:
        with contextlib.suppress(Exception):  # a way back does not end for this
            open_connections.track()
    attempt(
        # Without nft the change itself has loaded nothing.
        lambda: (
            host.run(["nft", "-f", "-"], input=_without_bridge_table(host) + DELETE + runtime["table"])
            if runtime.get("had_nft", True)
            else None
        ),
        lambda: None if active else _stop(host),
        files.restore,
        lambda: notes.extend(boot.close(host, not_loaded)) if not_loaded else boot.lift(host),
        lambda: _reload_units(host),
        # Early at boot it waits for whoever calls this.
        lambda: host.run(["systemctl", "start", "--no-block", SERVICE]) if active else None,
    )
    return notes


def _stop(host: Host) -> None:
    if host.has_systemd():
        host.run(["systemctl", "stop", SERVICE], check=False)
        host.run(["systemctl", "reset-failed", SERVICE], check=False)


def _reload_units(host: Host) -> None:
    if host.has_systemd():
        host.run(["systemctl", "daemon-reload"])


def _line(path: str, found: str, remark: str = "") -> str:
    return "# at boot: %s, %s%s\n" % (path, found, remark)


def _active(active: bool) -> str:
    return "# %s is active\n" % SERVICE if active else ""


def _is_active(host: Host) -> bool:
    return host.has_systemd() and host.run(["systemctl", "is-active", "--quiet", SERVICE], check=False).rc == 0


def _listing(host: Host) -> str:
    """Our tables as the kernel has them, without counters; empty where they are not."""
    if not is_installed(host):
        return ""
    listed = host.run(["nft", "-s", "list", "table", "inet", TABLE], check=False)
    if listed.rc != 0 and "No such file or directory" not in listed.stderr:
        raise ToolFailed("nft cannot list table inet %s: %s" % (TABLE, listed.stderr.strip()))
    inet = without_peers(listed.stdout) if listed.rc == 0 else ""
    return inet + host.run(["nft", "-s", "list", "table", *BRIDGE_TABLE.split()], check=False).stdout


def _rehearse(host: Host, ruleset: str) -> str:
    """How this kernel and this nft list the ruleset once it is loaded."""
    bridge = "nft -s list table %s" % BRIDGE_TABLE if BRIDGE_TABLE in ruleset else "true"
    load_and_list = "nft -f - && nft -s list table inet %s && %s" % (TABLE, bridge)
    return host.run(["unshare", "--net", "--", "sh", "-c", load_and_list], input=ruleset).stdout


def _without_bridge_table(host: Host) -> str:
    """What removes our table of bridges, where it is; a kernel without such tables does not take even its removal."""
    found = is_installed(host) and host.run(["nft", "list", "table", *BRIDGE_TABLE.split()], check=False).rc == 0
    return DELETE_BRIDGE if found else ""


def _objections(kernel: others.Kernel) -> t.List[str]:
    """Warnings about other tables that refuse by default what we only accept: a drop anywhere is final."""
    return [
        "nftables chain %s drops by default what it does not accept itself; the ports of this policy must be accepted there too" % chain
        for chain in kernel.refusing_by_default(OUR_TABLES)
    ]


def _contradictions(policy: Policy, kernel: others.Kernel) -> t.List[str]:
    """What others decide in the kernel, whichever backend carries the policy, and what of it could not be read."""
    found = contradictions(policy, kernel.places([*OUR_TABLES, FIREWALLD_TABLE]))
    return found + untracked.warnings(policy, kernel.untracked(), kernel.refusing(OUR_TABLES)) + kernel.unread.warnings()
