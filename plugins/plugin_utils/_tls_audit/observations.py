# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What one host saw of TLS servers, judged before anything is concluded from it. An answer that is not usable counts for its host alone."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ...module_utils._host.printable import printable
from .._common.shapes import Unusable
from .._common.wanted import NOT_ASKED
from .._host_answers.results import HANDSHAKE, judge_answer
from .flows import Endpoint, endpoint_of

Seen = Mapping[str, t.Any]
"""What M(federated.connectivity.tls_handshake_info) returned of one endpoint."""


class Sights(t.NamedTuple):
    """What one host saw.

    Attributes:
        paths: On the way to others.
        own: Of its own services without leaving itself.
        unusable: Why its answer is not usable; otherwise empty.
    """

    paths: Mapping[Endpoint, Seen]
    own: Mapping[Endpoint, Seen]
    unusable: str = ""


def read_sights(endpoints: Sequence[Mapping[str, t.Any]], answer: object, token: str) -> Sights | None:
    """What a host saw.

    Args:
        endpoints: What it was to look at, in the order of its handshakes.
        answer: What it answered, or what its task returned.
        token: Tells this run's answers from those of others.

    Returns:
        Its sights; None where it was not asked in this run, could not be reached, or has failed.
    """
    if isinstance(answer, Mapping):
        if answer.get("unusable"):
            return Sights({}, {}, printable(str(answer["unusable"])))
        if (
            any(answer.get(key) for key in ("skipped", "failed", "unreachable", NOT_ASKED))
            or answer.get("token", token) != token
            or not answer
        ):
            return None
    try:
        handshakes = judge_answer("tls_handshake_info", answer).content["handshakes"]
        if len(handshakes) != len(endpoints):
            raise Unusable(f"it has {len(handshakes)} handshakes for {len(endpoints)} endpoints")
    except Unusable as error:
        return Sights({}, {}, str(error))
    seen = [(endpoint_of(endpoint), endpoint["own"], handshake) for endpoint, handshake in zip(endpoints, handshakes, strict=True)]
    return Sights(
        {endpoint: handshake for endpoint, own, handshake in seen if not own},
        {endpoint: handshake for endpoint, own, handshake in seen if own},
    )


def usable(sights: Sights) -> Sights:
    """The sights, if each has the shape of a handshake; otherwise why not."""
    try:
        return Sights(_judged(sights.paths), _judged(sights.own), sights.unusable)
    except Unusable as error:
        return Sights({}, {}, str(error))


def _judged(seen: Mapping[Endpoint, Seen]) -> dict[Endpoint, Seen]:
    return {endpoint: HANDSHAKE(handshake, str(endpoint.destination)) for endpoint, handshake in seen.items()}
