# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with one firewall, an administrator and Docker's rules; what it lets through, and what its kernel and files hold."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pathlib
import stat
import subprocess
import time
import typing as t

from firewall_host import Network, Outcome
from firewalld_daemon import Firewalld
from name_server import NAME
from namespaces import Namespace, probe_all
from policies import SETS, policy, rule

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.boot import COMMAND, MARK

GUEST = pathlib.Path(__file__).with_name("guest_interruption.py").read_text(encoding="utf-8")
OUR_BOOT = "/etc/systemd/system/sysinit.target.wants/federated-connectivity.service"
STATE = "/var/lib/federated_connectivity"
UNCONFIRMED = STATE + "/unconfirmed"
ARMED = UNCONFIRMED + "/way_back.json"
MEMORY = "names.json"
WATCHDOG = UNCONFIRMED + "/watchdog.pyz"
RECORD = "/run/federated_connectivity.record"
DEADLINE = "/run/federated_connectivity.deadline"
NONE = "none"
SILENCE = 0.6  # seconds; whoever is let in answers within milliseconds
PATIENCE = 15.0  # seconds for what must pass, on a busy machine
LEARNING = 2.0  # seconds for what is not known yet
WAIT = 300.0  # seconds for what ends by itself, on a busy machine

USERS = {"user": ["198.51.100.30/32", "2001:db8:1::30/128"]}
MANAGEMENT = rule("baseline.host.management.ingress", "22", peers=["user"], closed_to_others=False)
PEERS = rule("linksight.north.peer_http.ingress", "8443")
OUT = rule("linksight.north.peer_http.egress", "8443", direction="egress")
MORE = rule("linksight.north.peer_grpc.ingress", "9000-9001", peers=["partner2"])
POLICIES: dict[str, dict[str, t.Any] | None] = {
    NONE: None,
    "open": policy(MANAGEMENT, PEERS, OUT, **USERS),
    "shut": policy(MANAGEMENT, PEERS, OUT, MORE, ingress="deny", egress="deny", **USERS),
    "moved": policy(
        MANAGEMENT, PEERS, OUT, MORE, ingress="deny", egress="deny", **{**USERS, "partner2": SETS["partner2"] + ["198.51.100.128/25"]}
    ),
}
BY_NAME = rule("linksight.north.registry.egress", "8443", direction="egress", peers=[], names=[NAME])
NAMED = {
    "named": policy(MANAGEMENT, PEERS, BY_NAME, **USERS),
    "named, shut": policy(MANAGEMENT, PEERS, BY_NAME, MORE, ingress="deny", egress="deny", **USERS),
}
WAYS = (("none", "open"), ("open", "shut"), ("shut", "moved"))

RESTART_DOCKER = "/usr/local/sbin/restart-docker"
DOCKER = """#!/bin/sh
# As the daemon does: a reload of firewalld that goes on empties iptables, so its end is awaited, and what it took is put up again.
rules='
for tool in iptables ip6tables; do
    $tool -w -t nat -N DOCKER 2>/dev/null || $tool -w -t nat -F DOCKER
    $tool -w -N DOCKER-USER 2>/dev/null || $tool -w -F DOCKER-USER
    hook="PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"
    $tool -w -t nat -C $hook 2>/dev/null || $tool -w -t nat -A $hook
    $tool -w -C FORWARD -j DOCKER-USER 2>/dev/null || $tool -w -I FORWARD -j DOCKER-USER
    $tool -w -A DOCKER-USER -j RETURN
done
iptables -w -t nat -A DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to-destination 203.0.113.2:80'
tries=20
while :; do
    pgrep -x firewalld >/dev/null && firewall-cmd --state >/dev/null 2>&1
    sh -ec "$rules" && exit
    tries=$((tries - 1))
    [ $tries -gt 0 ] || exit 1
    sleep 0.1
done
"""
ADMINISTRATOR = {
    "nftables": r"""cat > /etc/nftables.conf <<'END'
table inet administrator {
    set banned { type ipv4_addr; elements = { 203.0.113.66 }; }
    chain input { type filter hook input priority filter - 1; policy accept; ip saddr @banned drop; tcp dport 5000 accept comment "mine"; }
}
END
nft -f /etc/nftables.conf""",
    "ufw": "ufw allow 22/tcp; ufw allow 5000/tcp comment mine; ufw limit 2222/tcp; ufw --force enable",
    "firewalld": "systemctl --quiet enable firewalld; firewall-cmd --permanent --add-port=5000/tcp; firewall-cmd --reload",
}


class Observation(t.NamedTuple):
    """What a host does and holds at one moment."""

    packets: dict[str, bool]  # flow -> whether it passes
    runtime: dict[str, str]  # part of the kernel's state, each of which changes in one transaction -> its text
    files: dict[str, tuple[int, int, int, bytes]]  # path -> mode, owner, group, content

    def difference(self, other: Observation) -> list[str]:
        """What is not the same: flows, parts of the runtime, files."""
        return sorted(str(key) for mine, theirs in zip(self, other) for key in {*mine, *theirs} if mine.get(key) != theirs.get(key))

    @property
    def left_over(self) -> list[str]:
        """What a killed run had not finished: nobody reads it, and the next run removes it."""
        return [path for path in self.files if "/.federated_connectivity." in path or path.startswith(UNCONFIRMED) or path == STATE]


class Scene:
    """One host and its neighbours; ``states`` holds what every policy looks like when nothing goes wrong."""

    def __init__(self, net: Network, backend: str, states: t.Mapping[str, Observation]) -> None:
        self.net, self.host, self.backend = net, net.host, backend
        self.firewalld = Firewalld(net.host) if backend == "firewalld" else None
        self.host.run(["sh", "-ec", ADMINISTRATOR[backend]])
        self.script(RESTART_DOCKER, DOCKER)
        self.host.run([RESTART_DOCKER])
        user, partner, partner2, stranger = net.user, net.partner, net.partner2, net.stranger
        self._flows = (
            ("management", user, self.host, 22),
            ("partner", partner, self.host, 8443),
            ("stranger", stranger, self.host, 8443),
            ("stranger by SSH", stranger, self.host, 22),
            ("administrator's port", stranger, self.host, 5000),
            ("second partner", partner2, self.host, 9000),
            ("out to the partner", self.host, partner, 8443),
            ("out to a stranger", self.host, stranger, 7000),
        )
        self._policies: t.Mapping[str, t.Any] = POLICIES
        self.states = dict(states)

    def script(self, path: str, text: str) -> None:
        """A command of the host."""
        file = self.host.file(path)
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(0o755)

    @contextlib.contextmanager
    def services(self) -> t.Iterator[None]:
        with self.host.listen("tcp", 22, 5000, 8443, 9000), self.net.partner.listen("tcp", 8443), self.net.stranger.listen("tcp", 7000):
            yield

    def learn(self, policies: t.Mapping[str, t.Any] = POLICIES) -> None:
        """Record what every policy looks like, by undisturbed runs there and back."""
        self._policies = {NONE: None, **policies}
        for name in self._policies:
            self.put(name)
            self.states[name] = self.observe()
        self.put(NONE)
        left, before = self.observe(NONE), self.states[NONE]
        assert left == before, f"applied and removed, and the host is not as it was: {left.difference(before)}"

    def put(self, name: str, umask: str = "022") -> Outcome:
        """Enforce a policy, undisturbed."""
        return self.host.apply(self._policies[name], ssh=self.ssh, umask=umask)

    @property
    def ssh(self) -> str:
        return f"{self.net.user.ipv4} 50000 {self.host.ipv4} 22"

    def start(self, name: str, stroke: str, step: int = 0, command: str = "", confirm_timeout: int = 0) -> subprocess.Popen[str]:
        """Start the module on the way to a policy, to be struck at a step."""
        wanted = self._policies[name]
        arguments: dict[str, t.Any] = {"policy": wanted} if wanted else {"state": "absent"}
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "SSH_CONNECTION": self.ssh}
        process = subprocess.Popen(
            [*self.host.enter(), "python3", "-c", GUEST, stroke, str(step), command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert process.stdin is not None
        process.stdin.write(
            self.host.payload(
                {
                    **arguments,
                    "confirm_timeout": confirm_timeout,
                    "allow_shrink": True,
                    "_ansible_check_mode": False,
                    "_ansible_diff": False,
                }
            )
        )
        process.stdin.close()
        process.stdin = None
        return process

    def strike(
        self, name: str, stroke: str, step: int = 0, command: str = "", confirm_timeout: int = 0
    ) -> tuple[dict[str, t.Any], list[str]]:
        """Run the module on the way to a policy, struck at a step: its result (empty: it was killed) and the steps counted."""
        self.host.file("/run/alongside.done").unlink(missing_ok=True)
        output, errors = self.start(name, stroke, step, command, confirm_timeout).communicate(timeout=600)
        return json.loads(output or "{}"), [line for line in errors.splitlines() if line.startswith("step ")]

    def give_up(self) -> None:
        """Let the window to confirm be over, and wait for the watchdog; a run that was killed before it started one has changed nothing."""
        self.expire()
        self.wait_for_watchdog()

    def expire(self) -> None:
        """Let the window to confirm be over."""
        if self.host.file(ARMED).exists():
            self.host.file(DEADLINE).write_text("1")

    def wait_for_failure(self) -> None:
        """Wait until the watchdog has tried in vain."""
        end = time.monotonic() + WAIT
        while not (self.host.file(RECORD).exists() and '"failed"' in self.host.file(RECORD).read_text()):
            assert time.monotonic() < end, "the watchdog does not try"
            time.sleep(0.1)

    def wait_for_watchdog(self) -> None:
        """Wait for the end of a trial."""
        end = time.monotonic() + WAIT
        while self.host.file(ARMED).exists() and self.host.run(["pgrep", "-f", WATCHDOG], check=False).stdout:
            assert time.monotonic() < end, "the watchdog did not end the trial"
            time.sleep(0.1)

    def wait_for_command(self) -> None:
        """Wait until what ran alongside has ended."""
        end = time.monotonic() + WAIT
        while not self.host.file("/run/alongside.done").exists():
            assert time.monotonic() < end, "the command that ran alongside did not end"
            time.sleep(0.05)

    def is_at(self, name: str) -> bool:
        """Whether everything is as an undisturbed run leaves it."""
        return self.observe(name) == self.states[name]

    def observe(self, *expected: str) -> Observation:
        """What the host does and holds; a connection that all the expected states let through is waited for patiently."""
        return Observation(self._packets(expected), self._runtime(), self._files())

    def _packets(self, expected: t.Sequence[str]) -> dict[str, bool]:
        asked: dict[str, tuple[Namespace, str, str, int, float]] = {}
        for name, source, target, port in self._flows:
            for address in target.addresses:
                flow = f"{name}, IPv{6 if ':' in address else 4}"
                passes = expected and all(self.states[state].packets[flow] for state in expected)
                asked[flow] = (source, "tcp", address, port, PATIENCE if passes else SILENCE if expected else LEARNING)
        return {flow: outcome == "open" for flow, outcome in zip(asked, probe_all(*asked.values()))}

    def _runtime(self) -> dict[str, str]:
        saved = {
            f"{tool} {table}": "\n".join(
                line for line in self.host.run([f"{tool}-save", "-t", table]).stdout.splitlines() if line.startswith("-")
            )
            for tool in ("iptables", "ip6tables")
            for table in ("filter", "nat", "mangle")
        }
        tables = self.host.run(["nft", "list", "tables"]).stdout
        for table in ("inet administrator", "inet federated_connectivity"):
            saved[table] = self.host.run(["nft", "-s", "list", "table", *table.split()]).stdout if f"table {table}\n" in tables else ""
        if self.firewalld:
            for line in (*self.firewalld.ours(), *self.firewalld.runtime()):
                if not line.startswith(("-", "*")):  # rules of iptables are above, and empty tables of it hold nothing
                    saved[" ".join(line.split()[:2])] = line
        return saved

    def _files(self) -> dict[str, tuple[int, int, int, bytes]]:
        root, found = self.host.file("/"), {}
        for directory, directories, names in itertools.chain(os.walk(root / "etc"), os.walk(self.host.file(STATE))):
            for name in (*directories, *names):
                path = pathlib.Path(directory, name)
                status = path.lstat()
                content = b""
                if stat.S_ISLNK(status.st_mode):
                    content = os.fsencode(os.readlink(path))
                elif stat.S_ISREG(status.st_mode) and name != MEMORY:  # holds times
                    content = path.read_bytes()
                found["/" + str(path.relative_to(root))] = (status.st_mode, status.st_uid, status.st_gid, content)
        return found

    def reboot(self, before_loading: str = "true", after_loading: str = "true") -> None:
        """An empty kernel, and what the boot loads of the files, in systemd's order; what was never confirmed goes first.

        Args:
            before_loading: What happens to the host before our table is loaded.
            after_loading: And afterwards.
        """
        self._end()
        self.host.file(DEADLINE).unlink(missing_ok=True)
        self.host.file(MARK).unlink(missing_ok=True)
        self.host.nft("flush ruleset")
        self._take_back()
        if self.host.file("/etc/nftables.conf").read_text().startswith("table inet administrator"):
            self.host.run(["nft", "-f", "/etc/nftables.conf"])
        self.host.run(["sh", "-ec", before_loading])
        self._load()
        self.host.run(["sh", "-ec", after_loading])
        if self.backend == "ufw":
            self.host.run(["/lib/ufw/ufw-init", "start"])
        self._begin()

    def soft_reboot(self) -> None:
        """All processes end, and the boot begins again; the kernel keeps its rules, and /run its files (systemd-soft-reboot.service(8))."""
        self._end()
        self._take_back()
        self._load()
        self._begin()

    def _end(self) -> None:
        self.host.run(["pkill", "-9", "-f", WATCHDOG], check=False)
        if self.firewalld:
            self.firewalld.stop()

    def _take_back(self) -> None:
        if self.host.file(ARMED).exists():
            self.host.run(["python3", "-I", WATCHDOG, "at-boot"])

    def _load(self) -> None:
        if os.path.lexists(self.host.file(OUR_BOOT)):
            self.host.run(COMMAND.split(), check=False)

    def _begin(self) -> None:
        if self.firewalld:
            self.firewalld.start()
        self.host.run([RESTART_DOCKER])
