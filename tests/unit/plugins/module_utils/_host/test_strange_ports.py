# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of /etc/services and lines of /proc/net: whatever stands there, a port is a number from 0 to 65535, or nothing."""

from __future__ import annotations

import contextlib
import ctypes
import pathlib
import tempfile
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._host import port_names
from ansible_collections.federated.connectivity.plugins.module_utils._host.listening_sockets import listening_sockets
from ansible_collections.federated.connectivity.plugins.module_utils._plan.ports import HIGHEST
from ansible_collections.federated.connectivity.tests.strangers import PORTS, altered, real, strange, texts

# As /etc/services of Debian 11, 12, 13 and of the coming release has them, and as people write them.
SERVICES = {
    "ssh": 22, "https": 443, "ftp-data": 20, "ftp": 21, "z3950": 210, "kerberos4": 750, "iso-tsap": 102, "x11-1": 6001, "9pfs": 564,
    "böse": 7, "a-b-c": 9,
}  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(sorted(SERVICES)),
    PORTS,
    st.builds("{}{}{}".format, st.sampled_from(sorted(SERVICES)), st.sampled_from("-:,"), st.sampled_from([*SERVICES, "", "70000", "0"])),
    st.integers(-(10**6), 10**6).map(str),
    texts(20),
)


@pytest.fixture(autouse=True)
def _services(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with these names; a name that C cannot take is an error of Python, as it is of the real function."""

    def getservbyname(name: str, _protocol: str = "tcp") -> int:
        ctypes.c_char_p(name.encode())
        if "\0" in name:
            raise ValueError("embedded null character")
        if name not in SERVICES:
            raise OSError("service/proto not found")
        return SERVICES[name]

    monkeypatch.setattr("socket.getservbyname", getservbyname)


@strange
@given(WORDS)
def test_a_port_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        low, high = port_names.span(text)
        assert 0 <= low <= high <= HIGHEST


@strange
@given(st.lists(WORDS, max_size=4))
def test_several_ports_are_in_order_or_refused(texts: list[str]) -> None:
    with contextlib.suppress(ValueError):
        found = port_names.spans(texts)
        assert all(one[1] < two[0] for one, two in zip(found, found[1:], strict=False))
        assert all(0 <= low <= high <= HIGHEST for low, high in found)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("ssh", (22, 22)),
        ("ftp-data", (20, 20)),
        ("ftp-data-ssh", (20, 22)),
        ("ftp-data:https", (20, 443)),
        (":ssh", (0, 22)),
        ("x11-1", (6001, 6001)),
    ],
)
def test_names_and_ranges_of_names(text: str, span: tuple[int, int]) -> None:
    assert port_names.span(text) == span


# As the kernels of these releases print it.
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LINE = "   0: 0100007F:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0\n"
FIELDS = st.one_of(
    st.sampled_from(
        ["0:", "0100007F:20FB", "00000000000000000000000001000000:20FB", "0A", "07", "01", "zz:zz", "0100007F", "1:99999", ":"]
    ),
    texts(6),
)
LINES = st.one_of(st.just(LINE), st.lists(FIELDS, max_size=12).map(lambda fields: " ".join(fields) + "\n"), texts())


def sockets(tables: dict[str, str]) -> t.Any:
    with tempfile.TemporaryDirectory() as directory:
        (pathlib.Path(directory) / "net").mkdir()
        for name, text in tables.items():
            (pathlib.Path(directory) / "net" / name).write_text(text, encoding="utf-8", errors="surrogatepass")
        return listening_sockets([("tcp", 0x20FB), ("udp", 0x20FB)], directory)


TABLES = ("tcp", "tcp6", "udp", "udp6")
TABLE = st.one_of(st.lists(LINES, max_size=4).map(lambda lines: HEAD + "".join(lines)), *(altered(f"proc-{name}") for name in TABLES))


@strange
@given(st.dictionaries(st.sampled_from(TABLES), TABLE, max_size=4))
def test_no_line_of_the_kernel_breaks_a_run(tables: dict[str, str]) -> None:
    for found in sockets(tables):
        assert found.port == 0x20FB
        assert found.address
        assert found.is_loopback in (True, False)


def test_what_the_kernel_prints_is_read() -> None:
    tables = {name: text for name in TABLES for text in real(f"proc-{name}")}
    assert [(found.protocol, found.family, found.address) for found in sockets(tables)] == [("tcp", 6, "::"), ("udp", 6, "::")]


def test_a_socket_is_found_between_lines_of_another_form() -> None:
    (found,) = sockets({"tcp": HEAD + "\n0:\nx y z 0A\n" + LINE})
    assert (found.address, found.port, found.is_loopback) == ("127.0.0.1", 0x20FB, True)
