# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: good answers are kept, bad ones refused, a slow or failing name service neither opens nor closes anything."""

from __future__ import annotations

import pathlib
import threading

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils import _names
from ansible_collections.federated.connectivity.plugins.module_utils._host import (
    Host,
)
from ansible_collections.federated.connectivity.plugins.module_utils._names import (
    read_cache,
    resolve,
    write_cache,
)

NAME = "registry.example.org"
CACHED = {NAME: ["203.0.113.5"]}


def service(*answers: str, error: Exception | None = None):  # type: ignore[no-untyped-def]
    def look_up(name: str) -> list[str]:
        if error:
            raise error
        return list(answers)

    return look_up


def test_a_good_answer_replaces_the_last_one() -> None:
    assert resolve([NAME], CACHED, service("2001:db8::5", "203.0.113.6")) == ({NAME: ["2001:db8::5", "203.0.113.6"]}, [])


@pytest.mark.parametrize("error", [OSError("temporary failure"), UnicodeError("label too long"), None])
def test_no_answer_keeps_the_last_one_and_says_so(error: Exception | None) -> None:
    answers, warnings = resolve([NAME], CACHED, service(error=error))
    assert answers == CACHED
    assert warnings == [f"{NAME} could not be looked up on this host; its last known addresses stay in force: 203.0.113.5"]


def test_no_answer_ever_opens_nothing_and_says_so() -> None:
    answers, (warning,) = resolve([NAME], {NAME: []}, service())
    assert answers == {}
    assert "its rules open nothing" in warning


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "255.255.255.255",
        "::ffff:127.0.0.1",
    ],
)
def test_addresses_that_no_partner_has_are_refused(address: str) -> None:
    answers, (warning,) = resolve([NAME], {}, service(address, "203.0.113.6"))
    assert answers == {NAME: ["203.0.113.6"]}
    assert address in warning
    assert resolve([NAME], CACHED, service(address))[0] == CACHED


def test_addresses_made_for_ipv6_only_networks_are_good() -> None:
    assert resolve([NAME], {}, service("64:ff9b::203.0.113.6"))[1] == []


def test_a_name_service_that_hangs_costs_bounded_time() -> None:
    hanging = threading.Event()

    def look_up(name: str) -> list[str]:
        if name != NAME:
            hanging.wait()
        return ["203.0.113.6"]

    answers, warnings = resolve(["slow.example.org", NAME], {"slow.example.org": ["203.0.113.7"]}, look_up, seconds=0.1)
    hanging.set()
    assert answers == {"slow.example.org": ["203.0.113.7"], NAME: ["203.0.113.6"]}
    assert len(warnings) == 1


def test_the_cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    monkeypatch.setattr(_names, "CACHE", str(state / "names.json"))
    monkeypatch.setattr(_names, "STATE", str(state))
    host = Host()
    assert read_cache(host) == {}
    write_cache(host, CACHED)
    assert read_cache(host) == CACHED
    for damage in (b"{", b"[]", b'{"registry.example.org": "127.0.0.1"}', b'{"registry.example.org": [1, null, "127.0.0.1"]}'):
        (state / "names.json").write_bytes(damage)
        assert not any(read_cache(host).values())
    write_cache(host, {})
    assert not state.exists()
