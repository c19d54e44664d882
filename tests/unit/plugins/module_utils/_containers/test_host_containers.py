# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the containers of a host: from Docker's daemon, and from the programs that hold published ports for it."""

from __future__ import annotations

import http.server
import json
import pathlib
import socketserver
import threading
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._containers import docker
from ansible_collections.federated.connectivity.plugins.module_utils._containers.docker import Container, NoAnswer, containers
from ansible_collections.federated.connectivity.plugins.module_utils._containers.published import (
    Published,
    held_by_forwarders,
    readable,
    with_names,
)

BRIDGE, OWN = "979f0a6b1202b932", "3f00a6b1202b9329bc2a"
NETWORKS = [
    {"Name": "bridge", "Id": BRIDGE, "Driver": "bridge", "Options": {"com.docker.network.bridge.name": "docker0"}},
    {"Name": "own", "Id": OWN, "Driver": "bridge", "Options": {}},
    {"Name": "host", "Id": "892b", "Driver": "host", "Options": {}},
]


def listed(name: str, ports: t.Sequence[t.Mapping[str, t.Any]] = (), *networks: str, mode: str = "bridge") -> dict[str, t.Any]:
    """A container as GET /containers/json lists it."""
    return {
        "Id": name * 12,
        "Names": ["/" + name],
        "Ports": list(ports),
        "HostConfig": {"NetworkMode": mode},
        "NetworkSettings": {"Networks": {id: {"NetworkID": id} for id in networks}},
    }


class Daemon(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """dockerd, as far as its socket goes."""

    daemon_threads = True

    def __init__(self, path: str, answers: t.Mapping[str, t.Any]) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = answers[self.path]
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: t.Any) -> None:
                """Nothing to tell."""

            def address_string(self) -> str:
                return "local"

        super().__init__(path, Handler)


@pytest.fixture
def proc(tmp_path: pathlib.Path) -> pathlib.Path:
    """A host where dockerd runs."""
    add_process(tmp_path / "proc", 7, "dockerd", "/usr/sbin/dockerd", "-H", "fd://")
    return tmp_path / "proc"


def add_process(proc: pathlib.Path, pid: int, name: str, *arguments: str) -> None:
    (proc / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "comm").write_text(name[:15] + "\n", encoding="utf-8")
    (proc / str(pid) / "cmdline").write_bytes("\0".join([*arguments, ""]).encode())


def asked(proc: pathlib.Path, containers_of_it: t.Any, networks: t.Any = NETWORKS) -> list[Container]:
    path = str(proc.parent / "docker.sock")
    with Daemon(path, {"/containers/json": containers_of_it, "/networks": networks}) as daemon:
        threading.Thread(target=daemon.serve_forever, args=(0.01,), daemon=True).start()
        try:
            return containers(path, str(proc))
        finally:
            daemon.shutdown()
            pathlib.Path(path).unlink()


def test_containers_have_their_names_bridges_and_published_ports(proc: pathlib.Path) -> None:
    ports = [
        {"IP": "0.0.0.0", "PrivatePort": 8881, "PublicPort": 8101, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 8881, "PublicPort": 8101, "Type": "tcp"},
        {"PrivatePort": 9000, "Type": "tcp"},
    ]
    found = asked(proc, [listed("web", (), BRIDGE, OWN), listed("computation", ports, BRIDGE), listed("plain", mode="host")])
    assert found == [
        Container(
            "computation",
            ("docker0",),
            (Published("tcp", "0.0.0.0", 8101, 8881, "computation"), Published("tcp", "::", 8101, 8881, "computation")),
        ),
        Container("plain", (), ()),
        Container("web", ("br-" + OWN[:12], "docker0"), ()),
    ]


def test_a_container_in_the_network_of_another_one_is_a_part_of_that_one(proc: pathlib.Path) -> None:
    assert asked(proc, [listed("sidecar", mode="container:abc"), listed("web", (), BRIDGE)]) == [Container("web", ("docker0",), ())]


def test_without_dockerd_there_are_no_containers_and_nobody_is_asked(tmp_path: pathlib.Path) -> None:
    add_process(tmp_path, 8, "docker-proxy", "docker-proxy")
    assert containers(str(tmp_path / "docker.sock"), str(tmp_path)) == []


@pytest.mark.parametrize("answer", [b"", b"[", {"message": "no"}, None, b"[" * 100_000])
def test_a_daemon_whose_answer_is_not_a_list_is_named(proc: pathlib.Path, answer: t.Any) -> None:
    with pytest.raises(NoAnswer, match=r"dockerd runs and does not answer at /run/docker\.sock"):
        asked(proc, answer)
    with pytest.raises(NoAnswer):
        asked(proc, [], answer)


def test_a_daemon_that_does_not_listen_is_named(proc: pathlib.Path) -> None:
    with pytest.raises(NoAnswer):
        containers(str(proc / "docker.sock"), str(proc))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([BRIDGE, "tcp", "::", "bridge"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Names", "Id", "Ports", "HostConfig", "NetworkMode", "NetworkSettings", "Networks", "NetworkID", "Driver", "IP", "Type"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=3), st.lists(JSON, max_size=3))
def test_whatever_a_daemon_lists_is_read_or_passed_over(listed_ones: list[t.Any], networks: list[t.Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(docker, "is_running", lambda name, proc: True)
        patch.setattr(docker, "ask", lambda path, question: listed_ones if question == "/containers/json" else networks)
        found = containers()
    assert len(found) <= len(listed_ones)
    assert all(isinstance(one.name, str) and isinstance(one.bridges, tuple) for one in found)


def test_forwarders_say_what_they_hold_also_those_of_rootless_docker(tmp_path: pathlib.Path) -> None:
    flags = ["-proto", "tcp", "-host-ip", "127.0.0.1", "-host-port", "8101", "-container-ip", "172.17.0.2", "-container-port", "8881"]
    add_process(tmp_path, 11, "docker-proxy", "/usr/sbin/docker-proxy", *flags)
    add_process(tmp_path, 12, "docker-proxy", "/usr/sbin/docker-proxy", *flags)
    add_process(
        tmp_path, 13, "rootlesskit-docker-proxy", "/usr/bin/rootlesskit-docker-proxy", *(f.replace("127.0.0.1", "::") for f in flags)
    )
    add_process(tmp_path, 14, "docker-proxy", "/usr/sbin/docker-proxy", "-host-port", "x")
    add_process(tmp_path, 15, "agent", "/usr/bin/agent", *flags)
    (tmp_path / "self").mkdir()
    assert held_by_forwarders(str(tmp_path)) == [Published("tcp", "127.0.0.1", 8101, 8881), Published("tcp", "::", 8101, 8881)]


def test_what_is_known_by_name_stands_once() -> None:
    named = Published("tcp", "0.0.0.0", 8101, 8881, "computation")
    other = Published("tcp", "::", 8101, 8881)
    assert with_names([named._replace(container=""), other], [named]) == [named, other]


@pytest.mark.parametrize(
    ("protocol", "address", "port"), [("any", "::", 1), ("tcp", "host", 1), ("tcp", "::", 0), ("tcp", "::", 65536), ("tcp", "::", None)]
)
def test_what_is_not_a_port_at_an_address_is_passed_over(protocol: str, address: str, port: int | None) -> None:
    assert readable("web", "tcp", "[::1]", "8101", 8881) == Published("tcp", "::1", 8101, 8881, "web")
    assert readable("web", protocol, address, port, 8881) is None
