# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ufw backend on a host made of dictionaries: what it refuses, warns of, writes, loads and restores."""

from __future__ import annotations

import fcntl
import pathlib
import re
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused, ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw import backend as ufw
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import HOST, INGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

PEERS = AddressSet("peers", ("198.51.100.20/32",), ("2001:db8:1::20/128",))
POLICY = Policy("host", (Rule("linksight.north.peer_http.ingress", INGRESS, "tcp", ("8443",), (PEERS,), HOST, True),), False, False)
IN_FORCE = {
    4: ["-s 198.51.100.20/32 -p tcp -m tcp --dport 8443 -j ACCEPT"],
    6: ["-s 2001:db8:1::20/128 -p tcp -m tcp --dport 8443 -j ACCEPT"],
}
CLOSED = "-p tcp -m tcp --dport 8443 -j DROP"
RULES, RULES6 = ufw.RULES.values()


def rules_file(prefix: str) -> bytes:
    return f"*filter\n:{prefix}-user-input - [0:0]\n### RULES ###\n\n### END RULES ###\nCOMMIT\n".encode()


def listed(rule: re.Match[str]) -> str:
    """The beginning of a rule in a file, as iptables-save shows it."""
    source = f" -s {rule[3]}/{128 if ':' in rule[3] else 32}" if rule[3] else ""
    return f"{rule[1]}{source} -p tcp -m tcp --dport {rule[2]}"


class FakeHost(Host):
    """A host with an active ufw; ``chains`` is what iptables-save shows, per family."""

    def __init__(self) -> None:
        self.files = {
            ufw.DEFAULTS: b'# IPV6=no\nIPV6="yes"\nDEFAULT_INPUT_POLICY="DROP"\n',
            ufw.SETTINGS: b"ENABLED=yes\n",
            RULES: rules_file("ufw"),
            RULES6: rules_file("ufw6"),
        }
        self.chains = {4: self.active("ufw"), 6: self.active("ufw6")}
        self.runs: list[tuple[str, str]] = []
        self.failing = ""

    @staticmethod
    def active(prefix: str, *users: str) -> str:
        lines = [f":{prefix}-user-input - [0:0]"]
        for builtin in ("input", "output"):
            lines += [f"-A {builtin.upper()} -j {prefix}-before-{builtin}", f"-A {prefix}-before-{builtin} -j {prefix}-user-{builtin}"]
        return "\n".join([*lines, *(f"-A {prefix}-user-input {user}" for user in users)])

    def load(self) -> None:
        self.chains = {family: self.active(prefix, *IN_FORCE[family], CLOSED) for family, prefix in ((4, "ufw"), (6, "ufw6"))}

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        command = " ".join(argv)
        if argv[0].endswith("-save"):
            return Result(0, self.chains[6 if "6" in argv[0] else 4], "")
        if argv[0] == "unshare":
            return Result(0, re.sub(r"(-A \S+) -p tcp --dport (\d+)(?: -s (\S+))?", listed, input or ""), "")
        if self.failing and self.failing in command:
            raise ToolFailed("%s failed" % command)
        self.runs.append((command, input or ""))
        return Result(0, "", "")

    def which(self, command: str) -> str | None:
        return "/usr/sbin/" + command

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def write(self, path: str, content: bytes, mode: int | None = None) -> None:
        self.files[path] = content

    def snapshot(self, paths: t.Iterable[str]) -> t.Any:
        saved = {path: self.files[path] for path in paths}
        return type("Snapshot", (), {"restore": lambda _self: self.files.update(saved)})()


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> FakeHost:
    monkeypatch.setattr(ufw, "_has_ipv6", lambda: True)
    monkeypatch.setattr(ufw, "LOCK", str(tmp_path / "ufw.lock"))
    return FakeHost()


def refusal(host: FakeHost, policy: Policy = POLICY) -> tuple[str, ...]:
    before = dict(host.files)
    with pytest.raises(PolicyRefused) as caught:
        ufw.propose(policy, host)
    assert host.files == before
    assert host.runs == []
    return caught.value.messages


def test_apply_writes_both_files_and_loads_each_once(host: FakeHost) -> None:
    change = ufw.propose(POLICY, host)
    assert change.changed
    assert change.warnings == []
    change.check()
    assert [command for command, _text in host.runs] == ["iptables-restore -w 10 -n --test", "ip6tables-restore -w 10 -n --test"]
    tested = [text.encode() for _command, text in host.runs]
    host.runs.clear()
    change.apply()
    assert [host.files[RULES], host.files[RULES6]] == tested
    loaded = [text.encode() for _command, text in host.runs]
    assert ([command for command, _text in host.runs], loaded) == (["iptables-restore -w 10 -n", "ip6tables-restore -w 10 -n"], tested)
    host.load()
    host.runs.clear()
    again = ufw.propose(POLICY, host)
    again.check()
    assert (again.changed, again.before, host.runs) == (False, change.after, [])


def test_undo_restores_files_and_chains(host: FakeHost) -> None:
    files = dict(host.files)
    host.chains[4] += "\n-A ufw-user-input -p esp -j ACCEPT"
    change = ufw.propose(POLICY, host)
    change.apply()
    host.runs.clear()
    change.undo()
    assert host.files == files
    assert host.runs[0] == ("iptables-restore -w 5 -n", "*filter\n:ufw-user-input - [0:0]\n-A ufw-user-input -p esp -j ACCEPT\nCOMMIT\n")
    assert host.runs[1] == ("ip6tables-restore -w 5 -n", "*filter\n:ufw6-user-input - [0:0]\nCOMMIT\n")


def test_a_failed_load_leaves_the_files_and_can_be_undone(host: FakeHost) -> None:
    files = dict(host.files)
    change = ufw.propose(POLICY, host)
    host.failing = "ip6tables-restore"
    with pytest.raises(ToolFailed):
        change.apply()
    assert host.files == files
    host.failing = ""
    change.undo()
    assert host.files == files


def test_a_rule_added_meanwhile_is_kept(host: FakeHost) -> None:
    change = ufw.propose(POLICY, host)
    host.files[RULES6] += b"# the administrator was here\n"
    files = dict(host.files)
    with pytest.raises(ToolFailed, match=r"user6\.rules changed .* run again"):
        change.apply()
    change.undo()
    assert (host.files, host.runs) == (files, [])


def test_rules_flushed_from_the_kernel_are_loaded_again(host: FakeHost) -> None:
    ufw.propose(POLICY, host).apply()
    host.load()
    host.chains[6] = host.active("ufw6")
    host.runs.clear()
    change = ufw.propose(POLICY, host)
    assert set(change.after.splitlines()) - set(change.before.splitlines()) == {
        f"  loaded: -A ufw6-user-input {match}" for match in (*IN_FORCE[6], CLOSED)
    }
    change.apply()
    assert [command for command, _text in host.runs] == ["ip6tables-restore -w 10 -n"]


def test_removal_needs_no_running_ufw(host: FakeHost) -> None:
    files = dict(host.files)
    ufw.propose(POLICY, host).apply()
    host.files[ufw.SETTINGS] = b"ENABLED=no\n"
    host.chains = {4: "", 6: ""}
    host.runs.clear()
    change = ufw.propose(None, host)
    change.apply()
    assert (host.files[RULES], host.files[RULES6], host.runs) == (files[RULES], files[RULES6], [])


@pytest.mark.parametrize("content", [rules_file("ufw"), b"", b"no rules file at all"])
def test_nothing_to_remove(host: FakeHost, content: bytes) -> None:
    host.files[RULES] = content
    change = ufw.propose(None, host)
    change.apply()
    assert (change.changed, host.files[RULES], host.runs) == (False, content, [])


def test_removal_where_there_is_no_ufw(host: FakeHost) -> None:
    host.files.clear()
    assert not ufw.propose(None, host).changed
    assert not ufw.is_installed(host)
    assert not ufw.is_running(host)
    assert "not installed" in refusal(host)[0]


@pytest.mark.parametrize(
    ("enabled", "loaded", "running", "message"),
    [
        (False, False, False, "not active .* 'ufw enable'"),
        (True, False, True, "not loaded; run 'systemctl start ufw'"),
        (False, True, True, "gone after a reboot; run 'ufw enable'"),
    ],
)
def test_a_ufw_that_is_not_wholly_active(host: FakeHost, enabled: bool, loaded: bool, running: bool, message: str) -> None:
    host.files[ufw.SETTINGS] = b"ENABLED=%s\n" % (b"yes" if enabled else b"no")
    if not loaded:
        host.chains = {4: "", 6: ""}
    assert ufw.is_running(host) is running
    (refused,) = refusal(host)
    assert re.search(message, refused)


def test_ipv6_off_is_said_and_its_file_left_alone(host: FakeHost) -> None:
    host.files[ufw.DEFAULTS] = b"IPV6=no\n"
    host.chains[6] = ""
    change = ufw.propose(POLICY, host)
    (warning,) = change.warnings
    assert warning.startswith("linksight.north.peer_http.ingress: its IPv6 peers are not allowed")
    change.apply()
    assert host.files[RULES6] == rules_file("ufw6")
    assert [command for command, _text in host.runs] == ["iptables-restore -w 10 -n"]


@pytest.mark.parametrize(("setting", "loaded"), [(b"IPV6=no\n", True), (b"IPV6=yes\n", False)])
def test_an_ipv6_setting_that_is_not_in_force_is_refused(host: FakeHost, setting: bytes, loaded: bool) -> None:
    host.files[ufw.DEFAULTS] = setting
    if not loaded:
        host.chains[6] = ""
    assert ["run 'ufw reload'" in message for message in refusal(host)] == [True]


def test_a_missing_ipv6_file_is_refused(host: FakeHost) -> None:
    del host.files[RULES6]
    assert "user6.rules is missing" in refusal(host)[0]


def test_flushed_builtin_chains_are_refused(host: FakeHost) -> None:
    host.chains[4] = host.chains[4].replace("-A INPUT -j ufw-before-input\n", "")
    assert ["'-A INPUT -j ufw-before-input' is missing" in message for message in refusal(host)] == [True]


def test_deny_without_established_connections_is_refused(host: FakeHost) -> None:
    host.chains[4] += "\n-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    assert len(refusal(host, POLICY._replace(deny_ingress=True))) == 1
    assert len(refusal(host, POLICY._replace(deny_ingress=True, deny_egress=True))) == 3


def test_an_accept_before_ours_is_named(host: FakeHost) -> None:
    host.chains[4] = "-A INPUT -p tcp -m tcp --dport 8443 -j ACCEPT\n" + host.chains[4]
    (warning,) = ufw.propose(POLICY, host).warnings
    assert "'-A INPUT -p tcp -m tcp --dport 8443 -j ACCEPT'" in warning
    assert "linksight.north.peer_http.ingress" in warning


def test_a_rule_that_ufw_takes_for_ours_is_named_once(host: FakeHost) -> None:
    for path, anywhere, chain in ((RULES, b"0.0.0.0/0", b"ufw"), (RULES6, b"::/0", b"ufw6")):
        theirs = b"\n### tuple ### allow tcp 8443 %s any %s in\n-A %s-user-input -p tcp --dport 8443 -j ACCEPT\n" % (
            anywhere,
            anywhere,
            chain,
        )
        host.files[path] = host.files[path].replace(b"### RULES ###\n", b"### RULES ###\n" + theirs)
    warning, _contradiction = ufw.propose(POLICY, host).warnings
    assert "'allow in from any to any port 8443 proto tcp'" in warning
    assert "linksight.north.peer_http.ingress" in warning


def test_a_rule_in_the_file_alone_is_shown_before_a_run_loads_it(host: FakeHost) -> None:
    theirs = b"\n### tuple ### allow tcp 2222 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 2222 -j ACCEPT\n"
    host.files[RULES] = host.files[RULES].replace(b"### RULES ###\n", b"### RULES ###\n" + theirs)
    change = ufw.propose(POLICY, host)
    shown = [line for line in change.before.splitlines() if "not loaded yet" in line]
    assert ["--dport 2222 -j ACCEPT" in line for line in shown] == [True]
    assert "not loaded yet" not in change.after


def test_ufws_lock_is_respected(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    change = ufw.propose(POLICY, host)
    monkeypatch.setattr(ufw, "LOCK_SECONDS", 0.0)
    taken: list[str] = []

    def held(_file: t.Any, flags: int) -> None:
        taken.append("tried")
        assert flags == fcntl.LOCK_EX | fcntl.LOCK_NB
        raise BlockingIOError

    monkeypatch.setattr(fcntl, "lockf", held)
    with pytest.raises(ToolFailed, match="answer its question"):
        change.apply()
    assert (taken[:1], host.runs, host.files[RULES]) == (["tried"], [], rules_file("ufw"))
