# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a host reaches because of its egress rules: partners, proxy and name servers, asked before a change and after it.

Only single addresses are asked, since nobody knows who lives in a network: TCP ports by a handshake, name servers by a question.
Whoever answers has been reached, be it with a refusal of his own.
"""

from __future__ import annotations

import ipaddress
import itertools
import socket
import struct
import threading
import typing as t

from .._plan.ports import bounds
from .._policy.model import FAMILIES, Policy, Rule
from .._proof.probe import OPEN, REFUSED, probe

SECONDS = 2.0
MOST = 64
_DNS = 53
# RFC 1035 section 4.1: a header with one question, recursion desired; the root's name servers, class IN.
_QUESTION = struct.pack("!6HBHH", 0x6663, 0x0100, 1, 0, 0, 0, 0, 2, 1)


class Target(t.NamedTuple):
    """One address and port that an egress rule allows."""

    rule: str
    protocol: str
    address: str
    port: int

    def __str__(self) -> str:
        return "%s %s port %d [%s]" % (self.protocol, self.address, self.port, self.rule)


def targets(policy: Policy) -> t.List[Target]:
    """What can be asked, at most MOST: one address of every rule and family first, then the others."""
    asked = [list(_targets(rule, family)) for rule in policy.egress() for family in FAMILIES]
    rounds = itertools.zip_longest(*asked)
    return [target for group in rounds for target in group if target][:MOST]


def reached(wanted: t.Sequence[Target], seconds: float = SECONDS) -> t.List[Target]:
    """Those that answer, in the same order; asked all at once, and silence is believed after ``seconds``."""
    answers: t.Set[Target] = set()

    def ask(target: Target) -> None:
        if (_answers_question if target.protocol == "udp" else _answers_handshake)(target, seconds):
            answers.add(target)

    threads = [threading.Thread(target=ask, args=(target,), daemon=True) for target in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [target for target in wanted if target in answers]


def _targets(rule: Rule, family: int) -> t.Iterator[Target]:
    ports = [low for low, high in map(bounds, rule.ports) if low == high and (rule.protocol == "tcp" or low == _DNS)]
    for peers in rule.peers:
        for network in map(ipaddress.ip_network, peers.of_family(family)):
            if network.num_addresses == 1:
                for port in ports:
                    yield Target(rule.id, rule.protocol, str(network.network_address), port)


def _answers_handshake(target: Target, seconds: float) -> bool:
    return probe(target.protocol, target.address, target.port, seconds, "-", retries=0).outcome in (OPEN, REFUSED)


def _answers_question(target: Target, seconds: float) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in target.address else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(seconds)
        try:
            sock.connect((target.address, target.port))
            sock.send(_QUESTION)
            return bool(sock.recv(512))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
