# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Debian host in namespaces: its own files (an overlay), processes, network and real firewalls; and its neighbours."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import typing as t

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
from bytecode import with_bytecode
from namespaces import Namespace, run_command

NAME = "ansible_collections.federated.connectivity"
COLLECTION = pathlib.Path(__file__).parents[2]
NEIGHBOURS = {"partner": 20, "partner2": 21, "user": 30, "stranger": 66}

# $1: the root filesystem to begin with, $2: an empty directory. Everything is mounted in a namespace of its own.
_BOOT = r"""
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs tmpfs tmp
mount --rbind /dev dev
mkdir -p run/lock run/dbus
echo 127.0.0.1 localhost > etc/hosts
echo host > etc/hostname
mount --move . /
exec chroot . /bin/bash -c 'echo up; exec >/dev/null; sleep infinity & wait'
"""


class Outcome(dict[str, t.Any]):
    """What the module returned."""

    @property
    def before(self) -> str:
        return t.cast(str, self["diff"]["before"])

    @property
    def warnings(self) -> list[str]:
        """Each warning, with what Ansible wraps it in."""
        return [str(warning) for warning in self.get("warnings", ())]

    @property
    def after(self) -> str:
        return t.cast(str, self["diff"]["after"])


class FirewallHost(Namespace):
    """The host under test. ``run`` enters all its namespaces; its root filesystem is an overlay of a Debian release."""

    def __init__(self, rootfs: pathlib.Path, ipv4: str, ipv6: str) -> None:
        self._init = ""
        self._release = rootfs.name
        self._containers: list[Namespace] = []
        super().__init__("host", ipv4, ipv6)
        self._mountpoint = tempfile.TemporaryDirectory(prefix="federated_connectivity.")
        unshare = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--", "sh", "-c", _BOOT, "boot"]
        self._unshare = subprocess.Popen(
            [*super().enter(), *unshare, str(rootfs), self._mountpoint.name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL),  # PR_SET_PDEATHSIG: it does not outlive us
        )
        assert self._unshare.stdout is not None
        if self._unshare.stdout.readline() != "up\n":
            raise AssertionError("the host under test did not boot; what mount or chroot said stands above")
        pid = self._unshare.pid
        self._init = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()[0]

    def enter(self) -> list[str]:
        if not self._init:
            return super().enter()
        return ["nsenter", f"--target={self._init}", "--mount", "--pid", "--uts", "--ipc", "--net", "--root", "--wdns=/", "--"]

    def ip(self, *lines: str) -> None:
        run_command([*super().enter(), "ip", "-batch", "-"], "\n".join(lines), True, {})

    def close(self) -> None:
        self._unshare.kill()
        self._unshare.wait()
        assert self._unshare.stdout is not None
        self._unshare.stdout.close()
        self._mountpoint.cleanup()
        for container in self._containers:
            container.close()
        super().close()

    def file(self, path: str) -> pathlib.Path:
        """A file of the host, to be read and written from outside."""
        return pathlib.Path(f"/proc/{self._init}/root") / path.lstrip("/")

    def start(self, argv: t.Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a daemon; it ends with the host."""
        return subprocess.Popen([*self.enter(), *argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def nft(self, text: str) -> str:
        """Load nft commands; what they list."""
        return self.run(["nft", "-f", "-"], input=text + "\n").stdout

    def ruleset(self) -> str:
        """Everything that nft lists, without counters."""
        return self.run(["nft", "-s", "list", "ruleset"]).stdout

    def apply(
        self,
        policy: t.Mapping[str, t.Any] | None,
        backend: str = "auto",
        check: bool = False,
        ssh: str | None = None,
        umask: str = "022",
        **options: t.Any,
    ) -> Outcome:
        """Run firewall_policy as Ansible does: its real payload, by this host's own Python.

        Args:
            policy: What to enforce; None: state absent.
            backend: As the module's option.
            check: Check mode.
            ssh: SSH_CONNECTION of the session, "client port server port"; none: a local session.
            umask: What the login of the session sets.
            options: More options of the module; nothing is to be confirmed unless ``confirm_timeout`` is one of
                them, and anything may go unless ``allow_shrink`` is.

        Raises:
            PolicyFailed: the module failed; the text is its message.
        """
        arguments = {
            "backend": backend,
            "confirm_timeout": 0,
            "allow_shrink": True,
            **options,
            "_ansible_check_mode": check,
            "_ansible_diff": True,
        }
        arguments.update({"state": "absent"} if policy is None else {"policy": policy})
        return self._module("firewall_policy", arguments, ssh, umask)

    def confirm(self, token: str, ssh: str | None = None) -> Outcome:
        """Run firewall_confirm. Raises PolicyFailed where the change does not stay."""
        return self._module("firewall_confirm", {"token": token}, ssh)

    def payload(self, arguments: dict[str, t.Any], module: str = "firewall_policy") -> str:
        """A module's payload for this host's Python."""
        return with_bytecode(payload(arguments, module), self._release, self.run)

    def _module(self, name: str, arguments: dict[str, t.Any], ssh: str | None, umask: str = "022") -> Outcome:
        environment = {"SSH_CONNECTION": ssh} if ssh else {}
        command = ["sh", "-c", 'umask "$1"; exec python3 -', "sh", umask]
        done = self.run(command, input=self.payload(arguments, name), check=False, **environment)
        try:
            result = Outcome(json.loads(done.stdout))
        except ValueError:
            raise AssertionError(f"{name} did not return JSON:\n{done.stdout}{done.stderr}") from None
        if result.get("failed"):
            raise PolicyFailed(result.get("msg") or done.stdout)
        return result

    def container(self, published: t.Mapping[int, int], protocol: str = "tcp", bridge: str = "docker0", number: int = 0) -> Namespace:
        """A container on a new bridge, its ports published as Docker does it: rewritten in the nat table of either family.

        Args:
            published: Port of the host -> port of the container.
            number: Says which network, of 16 IPv4 addresses, the bridge has; 0: the next one.
        """
        number = number or len(self._containers) + 1
        gateways, addresses = [(f"203.0.113.{16 * number + i}", f"2001:db8:17:{number}::{i}") for i in (1, 2)]
        container = Namespace(f"container{number}", *addresses)
        self._containers.append(container)
        self.ip(
            f"link add {bridge} type bridge mcast_snooping 0",
            f"link add {container.name} master {bridge} type veth peer name eth0 netns {container.path}",
            f"address add {gateways[0]}/28 dev {bridge}",
            f"address add {gateways[1]}/64 dev {bridge} nodad",
            f"link set {bridge} up",
            f"link set {container.name} up",
        )
        assign_addresses(container, f"{container.ipv4}/28", f"{container.ipv6}/64", *gateways)
        self.run(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"])
        for tool, network in (("iptables", f"{container.ipv4}/28"), ("ip6tables", f"{container.ipv6}/64")):
            lines = [
                "*nat",
                *(f":{chain} ACCEPT [0:0]" for chain in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")),
                f":{_chain(container)} - [0:0]",
                f"-A PREROUTING -m addrtype --dst-type LOCAL -j {_chain(container)}",
                f"-A POSTROUTING -s {network} ! -o {bridge} -j MASQUERADE",
                "COMMIT\n",
            ]
            self.run([f"{tool}-restore", "--noflush"], input="\n".join(lines))
        self.publish(container, published, protocol, bridge)
        return container

    def publish(self, container: Namespace, published: t.Mapping[int, int], protocol: str = "tcp", bridge: str = "docker0") -> None:
        """Publish these ports of a container, and no longer any others."""
        for tool, address in (("iptables", container.ipv4), ("ip6tables", f"[{container.ipv6}]")):
            lines = [
                "*nat",
                f":{_chain(container)} - [0:0]",
                *(
                    f"-A {_chain(container)} ! -i {bridge} -p {protocol} --dport {outside} -j DNAT --to-destination {address}:{inside}"
                    for outside, inside in published.items()
                ),
                "COMMIT\n",
            ]
            self.run([f"{tool}-restore", "--noflush"], input="\n".join(lines))


def _chain(container: Namespace) -> str:
    return container.name.replace("container", "DOCKER")


class PolicyFailed(Exception):
    """firewall_policy failed; the text is its message."""


class Network(t.NamedTuple):
    """One link, 198.51.100.0/24 and 2001:db8:1::/64: the host under test and its neighbours."""

    host: FirewallHost
    partner: Namespace
    partner2: Namespace
    user: Namespace
    stranger: Namespace


@contextlib.contextmanager
def network(rootfs: pathlib.Path) -> t.Iterator[Network]:
    """Make the network on a root filesystem; nothing of it is left afterwards, or when this process dies."""
    with contextlib.ExitStack() as stack:
        switch = stack.enter_context(contextlib.closing(Namespace("switch")))
        host = stack.enter_context(contextlib.closing(FirewallHost(rootfs, "198.51.100.10", "2001:db8:1::10")))
        neighbours = {
            name: stack.enter_context(contextlib.closing(Namespace(name, f"198.51.100.{number}", f"2001:db8:1::{number}")))
            for name, number in NEIGHBOURS.items()
        }
        everybody = (host, *neighbours.values())
        switch.ip(
            "link add switch type bridge mcast_snooping 0",
            *(f"link add {member.name} master switch type veth peer name eth0 netns {member.path}" for member in everybody),
            *(f"link set {member.name} up" for member in everybody),
            "link set switch up",
        )
        for member in everybody:
            assign_addresses(member, f"{member.ipv4}/24", f"{member.ipv6}/64")
        yield Network(host, **neighbours)


def assign_addresses(member: Namespace, ipv4: str, ipv6: str, *gateways: str) -> None:
    member.ip(
        "link set eth0 up",
        f"address add {ipv4} dev eth0",
        f"address add {ipv6} dev eth0 nodad",
        *(f"route add default via {gateway}" for gateway in gateways),
    )


def route_loopback(neighbour: Namespace, host: Namespace) -> None:
    """Let a neighbour send what is addressed to 127.0.0.1 to the host."""
    neighbour.run(["sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1", "net.ipv4.conf.eth0.route_localnet=1"])
    neighbour.ip(
        "address del 127.0.0.1/8 dev lo",
        f"route add 127.0.0.1/32 via {host.ipv4} src {neighbour.ipv4}",
    )


def _load_collection() -> None:
    """Let Ansible's own loader find the collection, also where Python's has found it before."""
    init_plugin_loader()
    for package in (NAME, "ansible_collections.federated", "ansible_collections"):
        sys.modules.pop(package, None)
    importlib.import_module(NAME)


_load_collection()


def payload(arguments: dict[str, t.Any], module: str = "firewall_policy") -> str:
    built = modify_module(
        module_name=f"{NAME}.plugins.modules.{module}",
        module_path=str(pathlib.Path(sys.modules[NAME].__path__[0]) / f"plugins/modules/{module}.py"),
        module_args=arguments,
        templar=Templar(DataLoader()),
        task_vars={"ansible_python_interpreter": "/usr/bin/python3"},
    )
    return built.b_module_data.decode()
