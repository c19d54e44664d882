# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel's list of sockets, read as connections."""

from __future__ import annotations

import socket
import struct
import sys

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.open_connections import (
    Connection,
    connections,
    message,
)

HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def end(address: str, port: int, mapped: bool = False) -> str:
    """As the kernel of this machine writes it."""
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    packed = bytes(10) + b"\xff\xff" + packed if mapped else packed
    return "".join("%08X" % word for word in struct.unpack("=%dI" % (len(packed) // 4), packed)) + ":%04X" % port


def table(*sockets: tuple[str, str, str]) -> str:
    rows = ("%4d: %s %s %s 00000000:00000000 00:00000000 00000000 0 0 1" % (number, *each) for number, each in enumerate(sockets))
    return HEADING + "".join(row + "\n" for row in rows)


def ends(connection: Connection) -> list[tuple[str, int]]:
    return [(socket.inet_ntop(socket.AF_INET6 if len(ip) == 16 else socket.AF_INET, ip), port) for ip, port in connection]


def test_who_came_to_a_port_that_listens_has_opened_the_connection() -> None:
    text = table(
        (end("0.0.0.0", 22), end("0.0.0.0", 0), "0A"),
        (end("198.51.100.10", 22), end("198.51.100.20", 50000), "01"),
        (end("198.51.100.10", 40000), end("198.51.100.20", 443), "08"),
    )
    assert [ends(each) for each in connections([text])] == [
        [("198.51.100.20", 50000), ("198.51.100.10", 22)],
        [("198.51.100.10", 40000), ("198.51.100.20", 443)],
    ]


def test_ipv6_and_ipv4_by_a_socket_of_ipv6() -> None:
    text = table(
        (end("2001:db8:1::10", 40000), end("2001:db8:1::20", 443), "01"),
        (end("198.51.100.10", 40001, mapped=True), end("198.51.100.20", 443, mapped=True), "01"),
    )
    assert [ends(each)[1] for each in connections(["", text])] == [("2001:db8:1::20", 443), ("198.51.100.20", 443)]


@pytest.mark.parametrize("state", ["02", "03", "04", "06", "07", "0A"])
def test_what_has_nothing_to_send_or_has_not_begun_is_no_open_connection(state: str) -> None:
    assert connections([table((end("198.51.100.10", 40000), end("198.51.100.20", 443), state))]) == []


def test_a_message_says_its_own_length() -> None:
    (connection,) = connections([table((end("198.51.100.10", 40000), end("198.51.100.20", 443), "01"))])
    content = message(connection, 7)
    assert int.from_bytes(content[:4], sys.byteorder) == len(content)
    assert content.count(socket.inet_aton("198.51.100.20")) == 2
