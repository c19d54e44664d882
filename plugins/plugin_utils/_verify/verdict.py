# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Judges what was seen on the hosts against what was to be proven, one finding for each.

A proof takes both ends. Whoever opened a connection has to have met the responder's own listener, where one was started; and
where nothing came back, that counts only if something was there that would have answered.
"""

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Mapping, Sequence

from ...module_utils._host.printable import printable
from ...module_utils._plan.ports import holds
from ...module_utils._proof.listener import IN_USE, LISTENING
from .._plan.reader import AddressSetIndex
from .model import OPEN, Choice, Listener, Proof
from .observations import Observation, Seen, destination_of, usable
from .rulings import FAILED, FLOW, PARTNER, STRANGER, UNPROVEN, Answer, Case, Fact, Speaker, Waiting, ruling

_WAITING = {LISTENING: Waiting.LISTENING, IN_USE: Waiting.IN_USE}
IN_FORCE = "in force"
LOOPBACK = "loopback"

LINE_MAXIMUM = 4000
_NO_FLOW = (
    "no host of this run has tried a connection, although the plan has flows to try; run all steps, without --tags, --skip-tags and --limit"
)
_NOTHING = "no host of this run has tried or compared anything, so nothing is proven; run all steps, without --tags and --limit"


class Finding(t.NamedTuple):
    """One line of the verdict: ``state``, on which ``host``, of which ``flow`` (or empty), about ``what``, and ``why``.

    ``cause`` is the host that failed or could not be reached, where that is the reason; such findings share one line.
    ``other`` is the host at the other end of a connection, where there is one.
    """

    state: str
    host: str
    flow: str
    what: str
    why: str = ""
    cause: str = ""
    other: str = ""

    def __str__(self) -> str:
        line = f"{self.state:<8}  " + "  ".join(filter(None, (self.flow, self.what))) + (f": {self.why}" if self.why else "")
        return printable(line, LINE_MAXIMUM)


def judge(
    choices: Mapping[str, Choice], observations: Mapping[str, Observation], membership: AddressSetIndex, strict_partners: bool = False
) -> dict[str, list[Finding]]:
    """Judge a whole run.

    Args:
        choices: What was to be proven, by host.
        observations: What was seen, by host.
        membership: The address sets of the plan.
        strict_partners: Whether an unmanaged partner that does not answer is a failure rather than a warning.

    Returns:
        Inventory name -> findings, in the order of the steps. A flow is a finding on its initiator, a closed port one on its
        responder, and what a stranger tries is never one on the stranger.
    """
    probes = {name: {(proof.protocol, proof.destination, proof.port) for proof in choice.proofs} for name, choice in choices.items()}
    seen = {name: usable(observation, probes.get(name, ())) for name, observation in observations.items()}
    judges = {name: _Judge(name, seen, membership, strict_partners) for name in choices}
    findings = {name: judges[name].steps(choice) for name, choice in choices.items()}
    for name, choice in choices.items():
        for finding in judges[name].proofs(choice):
            findings[finding.host].append(finding)
    return findings


def nothing_tried(
    findings: Mapping[str, Sequence[Finding]],
    choices: Mapping[str, Choice],
    observations: Mapping[str, Observation],
    asked_for_flows: bool = True,
) -> dict[str, list[Finding]]:
    """The findings, with a failure of each host where the run tried nothing: such a run proves nothing.

    A comparison of policies tries no flow. It is enough only where the plan has no flow that this run could try, or where the
    administrator has asked for comparisons alone.
    """
    states = {finding.state for found in findings.values() for finding in found}
    if not states - {UNPROVEN}:
        why = _NOTHING
    elif states - {UNPROVEN, IN_FORCE, LOOPBACK} or not (asked_for_flows and any(choice.proofs for choice in choices.values())):
        why = ""
    else:
        why = "" if any(observation.probed.get("outcomes") for observation in observations.values()) else _NO_FLOW
    return {name: [*found, *([Finding(FAILED, name, "", name, why)] if why else [])] for name, found in findings.items()}


class _Judge:
    def __init__(self, host: str, observations: Mapping[str, Observation], membership: AddressSetIndex, strict_partners: bool) -> None:
        self._host = host
        self._observations = observations
        self._own = observations.get(host, Observation())
        self._membership = membership
        self._strict_partners = strict_partners

    def steps(self, choice: Choice) -> list[Finding]:
        if self._own.lost and not self._own.probed:
            return [Finding(FAILED, self._host, "", self._host, "not verified, since the host failed or could not be reached")]
        return [*self._in_force(), *self._loopback(choice.listeners), *self._step_failures()]

    def proofs(self, choice: Choice) -> list[Finding]:
        if "outcomes" not in self._own.probed:
            return []
        outcomes = {destination_of(outcome): outcome for outcome in self._own.probed["outcomes"]}
        return [
            *(self._proof(proof, outcomes[proof.protocol, proof.destination, proof.port], choice.managed) for proof in choice.proofs),
            *(Finding(UNPROVEN, self._host, entry.flow, entry.connection, entry.why) for entry in choice.untried),
        ]

    def _in_force(self) -> list[Finding]:
        seen = self._own.in_force
        if not seen:
            return []
        if seen.get("failed"):
            return [Finding(FAILED, self._host, "", self._host, f"the policy could not be compared: {seen['msg']}")]
        backend = seen.get("backend") or "the firewall"
        if seen["changed"]:
            return [Finding(FAILED, self._host, "", self._host, f"{backend} differs from the plan, see the diff; apply the plan again")]
        return [Finding(IN_FORCE, self._host, "", f"{self._host}  {backend}")]

    def _loopback(self, listeners: Sequence[Listener]) -> list[Finding]:
        if "sockets" not in self._own.loopback:
            return []
        return [finding for listener in listeners for finding in self._listener(listener)]

    def _listener(self, listener: Listener) -> list[Finding]:
        published = [
            one
            for one in self._own.loopback.get("published", ())
            if one["protocol"] == listener.protocol
            and holds(listener.container_ports, one["inner_port"])
            and (one["loopback"] or not holds(listener.admitted, one["port"]))
        ]
        known = {one["port"] for one in published}
        sockets = [
            socket
            for socket in self._own.loopback["sockets"]
            if socket["protocol"] == listener.protocol
            and holds(listener.ports, socket["port"])
            and socket["port"] not in known
            and (socket["loopback"] or not listener.dynamic or not holds(listener.admitted, socket["port"]))
        ]
        containers = [self._container(listener, one) for one in published]
        if not sockets and not containers:
            what = f"{self._host} {','.join(listener.ports)}/{listener.protocol}"
            return [Finding(LOOPBACK, self._host, listener.flow, what, "nothing listens")]
        return [*containers, *(self._socket(listener, socket) for socket in sockets)]

    def _container(self, listener: Listener, published: Seen) -> Finding:
        """A container that belongs to the listener, by the port inside that it publishes."""
        name = f"container {published['container']}" if published["container"] else "a container"
        what = f"{self._host} {_at(published['address'], published['port'], published['protocol'])}"
        why = f"{name} publishes its port {published['inner_port']} there"
        if published["loopback"]:
            return Finding(LOOPBACK, self._host, listener.flow, what, why)
        return Finding(
            FAILED, self._host, listener.flow, what, why + ", so it serves more than this host; publish it on 127.0.0.1 (HostIp)"
        )

    def _socket(self, listener: Listener, socket: Seen) -> Finding:
        state, why = LOOPBACK, ""
        if not socket["loopback"]:
            state, why = self._exposed(listener)
        what = f"{self._host} {_at(socket['address'], socket['port'], socket['protocol'])}"
        return Finding(state, self._host, listener.flow, what, (socket["process"] or "a process") + why)

    def _exposed(self, listener: Listener) -> tuple[str, str]:
        """What a socket that is not bound to loopback means, and why."""
        if listener.closed:
            return LOOPBACK, " would serve more than this host, but the plan closes its port"
        if not listener.dynamic:
            return FAILED, " serves more than this host; bind it to 127.0.0.1"
        if listener.denied:
            return LOOPBACK, " would serve more than this host, which denies ingress"
        return UNPROVEN, " serves more than this host; if it belongs to this flow, bind it to 127.0.0.1 or deny ingress"

    def _step_failures(self) -> list[Finding]:
        steps = (
            ("loopback listeners", self._own.loopback),
            ("listener", self._own.listening),
            ("end of the listener", self._own.stopped),
            ("probes", self._own.probed),
        )
        return [Finding(FAILED, self._host, "", f"{self._host}  {step}", seen["msg"]) for step, seen in steps if seen.get("failed")]

    def _proof(self, proof: Proof, outcome: Seen, managed: bool) -> Finding:
        destination = _at(proof.destination, proof.port, proof.protocol)
        what = " ".join(filter(None, (proof.initiator, "->", proof.responder, destination)))
        state, why = self._ruling(proof, outcome)
        cause = proof.responder if state == UNPROVEN and self._is_lost(proof.responder) else ""
        host = self._host if managed and proof.expect == OPEN else proof.responder
        other = proof.responder if host == proof.initiator else proof.initiator
        return Finding(state, host, proof.flow, what, why, cause, other)

    def _is_lost(self, responder: str) -> bool:
        return self._observations.get(responder, Observation()).lost

    def _ruling(self, proof: Proof, outcome: Seen) -> tuple[str, str]:
        waiting, detail = (Waiting.UNKNOWN, "") if proof.expect == OPEN and not proof.managed else self._port(proof, outcome)
        speaker, source = outcome["answered_by"], outcome["source"]
        facts = {
            Fact.STRICT: self._strict_partners and bool(proof.responder),
            Fact.ABSENT: proof.responder not in self._observations,
            Fact.LOST: self._is_lost(proof.responder),
            Fact.FROM_A_PEER: proof.expect != OPEN and bool(source) and self._membership.holds(proof.allowed, source),
            Fact.OWN_FIREWALL: bool(outcome["by"]) and outcome["by"] == source,
        }
        case = Case(
            Answer(outcome["outcome"]),
            waiting,
            proof.protocol,
            Speaker.NONE if not speaker else Speaker.RESPONDER if speaker == proof.responder else Speaker.ANOTHER,
            frozenset(fact for fact, holds in facts.items() if holds),
        )
        words = {
            "told": _told(outcome),
            "speaker": speaker,
            "source": source,
            "initiator": proof.initiator,
            "responder": proof.responder,
            "detail": detail,
            "in_brackets": f" ({detail})" if detail else "",
        }
        return ruling(STRANGER if proof.expect != OPEN else FLOW if proof.managed else PARTNER, case, words)

    def _port(self, proof: Proof, outcome: Seen) -> tuple[Waiting, str]:
        """What waited on the responder's port, and its detail.

        Container engines publish a port in both families and may hold it in one (Podman's conmon does): an answer in the other
        one that is not our listener's is theirs.
        """
        observation = self._observations.get(proof.responder, Observation())
        known = observation.listening.get("ports", ())
        own = proof.own_port or proof.port
        families = {port["family"]: port for port in known if (port["protocol"], port["port"]) == (proof.protocol, own)}
        port = families.pop(_family(proof.destination, outcome["source"]), None)
        if not port:
            return Waiting.UNKNOWN, ""
        if port["state"] == LISTENING and outcome["outcome"] == "open" and not outcome["answered_by"]:
            port = next((other for other in families.values() if other["state"] == IN_USE), port)
        if port["state"] == LISTENING and observation.stopped.get("listener", "stopped") != "stopped":
            return Waiting.ENDED, ""
        return _WAITING.get(port["state"], Waiting.NOTHING), port["detail"]


def _family(destination: str, source: str) -> int:
    """The family of a probe; that of a name is known from the address that it came from, and is else taken for IPv4."""
    for text in (destination, source):
        try:
            return ipaddress.ip_address(text).version
        except ValueError:
            continue
    return 4


def _at(destination: str, port: int, protocol: str) -> str:
    return f"[{destination}]:{port}/{protocol}" if ":" in destination else f"{destination}:{port}/{protocol}"


def _told(outcome: Seen) -> str:
    """An outcome in words."""
    words: str = outcome["outcome"] + (f" by {outcome['by']}" if outcome["by"] else "")
    if outcome["outcome"] in ("rejected", "unroutable", "unresolved") and outcome["detail"]:
        words += f" ({outcome['detail']})"
    return words + (f", from {outcome['source']}" if outcome["source"] else "")
