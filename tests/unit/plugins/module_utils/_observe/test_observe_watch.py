# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host tells of chosen software, read from a /proc that was made up: nothing but that, and nothing of what was over before."""

from __future__ import annotations

import ipaddress
import json
import pathlib
import socket
import struct
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.plugins.module_utils._observe import containers as containers_module
from ansible_collections.federated.connectivity.plugins.module_utils._observe import watch as watch_module
from ansible_collections.federated.connectivity.plugins.module_utils._observe.choice import NotChosen, read_choice
from ansible_collections.federated.connectivity.plugins.module_utils._observe.containers import described
from ansible_collections.federated.connectivity.plugins.module_utils._observe.processes import Process, in_unit, matches
from ansible_collections.federated.connectivity.plugins.module_utils._observe.socket_table import rows
from ansible_collections.federated.connectivity.plugins.module_utils._observe.tls import kind_of
from ansible_collections.federated.connectivity.plugins.module_utils._observe.tracked import entries
from ansible_collections.federated.connectivity.plugins.module_utils._observe.watch import Kind, Socket, Watch
from ansible_collections.federated.connectivity.plugins.module_utils._tls.handshake import Handshake
from ansible_collections.federated.connectivity.plugins.module_utils._tls.path import Sight

OWN, PEER, STRANGER, INNER = "198.51.100.10", "198.51.100.21", "192.0.2.9", "172.17.0.2"
LISTEN, ESTABLISHED, SYN_SENT, TIME_WAIT, UNCONNECTED = "0A", "01", "02", "06", "07"
FIB = f"""Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 127.0.0.1
        /32 host LOCAL
     |-- {OWN}
        /32 host LOCAL
     |-- 198.51.100.255
        /32 link BROADCAST
"""


def line(local: str, port: int, remote: str, remote_port: int, state: str, inode: int) -> str:
    def end(address: str, number: int) -> str:
        packed = ipaddress.ip_address(address).packed
        return "".join("%08X" % word for word in struct.unpack("=%dI" % (len(packed) // 4), packed)) + ":%04X" % number

    return f"   0: {end(local, port)} {end(remote, remote_port)} {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 x"


class Proc:
    """A /proc that tests write."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.path = directory
        (directory / "self/ns").mkdir(parents=True)
        (directory / "self/ns/net").symlink_to("net:[1]")
        self.network(directory / "net")

    def network(self, net: pathlib.Path, **tables: t.Sequence[str]) -> None:
        net.mkdir(exist_ok=True, parents=True)
        for kind in ("tcp", "tcp6", "udp", "udp6"):
            (net / kind).write_text("\n".join(["  sl  local_address ...", *tables.get(kind, ())]) + "\n", encoding="ascii")
        (net / "fib_trie").write_text(FIB, encoding="ascii")
        (net / "nf_conntrack").write_text("\n".join([*tables.get("tracked", ()), ""]), encoding="ascii")

    def tables(self, **tables: t.Sequence[str]) -> None:
        self.network(self.path / "net", **tables)

    def process(self, pid: int, command: str, *inodes: int, parent: int = 1, group: str = "/", network: int = 1) -> None:
        place = self.path / str(pid)
        for name in ("fd", "ns"):
            (place / name).mkdir(parents=True)
        argv = command.split()
        (place / "stat").write_text(f"{pid} ({pathlib.Path(argv[0]).name[:15]}) S {parent} 1 1", encoding="ascii")
        (place / "cmdline").write_text("\0".join([*argv, ""]), encoding="ascii")
        (place / "cgroup").write_text(f"0::{group}\n", encoding="ascii")
        (place / "ns/net").symlink_to(f"net:[{network}]")
        for number, inode in enumerate(inodes):
            (place / "fd" / str(number)).symlink_to(f"socket:[{inode}]")


class Engine(Host):
    """A host whose only command is Docker, with one container."""

    def which(self, command: str) -> str | None:
        return "/usr/bin/docker" if command == "docker" else None

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        if argv[-1] != "web":
            return Result(1, "", "no such container")
        ports = {"80/tcp": [{"HostIp": "", "HostPort": "8443"}], "81/tcp": None}
        settings = {"Ports": ports, "Networks": {"bridge": {"IPAddress": INNER, "GlobalIPv6Address": ""}}}
        return Result(0, json.dumps([{"Id": "c0ffee", "Name": "/web", "State": {"Pid": 70}, "NetworkSettings": settings}]), "")


@pytest.fixture
def proc(tmp_path: pathlib.Path) -> Proc:
    return Proc(tmp_path)


def watch(proc: Proc, looks: int = 1, **chosen: t.Any) -> Watch:
    usual: dict[str, t.Any] = {"processes": [], "units": [], "containers": [], "ports": [], "seconds": 10}
    found = Watch(read_choice(**{**usual, **chosen}), Engine(), str(proc.path))
    for _look in range(looks):
        found.look()
    return found


def test_only_what_was_chosen_comes_back(proc: Proc) -> None:
    proc.process(10, "/usr/bin/node-server --port 8000", 100, 101)
    proc.process(11, "/usr/bin/private", 200, 201)
    proc.tables(
        tcp=[
            line("0.0.0.0", 8000, "0.0.0.0", 0, LISTEN, 100),
            line(OWN, 8000, PEER, 50000, ESTABLISHED, 101),
            line(OWN, 8000, PEER, 50001, ESTABLISHED, 0),
            line("0.0.0.0", 9999, "0.0.0.0", 0, LISTEN, 200),
            line(OWN, 9999, STRANGER, 50002, ESTABLISHED, 0),
            line(OWN, 40000, STRANGER, 443, ESTABLISHED, 201),
        ]
    )
    found = watch(proc, 3, processes=["node-*"])
    assert found.sockets == {Socket("tcp", "0.0.0.0", 8000, "host"): "node-server"}
    ((kind, seen),) = found.connections.items()
    assert kind == Kind("tcp", True, False, PEER, 8000, "host")
    assert (len(seen.clients), seen.looks, seen.answered, seen.program) == (2, 3, True, "node-server")
    assert (found.unmatched, found.looks, found.tracks, found.cut) == ([], 3, True, False)


def test_what_is_opened_is_told_with_the_port_of_the_responder(proc: Proc) -> None:
    proc.process(10, "node", 100, 101, 102)
    proc.process(12, "python3 worker.py", 103, parent=10)
    proc.tables(
        tcp=[
            line(OWN, 40000, PEER, 8000, ESTABLISHED, 100),
            line(OWN, 40001, STRANGER, 443, SYN_SENT, 101),
            line("127.0.0.1", 40002, "127.0.0.1", 9094, ESTABLISHED, 102),
        ],
        tcp6=[line("2001:db8::1", 40003, "2001:db8::2", 8443, ESTABLISHED, 103), line("::ffff:" + OWN, 1, "fe80::1", 7, ESTABLISHED, 103)],
    )
    found = watch(proc, processes=["node"])
    assert {kind: seen.answered for kind, seen in found.connections.items()} == {
        Kind("tcp", False, False, PEER, 8000, "host"): True,
        Kind("tcp", False, False, STRANGER, 443, "host"): False,
        Kind("tcp", True, True, "", 9094, "host"): True,
        Kind("tcp", False, False, "2001:db8::2", 8443, "host"): True,
    }


def test_ports_are_watched_whoever_uses_them(proc: Proc) -> None:
    proc.tables(
        tcp=[line(OWN, 8000, PEER, 50000, ESTABLISHED, 0), line("127.0.0.1", 8000, "0.0.0.0", 0, LISTEN, 7)],
        udp=[line("0.0.0.0", 7600, "0.0.0.0", 0, UNCONNECTED, 8), line("0.0.0.0", 50000, "0.0.0.0", 0, UNCONNECTED, 9)],
        tracked=[
            f"ipv4 2 udp 17 20 src={PEER} dst={OWN} sport=5000 dport=7600 src={OWN} dst={PEER} sport=7600 dport=5000 mark=0",
            f"ipv4 2 udp 17 20 src={OWN} dst={STRANGER} sport=5000 dport=7600 [UNREPLIED] src={STRANGER} dst={OWN} sport=7600 dport=5000",
            f"ipv4 2 udp 17 20 src={PEER} dst={OWN} sport=5000 dport=7601 src={OWN} dst={PEER} sport=7601 dport=5000 mark=0",
        ],
    )
    found = watch(proc, ports=["8000", "7600/udp"])
    assert set(found.sockets) == {Socket("tcp", "127.0.0.1", 8000, "host"), Socket("udp", "0.0.0.0", 7600, "host")}
    assert {kind: seen.answered for kind, seen in found.connections.items()} == {
        Kind("udp", True, False, PEER, 7600, "host"): True,
        Kind("udp", False, False, STRANGER, 7600, "host"): False,
    }


def test_short_connections_are_known_from_what_the_kernel_tracks_and_old_ones_do_not_count(proc: Proc) -> None:
    proc.process(10, "node", 100)
    listening = [line("0.0.0.0", 8000, "0.0.0.0", 0, LISTEN, 100)]
    old = (
        f"ipv4 2 tcp 6 90 TIME_WAIT src={STRANGER} dst={OWN} sport=5000 dport=8000 src={OWN} dst={STRANGER} sport=8000 dport=5000 [ASSURED]"
    )
    new = f"ipv4 2 tcp 6 90 TIME_WAIT src={PEER} dst={OWN} sport=5001 dport=8000 src={OWN} dst={PEER} sport=8000 dport=5001 [ASSURED]"
    proc.tables(tcp=[*listening, line(OWN, 8000, STRANGER, 5002, TIME_WAIT, 0)], tracked=[old])
    found = watch(proc, processes=["node"])
    assert found.connections == {}
    proc.tables(tcp=[*listening, line(OWN, 8000, STRANGER, 5002, TIME_WAIT, 0)], tracked=[old, new])
    for _look in range(watch_module.TRACKED_EVERY):
        found.look()
    assert [*found.connections] == [Kind("tcp", True, False, PEER, 8000, "host")]


def test_a_published_port_of_a_container_is_that_of_the_host(proc: Proc) -> None:
    proc.process(70, "nginx", 300, group="/docker/c0ffee", network=7)
    proc.process(71, "nginx", 301, group="/docker/c0ffee", network=7, parent=70)
    proc.network(
        proc.path / "70/net",
        tcp=[
            line("0.0.0.0", 80, "0.0.0.0", 0, LISTEN, 300),
            line("0.0.0.0", 81, "0.0.0.0", 0, LISTEN, 301),
            line(INNER, 80, PEER, 50000, ESTABLISHED, 301),
            line(INNER, 40000, STRANGER, 443, ESTABLISHED, 301),
        ],
    )
    tracked = f"ipv4 2 tcp 6 90 TIME_WAIT src={PEER} dst={OWN} sport=5001 dport=8443 src={INNER} dst={PEER} sport=80 dport=5001 [ASSURED]"
    found = watch(proc, containers=["web", "absent"])
    assert found.sockets == {Socket("tcp", "0.0.0.0", 8443, "published"): "nginx"}
    assert set(found.connections) == {
        Kind("tcp", True, False, PEER, 8443, "published"),
        Kind("tcp", False, False, STRANGER, 443, "published"),
    }
    assert (found.unmatched, found.hidden) == (["absent"], set())
    proc.tables(tracked=[tracked])
    for _look in range(watch_module.TRACKED_EVERY):
        found.look()
    assert len(found.connections[Kind("tcp", True, False, PEER, 8443, "published")].clients) == 2


def test_programs_in_a_container_that_was_not_chosen_are_named(proc: Proc) -> None:
    proc.process(70, "nginx", 300, network=7)
    found = watch(proc, processes=["nginx"], units=["absent.service"])
    assert (found.hidden, found.sockets, found.unmatched) == ({"nginx"}, {}, ["absent.service"])


def test_bounds_hold_and_are_told(proc: Proc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "MOST_SOCKETS", 2)
    monkeypatch.setattr(watch_module, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(watch_module, "MOST_CLIENTS", 4)
    proc.process(10, "node", 100)
    listening = [line("0.0.0.0", 8000 + number, "0.0.0.0", 0, LISTEN, 100) for number in range(4)]
    many = [line(OWN, 8000, f"192.0.2.{number}", port, ESTABLISHED, 0) for number in range(1, 6) for port in range(1, 10)]
    proc.tables(tcp=[*listening, *many])
    found = watch(proc, processes=["node"])
    assert (len(found.sockets), len(found.connections), found.cut) == (2, 3, True)
    assert {len(seen.clients) for seen in found.connections.values()} == {4}


def test_it_looks_until_the_time_is_over_and_at_least_once(proc: Proc) -> None:
    now = [0.0]
    found = Watch(read_choice(["node"], [], [], [], 1), Engine(), str(proc.path))
    found.watch(2, lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))
    assert found.looks == 4
    again = Watch(read_choice(["node"], [], [], [], 1), Engine(), str(proc.path))
    again.watch(0, lambda: 0.0)
    assert (again.looks, again.unmatched) == (1, ["node"])


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ({}, "nothing is chosen; name the processes"),
        ({"processes": ["*"]}, r"'\*' is not a valid name of a process"),
        ({"units": [" "]}, "is not a valid name of a unit"),
        ({"containers": ["../x"]}, "'../x' is not a valid name of a container"),
        ({"ports": ["70000"]}, "'70000' is not a valid port"),
        ({"ports": ["80/sctp"]}, "'80/sctp' is not a valid port"),
        ({"ports": ["1-65535"]}, "more than 1000 ports are chosen"),
        ({"processes": ["x"], "seconds": 0}, "0 seconds cannot be watched; give a number from 1 to 3600"),
        ({"processes": ["x"], "seconds": 3601}, "3601 seconds cannot be watched"),
        ({"processes": ["x"] * 101}, "there are 101 names of a process; give at most 100"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_a_way_out(chosen: dict[str, t.Any], why: str) -> None:
    usual: dict[str, t.Any] = {"processes": [], "units": [], "containers": [], "ports": [], "seconds": 10}
    with pytest.raises(NotChosen, match=why):
        read_choice(**{**usual, **chosen})


@pytest.mark.parametrize(
    ("command", "wanted", "expected"),
    [
        ("/opt/x/bin/python3 /opt/x/bin/flower-superlink --insecure", "flower-superlink", True),
        ("python3 -u -m http.server 8000", "http.server", True),
        ("java -jar node.jar", "node.jar", True),
        ("vim flower-superlink", "flower-superlink", False),
        ("flower-superlink", "flower-super", False),
        ("flower-superlink", "flower-*", True),
        ("nginx: worker process", "nginx:", True),
    ],
)
def test_programs_are_known_by_their_names(proc: Proc, command: str, wanted: str, expected: bool) -> None:
    proc.process(10, command)
    assert (watch(proc, processes=[wanted]).unmatched == []) is expected


def test_names_that_the_kernel_has_cut_and_units_are_known() -> None:
    process = Process(1, 1, frozenset({"flower-superlin"}), frozenset({"system.slice", "node@a.service"}))
    assert matches(process, "flower-superlink")
    assert not matches(process, "flower-supernode")
    assert [in_unit(process, unit) for unit in ("node@a", "node@*", "node@a.service", "node", "system")] == [True, True, True, False, False]


@given(st.lists(st.text(max_size=60), max_size=5))
def test_whatever_tables_hold_nothing_breaks(lines: list[str]) -> None:
    assert all(entry.protocol in ("tcp", "udp") for entry in entries(lines))
    assert list(described("\n".join(lines))) == []


@given(
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner),
            st.dictionaries(st.sampled_from(["Id", "State", "Pid", "NetworkSettings", "Ports", "Networks", "80/tcp", "HostPort"]), inner),
        ),
        max_leaves=12,
    )
)
def test_whatever_an_engine_describes_nothing_breaks(description: object) -> None:
    assert all(isinstance(one, containers_module.Container) for one in described(json.dumps([description])))


def test_lines_of_tables_that_cannot_be_read_are_left_out(proc: Proc) -> None:
    good = line("127.0.0.1", 1, "0.0.0.0", 0, LISTEN, 5)
    proc.tables(tcp=["", "0: x", "0: 00000000:XX 00000000:0000 0A", good.replace("0100007F", "0100007"), good])
    assert [(row.local, row.port, row.inode) for row in rows(str(proc.path / "net"))][-1:] == [("127.0.0.1", 1, "5")]


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        (Handshake("completed", client_certificate=True), "mutual"),
        (Handshake("alert", client_certificate=True), "mutual"),
        (Handshake("completed", client_certificate=False), "server"),
        (Handshake("alert", certificate=b"x"), "server"),
        (Handshake("not_tls"), "none"),
        (Handshake("silent"), ""),
        (Handshake("unreachable"), ""),
    ],
)
def test_the_kind_of_tls_is_what_a_handshake_shows(shown: Handshake, kind: str) -> None:
    assert kind_of(Sight(shown)) == kind


def test_the_tables_of_this_machine_are_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert ("127.0.0.1", port, LISTEN) in {(row.local, row.port, row.state) for row in rows("/proc/self/net")}
