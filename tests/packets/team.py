# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An infrastructure team: a git repository of its own (``team_repository``), the installed collection, and hosts reached by SSH."""

from __future__ import annotations

import contextlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import typing as t

from firewall_host import COLLECTION, FirewallHost, assign_addresses
from namespaces import Namespace, run_command
from waiting import until_open

from ansible_collections.federated.connectivity.molecule.lab.rootfs import rootfs

REPOSITORY = pathlib.Path(__file__).with_name("team_repository")
PROGRAMS = pathlib.Path(sys.executable).parent
OURS = {"graz": 10, "linz": 20, "vienna": 50}
OTHERS = {"bastion": 5, "zagreb": 60, "zagreb_moved": 61, "bolzano": 70, "stranger": 99}
NAMES = ("harbor2.vantage6.ai", "registry.linksight.network", "services.linksight.network")
TARBALL_ALONE = {"ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "False"}  # not the checkout that is linked into the virtual environment
_RECAP = re.compile(r"^(\w+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)


class Run:
    """How ansible-playbook ended, and what it said."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.text = done.stdout + done.stderr
        self.words = " ".join(self.text.split())
        recap = _RECAP.findall(self.text)
        self.changed = {name for name, changed, _unreachable, _failed in recap if changed != "0"}
        self.unreachable = {name for name, _changed, unreachable, _failed in recap if unreachable != "0"}
        self.failed = {name for name, _changed, _unreachable, failed in recap if failed != "0"}
        self.tasks = re.findall(r"^TASK \[(?:federated\.connectivity\.)?([^]]*)\]", self.text, re.MULTILINE)


def install_collection(directory: pathlib.Path) -> pathlib.Path:
    """Build the collection's tarball and install it as a user does. The directory for ``collections_path``."""
    galaxy = str(PROGRAMS / "ansible-galaxy")
    environment = {"HOME": str(directory), **TARBALL_ALONE}
    run_command([galaxy, "collection", "build", str(COLLECTION), "--output-path", str(directory / "dist")], None, True, environment)
    (tarball,) = (directory / "dist").glob("*.tar.gz")
    installed = directory / "collections"
    command = [galaxy, "collection", "install", str(tarball), "--no-deps", "--offline", "-p", str(installed)]
    run_command(command, None, True, environment)
    return installed


class Repository:
    """The team's checkout."""

    def __init__(self, directory: pathlib.Path, collections: pathlib.Path, machine: Namespace, sockets: str) -> None:
        """``machine``: the namespace from which Ansible runs. ``sockets``: a directory with a short name, for the sockets of ssh."""
        self.directory = directory / "repository"
        self.plan = self.directory / "plan"
        self._home, self._machine, self._sockets = str(directory), machine, sockets
        shutil.copytree(REPOSITORY, self.directory)
        (self.directory / "collections").symlink_to(collections)
        (self.directory / "ssh").mkdir(mode=0o700)
        (self.directory / ".gitignore").write_text("collections\nssh\n", encoding="utf-8")
        self.git("init", "-q")
        self.commit("Inventory")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Team", "-c", "user.email=team@hospitals.example.org"]
        return run_command(["git", "-C", str(self.directory), *identity, *arguments], None, True, {"HOME": self._home}).stdout

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def diff(self) -> dict[str, int]:
        """The lines that a commit of the plan would add and remove, by file."""
        self.git("add", "-AN", "plan")
        lines = (line.split("\t") for line in self.git("diff", "--numstat", "plan").splitlines())
        return {name.removeprefix("plan/"): int(added) + int(removed) for added, removed, name in lines}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands once in a file of the inventory."""
        path = self.directory / "inventories/production" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name}: {old!r} stands there {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def ansible(self, playbook: str, *arguments: str) -> Run:
        command = [str(PROGRAMS / "ansible-playbook"), playbook, *arguments]
        environment = {"HOME": self._home, "ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_SSH_CONTROL_PATH_DIR": self._sockets, **TARBALL_ALONE}
        return Run(self._machine.run(["env", "-C", str(self.directory), *command], check=False, **environment))

    def make_plan(self) -> Run:
        return self.ansible("federated.connectivity.plan", "-e", f"connectivity_plan={self.plan}")

    def apply(self, *arguments: str) -> Run:
        """Run the team's own site.yml with the reviewed plan."""
        return self.ansible("site.yml", "-e", f"connectivity_reviewed_plan={self.plan}", *arguments)


class Team(t.NamedTuple):
    """The repository, the hosts that it manages, and everybody else on the link."""

    repository: Repository
    hosts: dict[str, FirewallHost]
    others: dict[str, Namespace]

    def applied(self) -> set[str]:
        """The hosts that have something of ours."""
        return {name for name, host in self.hosts.items() if "federated_connectivity" in host.ruleset()}


@contextlib.contextmanager
def team(directory: pathlib.Path, collections: pathlib.Path) -> t.Iterator[Team]:
    """Three managed hosts with sshd, the partners, and the machine from which the team runs Ansible. All on one link."""
    release = rootfs("bookworm")
    with contextlib.ExitStack() as stack:
        sockets = stack.enter_context(tempfile.TemporaryDirectory(prefix="ssh."))
        switch = stack.enter_context(contextlib.closing(Namespace("switch")))
        switch.ip("link add switch type bridge mcast_snooping 0", "link set switch up")
        hosts, others = dict[str, FirewallHost](), dict[str, Namespace]()
        for name, number in OURS.items():
            hosts[name] = stack.enter_context(contextlib.closing(FirewallHost(release, *_addresses(number))))
            hosts[name].name = name
        for name, number in OTHERS.items():
            others[name] = stack.enter_context(contextlib.closing(Namespace(name, *_addresses(number))))
        for member in (*hosts.values(), *others.values()):
            switch.ip(
                f"link add {member.name} master switch type veth peer name eth0 netns {member.path}",
                f"link set {member.name} up",
            )
            assign_addresses(member, f"{member.ipv4}/24", f"{member.ipv6}/64")
        repository = Repository(directory, collections, others["bastion"], sockets)
        key = repository.directory / "ssh/key"
        run_command(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], None, True, {})
        for host in hosts.values():
            _start_sshd(host, key.with_suffix(".pub").read_bytes())
        for host in hosts.values():
            until_open(others["bastion"], host.ipv4, 22, f"sshd of {host.name} does not answer")
        yield Team(repository, hosts, others)


def _addresses(number: int) -> tuple[str, str]:
    return f"198.51.100.{number}", f"2001:db8:1::{number}"


def _start_sshd(host: FirewallHost, key: bytes) -> None:
    """Let the user admin in by a key, and let the names of the matrices resolve without a name server."""
    host.file("/etc/hosts").write_text(f"127.0.0.1 localhost\n203.0.113.200 {' '.join(NAMES)}\n", encoding="ascii")
    host.file("/etc/sudoers.d/admin").write_text("admin ALL=(ALL) NOPASSWD: ALL\n", encoding="ascii")
    host.file("/root/key.pub").write_bytes(key)
    host.run(["install", "-m", "0644", "/root/key.pub", "/tmp/key.pub"])
    host.run(["ssh-keygen", "-A"])
    host.file("/run/sshd").mkdir(mode=0o755)
    host.start(["/usr/sbin/sshd", "-D", "-o", "AuthorizedKeysFile=/tmp/key.pub", "-o", "StrictModes=no"])
