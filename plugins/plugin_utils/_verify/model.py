# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What each host of a run has to prove, as plain data that travels between the steps of a playbook."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

OPEN = "open"
BLOCKED = "blocked"


class Proof(t.NamedTuple):
    """One connection to try.

    Attributes:
        flow: ``<matrix>.<federation>.<flow>``.
        rule: The id of the rule that is on trial: the initiator's if it should come about, the responder's if not.
        expect: ``open`` or ``blocked``.
        initiator: Inventory name of the host that tries.
        responder: Inventory name of the host that it tries to reach; empty for an outside service.
        managed: Whether the responder is ours to configure.
        protocol: ``tcp`` or ``udp``.
        port: The destination port.
        destination: An address, or the name of an outside service.
        allowed: The address sets that the responder admits on that port; empty unless ``blocked`` is expected.
        own_port: The port where the responder listens, if what stands in front of it has another one; else 0.
    """

    flow: str
    rule: str
    expect: str
    initiator: str
    responder: str
    managed: bool
    protocol: str
    port: int
    destination: str
    allowed: tuple[str, ...] = ()
    own_port: int = 0


class Untried(t.NamedTuple):
    """A flow that nobody in the run can try: ``connection`` says from where to where, ``why`` says why."""

    flow: str
    rule: str
    connection: str
    why: str


class LeftOut(t.NamedTuple):
    """How many hosts the bound per rule left out: ``hosts`` peers (``open``) or outsiders (``blocked``) of a host's rule."""

    flow: str
    rule: str
    expect: str
    hosts: int


class Listener(t.NamedTuple):
    """Ports that only the host itself may reach.

    Attributes:
        flow: ``<matrix>.<federation>.<flow>``.
        protocol: ``tcp`` or ``udp``.
        ports: Ports and ranges.
        dynamic: Whether one of them is picked at run time, so that anybody may listen on the others.
        admitted: The ports and ranges at which the host's rules let others in: whoever listens there does so for them.
        denied: Whether the host lets nobody in elsewhere.
        closed: Whether the plan closes all of the ports to everybody.
        container_ports: A container that publishes one of these belongs to the flow.
    """

    flow: str
    protocol: str
    ports: tuple[str, ...]
    dynamic: bool = False
    admitted: tuple[str, ...] = ()
    denied: bool = False
    closed: bool = False
    container_ports: tuple[str, ...] = ()

    def to_data(self) -> dict[str, t.Any]:
        """As plain data."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in self._asdict().items()}

    def to_look_at(self) -> dict[str, t.Any]:
        """What the step on the host takes."""
        inside = {"container_ports": list(self.container_ports)} if self.container_ports else {}
        return {"protocol": self.protocol, "ports": list(self.ports), **inside}

    @classmethod
    def from_data(cls, data: Mapping[str, t.Any]) -> Listener:
        """What :meth:`to_data` wrote."""
        given: dict[str, t.Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        return cls(**given)


@dataclasses.dataclass
class Choice:
    """What one host has to do, and what is told about it.

    Attributes:
        managed: Whether it is ours to configure; a stranger only tries.
        listen: (protocol, port) where somebody has to answer.
        listeners: Ports that only the host itself may reach.
        proofs: The connections that it tries.
        untried: Flows that nobody can try.
        left_out: What the bound per rule left out.
    """

    managed: bool
    listen: set[tuple[str, int]] = dataclasses.field(default_factory=set)
    listeners: list[Listener] = dataclasses.field(default_factory=list)
    proofs: list[Proof] = dataclasses.field(default_factory=list)
    untried: list[Untried] = dataclasses.field(default_factory=list)
    left_out: list[LeftOut] = dataclasses.field(default_factory=list)

    def to_data(self) -> dict[str, t.Any]:
        """As plain data, with what the steps on the host take: ``probes``, each once, and ``loopback`` ports."""
        probes = sorted({(proof.protocol, proof.destination, proof.port) for proof in self.proofs})
        return {
            "managed": self.managed,
            "listen": [{"protocol": protocol, "port": port} for protocol, port in sorted(self.listen)],
            "listeners": [entry.to_data() for entry in self.listeners],
            "proofs": [{**entry._asdict(), "allowed": list(entry.allowed)} for entry in self.proofs],
            "untried": [entry._asdict() for entry in self.untried],
            "left_out": [entry._asdict() for entry in self.left_out],
            "loopback": [entry.to_look_at() for entry in self.listeners],
            "probes": [{"protocol": protocol, "destination": destination, "port": port} for protocol, destination, port in probes],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, t.Any]) -> Choice:
        """What :meth:`to_data` wrote."""
        return cls(
            managed=data["managed"],
            listen={(entry["protocol"], entry["port"]) for entry in data["listen"]},
            listeners=[Listener.from_data(entry) for entry in data["listeners"]],
            proofs=[Proof(**{**entry, "allowed": tuple(entry["allowed"])}) for entry in data["proofs"]],
            untried=[Untried(**entry) for entry in data["untried"]],
            left_out=[LeftOut(**entry) for entry in data["left_out"]],
        )
