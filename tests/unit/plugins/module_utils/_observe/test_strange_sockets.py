# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of the kernel and of conntrack: what they really print is understood, and nothing that may stand there breaks a run."""

from __future__ import annotations

import ipaddress
import pathlib
import tempfile
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import open_connections
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.plugins.module_utils._observe.socket_table import (
    ESTABLISHED,
    LISTEN,
    Row,
    own_addresses,
    rows,
)
from ansible_collections.federated.connectivity.plugins.module_utils._observe.tracked import entries, tracked
from ansible_collections.federated.connectivity.plugins.module_utils._plan.ports import HIGHEST
from ansible_collections.federated.connectivity.tests.strangers import altered, real, strange, texts

SOCKETS = ("tcp", "tcp6", "udp", "udp6")
TABLES = (*SOCKETS, "fib_trie", "if_inet6")
FIELDS = st.one_of(
    st.sampled_from(
        ["0:", "0100007F:20FB", "-1000000:20FB", "1:-1", "0100007F:99999", "zz:zz", "01", "0A", "|--", "/32", "host", "LOCAL", "1_0"]
    ),
    st.text(st.sampled_from("0123456789abcdefABCDEF:-"), max_size=34),
    texts(6),
)
ODD = st.lists(st.lists(FIELDS, max_size=12).map(" ".join), max_size=6).map("\n".join)
HOST, PARTNER = ("198.51.100.10", "2001:db8:1::10"), ("198.51.100.20", "2001:db8:1::20")


def read(tables: dict[str, str]) -> tuple[list[Row], set[str]]:
    with tempfile.TemporaryDirectory() as directory:
        for name, text in tables.items():
            (pathlib.Path(directory) / name).write_text(text, encoding="utf-8", errors="surrogateescape")
        return list(rows(directory)), own_addresses(directory)


@strange
@given(st.fixed_dictionaries({}, optional={name: st.one_of(altered(f"proc-{name}"), ODD, texts()) for name in TABLES}))
def test_no_table_of_the_kernel_breaks_a_run(tables: dict[str, str]) -> None:
    found, own = read({name: text.encode("utf-8", "replace").decode() for name, text in tables.items()})
    for row in found:
        assert 0 <= row.port <= HIGHEST
        assert 0 <= row.remote_port <= HIGHEST
    for address in (*own, *(end for row in found for end in (row.local, row.remote))):
        assert str(ipaddress.ip_address(address)) == address
    for connection in open_connections.connections([tables.get("tcp", ""), tables.get("tcp6", "")]):
        assert open_connections.message(connection, 1)


@strange
@given(st.one_of(altered("proc-nf_conntrack"), altered("conntrack"), ODD, texts()))
def test_no_line_of_tracked_connections_breaks_a_run(text: str) -> None:
    for entry in entries(text.split("\n")):
        assert all(str(ipaddress.ip_address(end)) == end for end in (entry.source, entry.target, entry.replied_by))
        assert max(entry.port, entry.source_port) <= HIGHEST


def test_sockets_as_the_kernel_prints_them() -> None:
    found, own = read({name: text for name in TABLES for text in real(f"proc-{name}")})
    assert {*HOST, "127.0.0.1", "::1"} < own
    listening = {(row.protocol, row.port) for row in found if row.state == LISTEN}
    assert listening == {("tcp", 8443), ("tcp", 9090)}
    came = {(row.local, row.remote) for row in found if row.state == ESTABLISHED and (row.protocol, row.port) == ("tcp", 8443)}
    assert came == {*zip(HOST, PARTNER, strict=True)}
    went = {(row.local, row.remote) for row in found if row.state == ESTABLISHED and row.remote_port == 9090}
    assert went == came


@pytest.mark.parametrize("ends", ["0100007F:1FFFF 00000000:0000", "0100007F:0016 0100007F:1FFFF", "0100007F:-1 00000000:0000"])
def test_a_line_with_a_port_out_of_range_is_passed_over(ends: str) -> None:
    line = "{}: {} 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1"
    found, _own = read({"tcp": "\n".join(["  sl  local_address", line.format(0, ends), line.format(1, "0100007F:0016 00000000:0000")])})
    assert [(row.local, row.port) for row in found] == [("127.0.0.1", 22)]


def test_open_connections_as_the_kernel_prints_them() -> None:
    found = open_connections.connections([real("proc-tcp")[0], real("proc-tcp6")[0]])
    ends = {tuple(str(ipaddress.ip_address(end[0])) for end in connection) for connection in found if connection.destination[1] == 8443}
    assert ends == {*zip(PARTNER, HOST, strict=True)}
    assert len(found) == 4


@pytest.mark.parametrize("text", [*real("proc-nf_conntrack"), *real("conntrack")])
def test_tracked_connections_as_each_release_prints_them(text: str) -> None:
    """Without a family, conntrack of Debian 11 lists IPv4 alone."""
    found = {(entry.protocol, entry.source, entry.target, entry.port) for entry in entries(text.split("\n"))}
    both_ways = [*zip(HOST, PARTNER, (9090, 9090), strict=True), *zip(PARTNER, HOST, (8443, 8443), strict=True)]
    wanted = {(protocol, *ends) for ends in both_ways for protocol in ("tcp", "udp") if "ipv6" in text or ":" not in ends[0]}
    assert found == wanted


class Conntrack(Host):
    """A host on which conntrack answers for these families alone."""

    def __init__(self, *families: str) -> None:
        self._families = families

    def which(self, command: str) -> str | None:
        return "/usr/sbin/" + command

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        family = argv[argv.index("-f") + 1]
        if family not in self._families:
            raise ToolFailed(f"conntrack does not know {family}")
        lines = real("conntrack")[1].split("\n")
        return Result(0, "\n".join(line for line in lines if line.startswith(family)), "")


@pytest.mark.parametrize("families", [("ipv4", "ipv6"), ("ipv4",), ()])
def test_conntrack_is_asked_for_each_family(families: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    found = tracked(Conntrack(*families), str(tmp_path))
    if not families:
        assert found is None
        return
    assert found is not None
    assert {ipaddress.ip_address(entry.source).version for entry in found} == {int(family[-1]) for family in families}
