# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who manages the host at this moment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._apply.management import (
    be_admitted,
    doubts,
    exceptions,
    live_connection,
    parse_connection,
)
from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import HOST, INGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

ASK = (
    "from ansible_collections.federated.connectivity.plugins.module_utils._apply.management import live_connection\n"
    "import sys; print(live_connection()); sys.stdout.flush()"
)


@pytest.mark.parametrize(
    ("text", "connection"),
    [
        ("203.0.113.9 50000 198.51.100.10 22", ("203.0.113.9", 22)),
        ("2001:db8::9 50000 2001:db8::10 2222", ("2001:db8::9", 2222)),
        ("::ffff:203.0.113.9 50000 ::ffff:198.51.100.10 22", ("203.0.113.9", 22)),
        ("fe80::9%eth0 50000 fe80::10%eth0 22", ("fe80::9", 22)),
        ("UNKNOWN 65535 UNKNOWN 65535", None),
        ("203.0.113.9 50000 198.51.100.10 0", None),
        ("203.0.113.9 50000 198.51.100.10", None),
        ("", None),
    ],
)
def test_ssh_connection(text: str, connection: tuple[str, int] | None) -> None:
    assert parse_connection(text) == connection


@given(st.text())
def test_no_text_makes_it_stumble(text: str) -> None:
    connection = parse_connection(text)
    assert connection is None or 0 < connection[1] < 65536


def test_its_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "203.0.113.9 50000 198.51.100.10 22")
    assert live_connection() == ("203.0.113.9", 22)


def test_parents_remember_what_sudo_took_away() -> None:
    environment = {**os.environ, "SSH_CONNECTION": "203.0.113.9 50000 198.51.100.10 22", "ASK": ASK, "PYTHON": sys.executable}
    command = 'env -u SSH_CONNECTION sh -c "\\"$PYTHON\\" -c \\"\\$ASK\\"; true"; true'
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "('203.0.113.9', 22)\n"


@pytest.mark.parametrize(("client", "other"), [("203.0.113.9", "203.0.113.8"), ("2001:db8::9", "2001:db8::8")])
def test_a_policy_that_would_cut_the_live_connection_is_refused(client: str, other: str) -> None:
    def peers(address: str) -> AddressSet:
        networks = (f"{address}/{128 if ':' in address else 32}",)
        return AddressSet("peers", () if ":" in address else networks, networks if ":" in address else ())

    def ssh(*admitted: str, closed: bool = True) -> Rule:
        return Rule("baseline.host.management.ingress", INGRESS, "tcp", ("22",), tuple(map(peers, admitted)), HOST, closed)

    by_rule = rf"would cut the management connection, {client} to TCP port 22, by baseline\.host\.management\.ingress; nothing was changed"
    with pytest.raises(PolicyRefused, match=by_rule):
        be_admitted(Policy("host", (ssh(other),), False, False), (client, 22))
    with pytest.raises(PolicyRefused, match="by the default deny of ingress"):
        be_admitted(Policy("host", (ssh(other, closed=False),), True, False), (client, 22))
    be_admitted(Policy("host", (ssh(other),), True, True, management=(client, 22)), (client, 22))
    be_admitted(Policy("host", (ssh(other), ssh(client)), True, True), (client, 22))
    be_admitted(Policy("host", (ssh(other, closed=False),), False, True), (client, 22))
    be_admitted(Policy("host", (ssh(other),), True, True), None)


class OneLink(Host):
    """A host whose way to every client is one link, of a type of linux/if_arp.h."""

    def __init__(self, kind: int) -> None:
        self._kind = kind

    def which(self, command: str) -> str | None:
        return "/usr/sbin/" + command

    def run(self, argv: Sequence[str], input: str | None = None, check: bool = True) -> Result:
        return Result(0, '[{"dst": "192.0.2.1", "dev": "link0"}]', "")

    def read(self, path: str) -> bytes | None:
        return {"/sys/class/net/link0/type": b"%d\n" % self._kind}.get(path)


@pytest.mark.parametrize(
    ("kind", "carrier"),
    [
        (1, ""),  # Ethernet
        (512, "the tunnel link0"),  # PPP
        (768, "the tunnel link0"),  # IPv4 in IPv4
        (769, "the tunnel link0"),  # anything in IPv6
        (776, "the tunnel link0"),  # IPv6 in IPv4
        (778, "the tunnel link0"),  # GRE over IPv4
        (823, "the tunnel link0"),  # GRE over IPv6
        (65534, "the tunnel link0"),  # WireGuard
        (772, "something on this host itself"),
    ],
)
def test_links_that_a_denied_default_may_keep_down_are_named(kind: int, carrier: str) -> None:
    client, denied = ("192.0.2.1", 22), Policy("host", (), False, True)
    assert [carrier in warning for warning in doubts(denied, client, OneLink(kind))] == [True] * bool(carrier)
    assert doubts(denied._replace(deny_egress=False), client, OneLink(kind)) == []
    assert doubts(denied, None, OneLink(kind)) == []


def test_an_exception_is_named_with_what_ends_it() -> None:
    policy = Policy("station", (), True, False)
    assert exceptions(policy) == []
    (words,) = exceptions(policy._replace(management=("2001:db8::9", 22)))
    assert words.startswith("no rule of the plan admits the management connection, 2001:db8::9 to TCP port 22")
    assert "add 2001:db8::9 or its network to connectivity_networks.management" in words
