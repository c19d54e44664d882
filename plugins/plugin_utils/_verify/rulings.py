# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the outcome of a probe proves: one table for each kind of proof, read from the top. docs/verification.md says the same in words."""

from __future__ import annotations

import enum
import typing as t
from collections.abc import Iterable, Mapping

from ...module_utils._proof import listener, probe

PROVEN = "proven"
CLOSED = "closed"
UNPROVEN = "unproven"
WARNING = "warning"
FAILED = "failed"


class Answer(enum.Enum):
    """What came back to the probe."""

    OPEN = probe.OPEN
    REFUSED = probe.REFUSED
    REJECTED = probe.REJECTED
    SILENT = probe.SILENT
    UNROUTABLE = probe.UNROUTABLE
    UNRESOLVED = probe.UNRESOLVED


class Waiting(enum.Enum):
    """What waited on the responder's port: our listener, our listener until it ended too early, another process, nothing of these."""

    LISTENING = listener.LISTENING
    ENDED = "ended"
    IN_USE = listener.IN_USE
    NOTHING = "nothing"
    UNKNOWN = "unknown"


class Speaker(enum.Enum):
    """Who proved by our listener's words that the connection reached it."""

    RESPONDER = "responder"
    ANOTHER = "another"
    NONE = "none"


class Fact(enum.Enum):
    """What else is known of a probe."""

    STRICT = "a partner has to answer"
    ABSENT = "the responder is not part of the run"
    LOST = "the responder failed or could not be reached in this run"
    FROM_A_PEER = "the probe comes from an address of a peer"
    OWN_FIREWALL = "the initiator's own host rejects the probe"


class Case(t.NamedTuple):
    """All that a ruling depends on."""

    answer: Answer
    waiting: Waiting
    protocol: str
    speaker: Speaker
    facts: frozenset[Fact]


class Ruling(t.NamedTuple):
    """A row: the state and the reason of cases that fit; what is empty fits all."""

    state: str
    why: str
    answers: Iterable[Answer] = Answer
    waiting: Iterable[Waiting] = Waiting
    speakers: Iterable[Speaker] = Speaker
    protocols: Iterable[str] = ("tcp", "udp")
    facts: frozenset[Fact] = frozenset()

    def fits(self, case: Case) -> bool:
        return (
            case.answer in self.answers
            and case.waiting in self.waiting
            and case.speaker in self.speakers
            and case.protocol in self.protocols
            and self.facts <= case.facts
        )


_SILENT_UDP = "silence, which a UDP service may keep"
_ELSEWHERE = "look for a proxy or a port forward"
_NOT_LISTENING = tuple(set(Waiting) - {Waiting.LISTENING})

PARTNER = (
    Ruling(PROVEN, "", answers=[Answer.OPEN]),
    Ruling(UNPROVEN, _SILENT_UDP, answers=[Answer.SILENT], protocols=["udp"]),
    Ruling(FAILED, "{told}", facts=frozenset({Fact.STRICT})),
    Ruling(WARNING, "{told}"),
)
"""A flow to a host that is not managed."""

FLOW = (
    Ruling(PROVEN, "", answers=[Answer.OPEN], waiting=_NOT_LISTENING),
    Ruling(PROVEN, "", answers=[Answer.OPEN], speakers=[Speaker.RESPONDER]),
    Ruling(
        FAILED,
        "{speaker} answered; correct connectivity_addresses, or the address translation on the way",
        answers=[Answer.OPEN],
        speakers=[Speaker.ANOTHER],
    ),
    Ruling(FAILED, f"something answered, and the listener of {{responder}} was not reached: {_ELSEWHERE}", answers=[Answer.OPEN]),
    Ruling(FAILED, "{told}, although a listener waits there", waiting=[Waiting.LISTENING]),
    Ruling(UNPROVEN, "{told}, and {responder} failed or could not be reached in this run", facts=frozenset({Fact.LOST})),
    Ruling(
        UNPROVEN,
        "{told}, and the listener may have ended before: raise verify_listener_seconds",
        answers=[Answer.REFUSED, Answer.SILENT],
        waiting=[Waiting.ENDED],
    ),
    Ruling(FAILED, "{told}, although {detail} holds the port", answers=[Answer.REFUSED], waiting=[Waiting.IN_USE]),
    Ruling(UNPROVEN, "{told}, and nothing was known to listen there{in_brackets}", answers=[Answer.REFUSED]),
    Ruling(UNPROVEN, _SILENT_UDP, answers=[Answer.SILENT], protocols=["udp"]),
    Ruling(WARNING, "{told}, and {responder} is not part of this run: it may not have its policy yet", facts=frozenset({Fact.ABSENT})),
    Ruling(FAILED, "{told}"),
)
"""A flow to a managed host."""

STRANGER = (
    Ruling(UNPROVEN, "{initiator} comes from {source}, which is among the peers", facts=frozenset({Fact.FROM_A_PEER})),
    Ruling(
        UNPROVEN,
        f"something answered, and the listener was not reached: {_ELSEWHERE}",
        answers=[Answer.OPEN],
        waiting=[Waiting.LISTENING],
        speakers=[Speaker.NONE],
    ),
    Ruling(FAILED, "a host outside the peer list reached the port", answers=[Answer.OPEN]),
    Ruling(FAILED, "a host outside the peer list reached the port ({told})", answers=[Answer.REFUSED]),
    Ruling(
        UNPROVEN,
        "{initiator}'s own firewall does not let it out",
        answers=[Answer.REJECTED],
        facts=frozenset({Fact.OWN_FIREWALL}),
    ),
    Ruling(UNPROVEN, "{told}", answers=[Answer.UNROUTABLE]),
    Ruling(UNPROVEN, "{told}, and {responder} was not there to be reached", waiting=[Waiting.UNKNOWN]),
    Ruling(UNPROVEN, _SILENT_UDP, answers=[Answer.SILENT], protocols=["udp"], waiting=_NOT_LISTENING),
    Ruling(CLOSED, ""),
)
"""A port that has to be closed to the initiator, who is not a peer."""


def ruling(table: Iterable[Ruling], case: Case, words: Mapping[str, str]) -> tuple[str, str]:
    """The state and the reason of the first row that fits; the last row of each table fits all."""
    row = next(each for each in table if each.fits(case))
    return row.state, row.why.format_map(words)
