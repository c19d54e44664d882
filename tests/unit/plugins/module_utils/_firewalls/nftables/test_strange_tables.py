# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever nft lists of sets, and the kernel of open connections: what is of another form is left out, and the rest is read."""

from __future__ import annotations

import json
import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.open_connections import connections
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.refused_peers import refused_peers, sets_of
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.tests.strangers import ADDRESSES, strange, texts, values

ELEMENTS = st.one_of(
    ADDRESSES,
    st.builds(lambda address: {"elem": {"val": address, "timeout": 604800, "expires": 9}}, st.one_of(ADDRESSES, values())),
    st.just({"prefix": {"addr": "192.0.2.0", "len": 24}}),
    st.just({"range": ["192.0.2.1", "192.0.2.9"]}),
    values(),
)
ENTRIES = st.one_of(
    st.fixed_dictionaries(
        {"set": st.fixed_dictionaries({}, optional={"name": texts(8), "elem": st.one_of(st.lists(ELEMENTS, max_size=4), values())})}
    ),
    st.fixed_dictionaries({"set": values()}),
    values(),
)
PLANTED = {"set": {"family": "inet", "name": "planted", "elem": ["192.0.2.9", {"elem": {"val": "192.0.2.1", "timeout": 9}}]}}


class Nft(Host):
    """A host whose nft lists this."""

    def __init__(self, listing: str) -> None:
        self._listing = listing

    def which(self, command: str) -> str | None:
        return "/usr/sbin/" + command

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        return Result(0, self._listing, "")


@strange
@given(st.lists(ENTRIES, max_size=5))
def test_sets_are_read_between_entries_of_any_form(entries: list[t.Any]) -> None:
    found = sets_of(json.dumps({"nftables": [*entries, PLANTED]}))
    assert found["planted"] == ["192.0.2.1", "192.0.2.9"]


@strange
@given(st.one_of(texts(), values().map(json.dumps), st.sampled_from(["", "{", "[]", '{"nftables": 5}', "[" * 100_000])))
def test_no_listing_breaks_a_run(listing: str) -> None:
    found = refused_peers(["linksight.north.peer_http.ingress"], Nft(listing))
    assert found.missing == ["linksight.north.peer_http.ingress"]
    assert found.refused == []


HEAD = "  sl  local_address rem_address   st\n"
OPEN = "   0: 0A6433C6:20FB 146433C6:A000 01 00000000:00000000\n"
FIELDS = st.one_of(
    st.sampled_from(
        ["0:", "0A6433C6:20FB", "0A6433C6:FFFFF", "00:1", "01", "0A", "08", "zz:zz", ":", "0000000000000000FFFF00000A6433C6:20FB"]
    ),
    texts(6),
)
LINES = st.one_of(st.lists(FIELDS, max_size=6).map(lambda fields: " ".join(fields) + "\n"), texts(), st.just(OPEN))


@strange
@given(st.lists(LINES, max_size=6), st.lists(LINES, max_size=3))
def test_open_connections_are_read_between_lines_of_any_form(first: list[str], second: list[str]) -> None:
    found = connections([HEAD + "".join(first) + "\n" + OPEN, HEAD + "".join(second)])
    assert any({end[1] for end in connection} == {0x20FB, 0xA000} for connection in found)
    assert all(len(end[0]) in (4, 16) and 0 <= end[1] <= 0xFFFF for connection in found for end in connection)
