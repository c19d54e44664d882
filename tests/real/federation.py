# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts of a real federation: Debian with the system's software in a place of its own, SSH, a name service, and one link for all."""

from __future__ import annotations

import contextlib
import itertools
import json
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import typing as t

from firewall_host import FirewallHost, assign_addresses
from namespaces import Namespace, run_command
from software import HOME
from team import PROGRAMS, TARBALL_ALONE, Run
from waiting import until_open

from ansible_collections.federated.connectivity.molecule.lab.rootfs import rootfs
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import read_policy

DOMAIN = "hospitals.example.org"
MANAGEMENT, NAME_SERVICE, FIRST = 5, 6, 20
OUTSIDE = "203.0.113."  # where every name of the Internet leads to
DENIED = {"ingress": "deny", "egress": "deny"}
MARK = "REAL_SOFTWARE"  # a variable of the environment, by which programs of the software are known
Policy = t.Dict[str, t.Any]


class Member(t.NamedTuple):
    """A host of a federation. ``roles``: its node roles; none: a user's host, which is not ours. ``network``: what a user belongs to."""

    roles: tuple[str, ...] = ()
    options: t.Mapping[str, t.Any] = {}
    optional_flows: tuple[str, ...] = ()
    network: str = ""


class Process(t.NamedTuple):
    """A program of the software, on a host."""

    host: str
    popen: subprocess.Popen[bytes]
    log: pathlib.Path


class NameService:
    """Answers every question for an IPv4 address with one of its own, and remembers who asked for what."""

    def __init__(self, at: Namespace) -> None:
        self.names: dict[str, str] = {}
        self.asked: set[tuple[str, str]] = set()
        self._numbers = itertools.count(1)
        self._socket = at.open_socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((at.ipv4, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def name_of(self, address: str) -> str:
        return next((name for name, known in self.names.items() if known == address), address)

    def _serve(self) -> None:
        while True:
            try:
                question, client = self._socket.recvfrom(512)
            except OSError:
                return
            with contextlib.suppress(OSError, IndexError, struct.error, UnicodeDecodeError):
                self._socket.sendto(self._answer(question, client[0]), client)

    def _answer(self, question: bytes, client: str) -> bytes:
        labels, place = [], 12
        while question[place]:
            labels.append(question[place + 1 : place + 1 + question[place]].decode("ascii"))
            place += question[place] + 1
        name, asked = ".".join(labels).lower(), question[12 : place + 5]
        (kind,) = struct.unpack("!H", question[place + 1 : place + 3])
        self.asked.add((client, name))
        if kind != 1 or name.endswith(f".{DOMAIN}"):
            return question[:2] + b"\x85\x80" + struct.pack("!HHHH", 1, 0, 0, 0) + asked
        address = self.names.setdefault(name, f"{OUTSIDE}{next(self._numbers)}") if name not in self.names else self.names[name]
        record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(address)
        return question[:2] + b"\x85\x80" + struct.pack("!HHHH", 1, 1, 0, 0) + asked + record


class Federation:
    """The hosts of one arrangement of a system."""

    def __init__(
        self, directory: pathlib.Path, stack: contextlib.ExitStack, members: t.Mapping[str, Member], software: pathlib.Path
    ) -> None:
        self.members = dict(members)
        self.directory = directory
        self.processes: list[Process] = []
        release = rootfs("bookworm")
        switch = stack.enter_context(contextlib.closing(Namespace("switch")))
        switch.ip("link add switch type bridge mcast_snooping 0", "link set switch up")
        self.bastion = stack.enter_context(contextlib.closing(Namespace("bastion", *_addresses(MANAGEMENT))))
        services = stack.enter_context(contextlib.closing(Namespace("services", *_addresses(NAME_SERVICE))))
        layered = pathlib.Path(f"{software}:{release}")  # the lower directories of an overlay
        self.hosts: dict[str, FirewallHost] = {}
        for number, name in enumerate(members, FIRST):
            host = self.hosts[name] = stack.enter_context(contextlib.closing(FirewallHost(layered, *_addresses(number))))
            host.name = name
        for member in (self.bastion, services, *self.hosts.values()):
            switch.ip(f"link add {member.name} master switch type veth peer name eth0 netns {member.path}", f"link set {member.name} up")
            assign_addresses(member, f"{member.ipv4}/24", f"{member.ipv6}/64")
        for host in self.hosts.values():
            host.ip(f"route add default via {services.ipv4}")
        self.names = stack.enter_context(contextlib.closing(NameService(services)))
        stack.callback(self.stop)
        self._sockets = stack.enter_context(tempfile.TemporaryDirectory(prefix="ssh."))
        self._services = services
        self._reach_by_ssh()

    def name(self, host: str) -> str:
        """How the software of partners calls a host."""
        return f"{host.replace('_', '-')}.{DOMAIN}"

    def host_of(self, address: str) -> str:
        """Whose an address is; the outside's have the name that was asked for."""
        for host in (*self.hosts.values(), self.bastion, self._services):
            if address in host.addresses:
                return host.name
        return self.names.name_of(address)

    def managed(self) -> list[str]:
        return [name for name, member in self.members.items() if member.roles]

    def write(self, host: str, path: str, content: str | bytes) -> None:
        """Write a file of the software on a host."""
        file = self.hosts[host].file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def copy(self, host: str, source: pathlib.Path, path: str) -> None:
        shutil.copytree(source, self.hosts[host].file(path), dirs_exist_ok=True, symlinks=True)

    def run(self, host: str, argv: t.Sequence[str], seconds: int, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the software to its end, or to the end of its time, which is status 124 as timeout(1) has it."""
        return self.hosts[host].run(["timeout", "--kill-after=5", str(seconds), *argv], check=False, **_environment(environment))

    def start(self, host: str, argv: t.Sequence[str], **environment: str) -> Process:
        """Start a program of the software that goes on."""
        log = self.directory / f"{host}-{len(self.processes)}.log"
        with log.open("wb") as file:
            popen = subprocess.Popen(
                [*self.hosts[host].enter(), *argv],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={"LC_ALL": "C.UTF-8", **_environment(environment)},
            )
        self.processes.append(Process(host, popen, log))
        return self.processes[-1]

    def stop(self) -> None:
        """End all programs of the software, and what they started."""
        for host in {process.host for process in self.processes}:
            for _again in range(3):  # one that is ending may have started another one
                marked = self.hosts[host].run(["sh", "-c", f"grep -lsz '^{MARK}=' /proc/[0-9]*/environ"], check=False).stdout.split()
                if pids := [path.split("/")[2] for path in marked]:
                    self.hosts[host].run(["kill", "-9", *pids], check=False)
        for process in self.processes:
            process.popen.kill()
            process.popen.wait()
        self.processes.clear()

    def logs(self) -> str:
        """The last lines of all programs."""
        return "\n".join(
            f"--- {process.log.name}\n" + "\n".join(process.log.read_text("utf-8", "replace").splitlines()[-30:])
            for process in self.processes
        )

    def apply_plan(self, collections: pathlib.Path, matrix: str, version: str) -> Run:
        """Plan, apply and verify as users do, with ``federated.connectivity.site``, both defaults denied."""
        return self.apply_inventory(collections, self._inventory(matrix, version))

    def apply_inventory(self, collections: pathlib.Path, inventory: t.Mapping[str, t.Any]) -> Run:
        """The same with an inventory of one's own."""
        self.plan = self.directory / "plan"
        return self.ansible(collections, inventory, "site", "--skip-tags", "docker_proxy", "-e", f"connectivity_plan={self.plan}")

    def ansible(self, collections: pathlib.Path, inventory: t.Mapping[str, t.Any], playbook: str, *arguments: str) -> Run:
        """Run a playbook of ours on the bastion."""
        hosts = self.directory / "hosts.json"
        hosts.write_text(json.dumps(inventory), encoding="utf-8")
        if not (self.directory / "collections").is_symlink():
            (self.directory / "collections").symlink_to(collections)
        (self.directory / "ansible.cfg").write_text(_CONFIGURATION, encoding="utf-8")
        command = [str(PROGRAMS / "ansible-playbook"), "-i", str(hosts), f"federated.connectivity.{playbook}", *arguments]
        environment = {"HOME": str(self.directory), "ANSIBLE_SSH_CONTROL_PATH_DIR": self._sockets, **TARBALL_ALONE}
        return Run(self.bastion.run(["env", "-C", str(self.directory), *command], check=False, **environment))

    def policy(self, host: str) -> Policy:
        return dict(read_policy(self.plan, host))

    def _inventory(self, matrix: str, version: str) -> dict[str, t.Any]:
        networks: dict[str, list[str]] = {}
        for name, member in self.members.items():
            if member.network:
                networks.setdefault(member.network, []).extend(self.hosts[name].addresses)
        hosts = {
            name: {
                "ansible_host": self.hosts[name].ipv4,
                "connectivity_addresses": list(self.hosts[name].addresses),
                "connectivity_memberships": [
                    {
                        "matrix": matrix,
                        "federation": "real",
                        "roles": list(member.roles),
                        "version": version,
                        "options": dict(member.options),
                        "optional_flows": list(member.optional_flows),
                    }
                ],
            }
            for name, member in self.members.items()
            if member.roles
        }
        return {"all": {"hosts": hosts, "vars": self.variables(networks)}}

    def variables(self, networks: t.Mapping[str, t.Sequence[str]]) -> dict[str, t.Any]:
        """What all hosts have in common: their administration, denied defaults, and named networks."""
        both = {"management": list(self.bastion.addresses), "dns_servers": list(self._services.addresses), "ntp_servers": []}
        return {
            "ansible_python_interpreter": "/usr/bin/python3",
            "connectivity_networks": {**both, **networks},
            "connectivity_defaults": DENIED,
            "firewall_manage_packages": False,
            "firewall_backend": "nftables",
        }

    def _reach_by_ssh(self) -> None:
        key = self.directory / "key"
        run_command(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], None, True, {})
        everybody = "".join(f"{host.ipv4} {self.name(name)}\n" for name, host in self.hosts.items())
        for host in self.hosts.values():
            host.file("/etc/hosts").write_text(f"127.0.0.1 localhost\n{everybody}", encoding="ascii")
            host.file("/etc/resolv.conf").write_text(f"nameserver {self._services.ipv4}\noptions timeout:1 attempts:1\n", encoding="ascii")
            host.file("/etc/sudoers.d/admin").write_text("admin ALL=(ALL) NOPASSWD: ALL\n", encoding="ascii")
            host.file("/root/key.pub").write_bytes(key.with_suffix(".pub").read_bytes())
            host.run(["hostname", host.name.replace("_", "-")])
            host.run(["install", "-m", "0644", "/root/key.pub", "/tmp/key.pub"])
            host.run(["ssh-keygen", "-A"])
            host.file("/run/sshd").mkdir(mode=0o755)
            host.start(["/usr/sbin/sshd", "-D", "-o", "AuthorizedKeysFile=/tmp/key.pub", "-o", "StrictModes=no"])
        for host in self.hosts.values():
            until_open(self.bastion, host.ipv4, 22, f"sshd of {host.name} does not answer")


_CONFIGURATION = """\
[defaults]
collections_path = collections
remote_user = admin
private_key_file = key
nocolor = true
callback_result_format = yaml
retry_files_enabled = false
[ssh_connection]
pipelining = true
ssh_common_args = -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=known_hosts
"""


def _addresses(number: int) -> tuple[str, str]:
    return f"198.51.100.{number}", f"2001:db8:1::{number}"


def _environment(more: t.Mapping[str, str]) -> dict[str, str]:
    return {MARK: "1", "HOME": "/root", "PATH": f"{HOME}/bin:/usr/sbin:/usr/bin:/sbin:/bin", **more}
