# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which targets of egress rules are asked, and whose answers count."""

from __future__ import annotations

import contextlib
import socket
import threading
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._apply.reachability import MOST, Target, reached, targets
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import EGRESS, HOST, INGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

PARTNERS = AddressSet("partners", ("198.51.100.20/32", "198.51.100.64/26"), ("2001:db8:1::20/128",))


def rule(id: str, protocol: str, *ports: str, direction: str = EGRESS, peers: t.Sequence[AddressSet] = (PARTNERS,)) -> Rule:
    return Rule(id, direction, protocol, ports, tuple(peers), HOST, False)


def test_single_addresses_and_ports_of_egress_rules_are_asked() -> None:
    policy = Policy(
        "host",
        (
            rule("in", "tcp", "22", direction=INGRESS),
            rule("web", "tcp", "8443", "9000-9010"),
            rule("dns", "udp", "53", "123"),
            rule("vpn", "udp", "51820"),
        ),
        False,
        True,
    )
    assert targets(policy) == [
        Target("web", "tcp", "198.51.100.20", 8443),
        Target("web", "tcp", "2001:db8:1::20", 8443),
        Target("dns", "udp", "198.51.100.20", 53),
        Target("dns", "udp", "2001:db8:1::20", 53),
    ]


def test_many_targets_are_bounded_and_every_rule_has_one() -> None:
    many = AddressSet("many", tuple(f"198.51.100.{number}/32" for number in range(200)), ())
    policy = Policy("host", (rule("many", "tcp", "443", peers=[many]), rule("few", "tcp", "8443")), False, True)
    found = targets(policy)
    assert len(found) == MOST
    assert [target.rule for target in found[:3]] == ["many", "few", "few"]


def test_answers_and_refusals_count_and_silence_does_not() -> None:
    with contextlib.ExitStack() as stack:
        listening, silent, server = (stack.enter_context(socket.socket(type=kind)) for kind in (1, 2, 2))
        for each in (listening, silent, server):
            each.bind(("127.0.0.1", 0))
        listening.listen()
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            refused = closed.getsockname()[1]

        def answer() -> None:
            question, client = server.recvfrom(512)
            server.sendto(question, client)

        thread = threading.Thread(target=answer)
        thread.start()
        wanted = [
            Target("open", "tcp", "127.0.0.1", listening.getsockname()[1]),
            Target("refused", "tcp", "127.0.0.1", refused),
            Target("silent", "udp", "127.0.0.1", silent.getsockname()[1]),
            Target("answered", "udp", "127.0.0.1", server.getsockname()[1]),
            Target("closed", "udp", "127.0.0.1", refused),
        ]
        assert [target.rule for target in reached(wanted, seconds=0.3)] == ["open", "refused", "answered", "closed"]
        thread.join()
