# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
"""ufw: our rules stand in its own ``user.rules`` and ``user6.rules``, before and behind the administrator's.

The files are edited under ufw's lock and loaded as ufw loads them: one ``iptables-restore -n`` per family, which replaces the
user chains in one transaction. ``ufw reload`` would open the host in between, and one ``ufw`` call per rule takes seconds.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import re
import typing as t

from ..._change.change import Change
from ..._change.presence import Presence, presences
from ..._change.restore_point import RestorePoint, attempt
from ..._errors import PolicyRefused, ToolFailed
from ..._host.host import BYTES, File, Host
from ..._host.locks import holders, wait
from ..._host.snapshot import Snapshot
from ..._plan.words import EGRESS, INGRESS
from ..._policy.contradictions import Place as Decided
from ..._policy.contradictions import contradictions
from ..._policy.model import Policy
from ..iptables import loader
from ..iptables.loader import IPTABLES
from ..iptables.unread import Unread
from . import others, rules_file, user_chains
from .kernel import Kernel
from .rules import Place, translate

NAME = "ufw"
DEFAULTS = "/etc/default/ufw"
SETTINGS = "/etc/ufw/ufw.conf"
RULES = {4: "/etc/ufw/user.rules", 6: "/etc/ufw/user6.rules"}
LOCK = "/run/ufw.lock"
_INCOMPATIBLE = (
    "ufw: iptables cannot read table '%s filter', where ufw's chains are, because nft has written rules there that iptables does not "
    "know. Move these rules to a table with another name ('nft -a list table %s filter' shows them with their handles), run 'ufw reload' "
    "and run again; or choose another backend"
)
LOCK_SECONDS = 10.0  # for a change
WAY_BACK_SECONDS = 5.0


def is_installed(host: Host) -> bool:
    return host.which("ufw") is not None and host.read(RULES[4]) is not None


def is_running(host: Host) -> bool:
    """Whether ufw filters now, or will after the next boot."""
    return is_installed(host) and (_settings(host).get("enabled") == "yes" or _kernel(host, 4).loaded)


def propose(policy: t.Optional[Policy], host: Host) -> Change:
    """The way from the rules files and chains of ufw to those that carry the policy."""
    contents = [(version, host.read(path) or b"") for version, path in RULES.items()]
    if policy is None:
        ours = [
            _found(host, version, content, rules_file.parse_for_removal) for version, content in contents if rules_file.has_ours(content)
        ]
        return _change(host, [_Family(host, each, Place()) for each in ours], ())
    settings = _settings(host)
    there = [_found(host, version, content) for version, content in contents if content]
    ipv6 = settings.get("ipv6") == "yes" and _has_ipv6()
    problems = list(_problems(policy, settings, ipv6, there))
    if problems:
        raise PolicyRefused(*problems)
    spared = policy.management[0] if policy.management else ""
    carrying = (4, 6) if ipv6 else (4,)
    families = [_Family(host, each, translate(policy, each.version) if each.version in carrying else Place(), spared) for each in there]
    warnings = [*([] if ipv6 else _without_ipv6(policy)), *(warning for family in families for warning in family.warnings())]
    unread = Unread()
    warnings += contradictions(policy, (place for family in families for place in family.places(unread)))
    warnings += unread.warnings()
    return _change(host, families, list(dict.fromkeys(warnings)))


class _Found(t.NamedTuple):
    """The rules file of one family, and what the kernel holds of it now."""

    version: int
    path: str
    content: bytes
    file: rules_file.RulesFile
    kernel: Kernel


def _found(host: Host, version: int, content: bytes, parse: t.Optional[t.Callable[[str], rules_file.RulesFile]] = None) -> _Found:
    path = os.path.realpath(RULES[version])  # ufw itself writes through a link, too
    text = content.decode("utf-8", BYTES)
    return _Found(version, path, content, parse(text) if parse else rules_file.parse(text, path), _kernel(host, version))


class _Pieces:
    """The pieces of our rules, as they should be and as they are."""

    def __init__(self) -> None:
        self.both: t.Tuple[t.Dict[str, t.Set[str]], t.Dict[str, t.Set[str]]] = ({}, {})

    def add(self, rule: str, piece: str, is_there: bool) -> None:
        for pieces in self.both if is_there else self.both[:1]:
            pieces.setdefault(rule, set()).add(piece)


class _Family:
    """The rules of one family with ours in them, behind the administrator's bans unless those refuse ``spared``, the client of the
    management connection."""

    def __init__(self, host: Host, found: _Found, ours: Place, spared: str = "") -> None:
        self.version, self.path, self.content, self.file, self.kernel = found
        self.ours = ours
        self.bans = self.file.bans(spared)
        self.wanted = self.file.arranged(ours, self.bans)
        self._expected = user_chains.rehearse(host, self.version, self.file.text, self.kernel.chains) if self.kernel.loaded else None
        self._compared = self._compare(self.kernel)
        in_place = self.kernel.loaded and self.wanted == self.file
        self.deviations = self._deviations() if in_place else ([], [])

    def _compare(self, kernel: Kernel) -> t.Optional[user_chains.Comparison]:
        """What the kernel has of others alone; None where it cannot be known."""
        if self._expected is None:
            return None
        new = [rule.kernel_text() for rule in self.ours.first + self.ours.last] if self.wanted != self.file else []
        return user_chains.compare(kernel.chains, self._expected, user_chains.layout(self.file), self.file.chains(), new)

    def _deviations(self) -> t.Tuple[t.List[str], t.List[str]]:
        """What is loaded in the place of our rules, and what should be."""
        if self._compared is None:
            return self.kernel.deviations(self.ours, self.bans)
        return [], list(self._compared.missing)

    def text_to_load(self, kernel: Kernel) -> str:
        """What brings the kernel to the wanted rules, and leaves alone what others have there.

        Raises:
            ToolFailed: there is something of others that nobody can tell from the file's rules.
        """
        compared = self._compare(kernel)
        if compared is not None:
            return user_chains.merged(self.wanted, compared.extras)
        written = user_chains.layout(self.file)
        for chain in self.file.chains():
            if len(kernel.chains.get(chain, ())) > len(written.get(chain, ())):
                raise ToolFailed(
                    "ufw: chain %s has rules that are not in %s, and they would be lost: 'iptables-save -t filter' shows them. "
                    "Add them with the ufw command, or run 'ufw reload', which removes them; then run again" % (chain, self.path)
                )
        return self.wanted.text

    def places(self, unread: Unread) -> t.Iterator[Decided]:
        """What the administrator decides, in ufw's files and in its chains."""
        yield from others.places(self.wanted, self.bans, unread)
        if self._compared:
            bans = sum(block.count("\n-A ") for block in self.bans)
            yield from user_chains.decided(self._compared, self.version, bans, self.kernel.chains, unread)

    def add_pieces(self, disk: _Pieces, kernel: _Pieces) -> None:
        """Add what our rules come to in the file and in the kernel."""
        there = set(self.file.blocks)
        loaded = {line for lines in self.kernel.chains.values() for line in lines}
        for rule in self.ours.first + self.ours.last:
            disk.add(rule.id, rule.file_text(), rule.file_text() in there)
            kernel.add(rule.id, rule.kernel_text(), rule.kernel_text() in loaded)

    @property
    def changed(self) -> bool:
        return self.wanted != self.file or self.deviations != ([], [])

    @property
    def waiting(self) -> t.Sequence[str]:
        """The administrator's rules that stand in the file alone, and that loading it puts in force as well."""
        return self._compared.waiting if self._compared and self.changed else ()

    def describe(self, file: rules_file.RulesFile, deviations: t.Sequence[str]) -> str:
        lines = ["IPv%d" % self.version, *("  " + line for line in file.describe()), *("  loaded: " + line for line in deviations)]
        return "\n".join(lines) + "\n"

    def warnings(self) -> t.Iterator[str]:
        for theirs, ours in self.file.lookalikes(self.ours.first + self.ours.last):
            yield (
                "ufw: to ufw your rule '%s' is the same as ours of %s, which stands before it; "
                "'ufw delete' by its words takes ours away as well, or instead, until the next run" % (theirs, ours.id)
            )
        for closure in self.ours.first:
            if closure.action == "deny":
                for line in self.kernel.accepted_before(closure.protocol, closure.ports):
                    yield (
                        "ufw: '%s' (from before.rules, or from outside of ufw) accepts connections that %s closes; "
                        "our own table refuses them all the same; remove it" % (line, closure.id)
                    )
        for default in self.ours.last:
            for line in self.file.allowances(default.direction) if default.action == "deny" else ():
                yield "ufw: your rule '%s' stands before the %s, and lets pass what no rule of the plan does" % (line, default.id)


def _change(host: Host, families: t.Sequence[_Family], warnings: t.Sequence[str]) -> Change:
    return UfwChange(host, families, host.snapshot(family.path for family in families if family.changed), warnings)


class UfwChange(Change):
    """Both rules files and the user chains in the kernel."""

    name = NAME

    def __init__(self, host: Host, families: t.Sequence[_Family], snapshot: Snapshot, warnings: t.Sequence[str]) -> None:
        """``snapshot``: the rules files of the families that change, as they are now."""
        self._host = host
        self._all = families
        self._families = [family for family in families if family.changed]
        self._snapshot = snapshot
        self._files = {family.path: File(family.wanted.text.encode("utf-8", BYTES)) for family in self._families}
        self._touched = False
        self.before = "".join(
            family.describe(family.file, family.deviations[0]) + "".join("  not loaded yet: %s\n" % line for line in family.waiting)
            for family in families
        )
        self.after = "".join(family.describe(family.wanted, family.deviations[1]) for family in families)
        self.warnings = warnings

    def presence(self, rules: t.Sequence[str]) -> t.List[Presence]:
        disk, kernel = _Pieces(), _Pieces()
        for family in self._all:
            family.add_pieces(disk, kernel)
        known = set(rules)
        return [each for each in presences(self.name, disk.both, kernel.both) if each.rule in known]

    def check(self) -> None:
        """Besides the rules: whether ufw's lock can be had, so that nothing is touched where somebody does not let go of it."""
        if self._families:
            with _lock(ours=False) if os.path.exists(LOCK) else contextlib.nullcontext():
                for family in self._families:
                    if family.kernel.loaded:
                        loader.restore(self._host, _tool(family.version), family.text_to_load(family.kernel), "-n", "--test")

    def prepared(self) -> t.ContextManager[None]:
        return self._host.prepared(self._files, {})

    def apply(self) -> None:
        with _lock():
            for family in self._families:
                if self._host.read(family.path) != family.content:
                    raise ToolFailed("%s changed while its rules were being computed; run again" % family.path)
            self._touched = True
            # The kernel first: whatever ends this half way, the files still say that there is something to do.
            for family in self._families:
                if family.kernel.loaded:
                    now = _kernel(self._host, family.version)
                    loader.restore(self._host, _tool(family.version), family.text_to_load(now), "-n")
            for path, file in self._files.items():
                self._host.write(path, file.content)

    def restore_point(self) -> RestorePoint:
        loaded = [family for family in self._families if family.kernel.loaded]
        chains = {str(family.version): family.kernel.restore_text(family.file.chains()) for family in loaded}
        return RestorePoint(self.name, NAME, self._snapshot, chains)

    def undo(self) -> None:
        if self._touched:
            way = self.restore_point()
            put_back(way.files, way.runtime, self._host)


def put_back(files: Snapshot, runtime: t.Mapping[str, t.Any], host: Host) -> t.List[str]:
    """Restore the rules files, and the user chains of each family where ufw is still active.

    A lock that somebody else holds is not waited for beyond some seconds: files are replaced, and chains loaded, in one step each.

    Returns:
        Who held a lock, in words.

    Raises:
        ToolFailed: what could not be restored; the rest is.
    """
    with _lock(WAY_BACK_SECONDS, insist=True) as notes:

        def put_back_chains(family: int, chains: str) -> None:
            if _kernel(host, family).loaded:
                notes.extend(loader.put_back(host, _tool(family), chains, "-n"))

        attempt(files.restore, *(functools.partial(put_back_chains, int(family), chains) for family, chains in runtime.items()))
        return notes


def _problems(policy: Policy, settings: t.Mapping[str, str], ipv6: bool, families: t.Sequence[_Found]) -> t.Iterator[str]:
    """Why ufw cannot carry the policy as it is now."""
    if not families:
        yield "ufw is not installed on this host; install it and run 'ufw enable', or choose another backend"
        return
    enabled, loaded = settings.get("enabled") == "yes", families[0].kernel.loaded
    if not enabled and not loaded:
        yield "ufw is not active on this host; allow your own access ('ufw allow ssh') and run 'ufw enable', or choose another backend"
    elif any(family.kernel.incompatible for family in families):
        yield from (_INCOMPATIBLE % (("ip6" if each.version == 6 else "ip",) * 2) for each in families if each.kernel.incompatible)
    elif not loaded:
        yield (
            "ufw is enabled in %s, but not loaded; run 'systemctl start ufw', or 'ufw disable' where another firewall is wanted" % SETTINGS
        )
    elif not enabled:
        yield "ufw is loaded, but not enabled in %s: its rules would be gone after a reboot; run 'ufw enable' or 'ufw disable'" % SETTINGS
    else:
        yield from _unsafe(policy, ipv6, families)


def _unsafe(policy: Policy, ipv6: bool, families: t.Sequence[_Found]) -> t.Iterator[str]:
    """What makes an active ufw's user rules ineffective or dangerous."""
    if ipv6 and len(families) == 1:
        yield "%s is missing although IPV6=yes in %s; run 'ufw reset', or reinstall ufw" % (RULES[6], DEFAULTS)
    for family in families:
        wanted = family.version == 4 or ipv6
        if wanted != family.kernel.loaded:
            yield "IPV6=%s in %s is not in force yet; run 'ufw reload'" % ("yes" if ipv6 else "no", DEFAULTS)
        elif wanted:
            for jump in family.kernel.unhooked():
                yield "ufw (IPv%d): '%s' is missing, something else flushed it; run 'ufw reload'" % (family.version, jump)
            if policy.management and (":" in policy.management[0]) == (family.version == 6):
                for line in family.kernel.refused_before(*policy.management):
                    yield "ufw: '%s' stands before all user rules and cuts new management connections from %s; remove it" % (
                        line,
                        policy.management[0],
                    )
            for direction, word in ((INGRESS, "in"), (EGRESS, "out")):
                if policy.denies(direction) and not family.kernel.accepts_established(word):
                    yield "deny %s would cut established connections (IPv%d): the rule that accepts them is missing from before.rules" % (
                        direction,
                        family.version,
                    )


def _without_ipv6(policy: Policy) -> t.Iterator[str]:
    for rule in policy.rules:
        if any(peer.ipv6 for peer in rule.peers):
            yield "%s: its IPv6 peers are not allowed, because IPV6=no in %s and ufw refuses all IPv6" % (rule.id, DEFAULTS)


def _settings(host: Host) -> t.Dict[str, str]:
    """ufw's settings, read as ufw reads them: names and values in lower case, ufw.conf over the defaults."""
    text = "".join((host.read(path) or b"").decode("latin-1") + "\n" for path in (DEFAULTS, SETTINGS))
    return {name.lower(): value.lower() for name, value in re.findall(r'^(\w+)="?(\w+)', text, re.MULTILINE)}


def _has_ipv6() -> bool:
    """Whether the kernel has IPv6, by the same sign as ufw."""
    return os.path.exists("/proc/sys/net/ipv6")


def _kernel(host: Host, family: int) -> Kernel:
    saved = host.run([IPTABLES[family] + "-save", "-t", "filter"]).stdout if family == 4 or _has_ipv6() else ""
    return Kernel(saved, family)


def _tool(family: int) -> str:
    return IPTABLES[family] + "-restore"


@contextlib.contextmanager
def _lock(seconds: t.Optional[float] = None, insist: bool = False, ours: bool = True) -> t.Iterator[t.List[str]]:
    """Hold ufw's own lock. ufw makes its file readable by everybody, and whoever may read it may lock it; root alone has to.

    Args:
        seconds: How long to wait for others.
        insist: Whether to go on without the lock where somebody else still holds it then.
        ours: Whether to make its file root's alone; check mode changes nothing.

    Yields:
        Who held it, in words, where this goes on without it.

    Raises:
        ToolFailed: somebody else still holds it.
    """
    seconds = LOCK_SECONDS if seconds is None else seconds
    with open(LOCK, "a", opener=functools.partial(os.open, mode=0o600)) as file:
        if ours:
            os.fchmod(file.fileno(), 0o600)
        notes = []
        if not wait(lambda: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB), seconds):
            if not insist:
                raise ToolFailed(
                    "ufw's lock %s has been held for %d seconds by %s; if that is a ufw command, answer its question, otherwise end it; "
                    "then run again" % (LOCK, seconds, holders(LOCK))
                )
            notes.append("%s was held by %s" % (LOCK, holders(LOCK)))
        yield notes
