# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._host.listening_sockets import (
    ListeningSocket,
    is_loopback,
    listening_sockets,
)

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def _hex(address: str) -> str:
    """As the kernel prints an address: words in the machine's own byte order."""
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    return "".join(f"{word:08X}" for word in struct.unpack(f"={len(packed) // 4}I", packed))


def _line(address: str, port: int, state: str, inode: int) -> str:
    return f"   0: {_hex(address)}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n"


@pytest.fixture
def proc(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "net").mkdir()
    (tmp_path / "811" / "fd").mkdir(parents=True)
    (tmp_path / "811" / "comm").write_text("gunicorn: master\n", encoding="ascii")
    os.symlink("socket:[71]", tmp_path / "811" / "fd" / "5")
    os.symlink("/dev/null", tmp_path / "811" / "fd" / "0")
    return tmp_path


def _write(proc: pathlib.Path, name: str, *lines: str) -> None:
    (proc / "net" / name).write_text(HEADER + "".join(lines), encoding="ascii")


def test_listening_sockets_of_the_wanted_ports_with_their_owners(proc: pathlib.Path) -> None:
    _write(
        proc,
        "tcp",
        _line("127.0.0.1", 8484, "0A", 71),
        _line("0.0.0.0", 8443, "0A", 72),
        _line("198.51.100.10", 8484, "01", 73),  # an established connection
        _line("127.0.0.1", 22, "0A", 74),  # not wanted
    )
    _write(proc, "tcp6", _line("2001:db8:1::10", 8484, "0A", 75))
    _write(proc, "udp", _line("0.0.0.0", 51820, "07", 76), _line("0.0.0.0", 8484, "07", 77))
    assert listening_sockets({("tcp", 8484), ("tcp", 8443), ("udp", 51820)}, str(proc)) == [
        ListeningSocket("tcp", 4, "0.0.0.0", 8443, ""),
        ListeningSocket("tcp", 4, "127.0.0.1", 8484, "gunicorn: master (pid 811)"),
        ListeningSocket("tcp", 6, "2001:db8:1::10", 8484, ""),
        ListeningSocket("udp", 4, "0.0.0.0", 51820, ""),
    ]


def test_this_process_is_found_on_both_families() -> None:
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("::", 0), family=socket.AF_INET6) as second:
        ports = [listener.getsockname()[1] for listener in (first, second)]
        found = {
            (entry.family, entry.address, entry.is_loopback, entry.process)
            for entry in listening_sockets([("tcp", port) for port in ports])
        }
    process = f"{pathlib.Path('/proc/self/comm').read_text(encoding='ascii').strip()} (pid {os.getpid()})"
    assert found == {(4, "127.0.0.1", True, process), (6, "::", False, process)}


@given(st.ip_addresses())
def test_every_address_is_read_as_the_kernel_writes_it(address: object) -> None:
    from ansible_collections.federated.connectivity.plugins.module_utils._host.listening_sockets import kernel_address

    assert kernel_address(_hex(str(address))) == str(address)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:198.51.100.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("198.51.100.1", False),
        ("fe80::1", False),
    ],
)
def test_loopback(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected
