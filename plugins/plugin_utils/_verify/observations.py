# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the steps of a verification returned on one host, judged before anything is concluded from it.

A result that is not usable stands as a failure of its own step and host. No other host's verdict rests upon it.
"""

from __future__ import annotations

import types
import typing as t
from collections.abc import Collection, Mapping

from ...module_utils._host.printable import printable
from .._common.shapes import Unusable
from .._common.wanted import NOT_ASKED
from .._host_answers.results import judge_answer

Seen = Mapping[str, t.Any]
"""What a step of the verification returned on one host; empty where it did not run."""

NOTHING: Seen = types.MappingProxyType({})

Destination = tuple[str, str, int]
"""Protocol, destination and port of a probe."""


class Observation(t.NamedTuple):
    """What the steps returned on one host.

    Attributes:
        in_force: M(federated.connectivity.firewall_policy) in check mode.
        loopback: M(federated.connectivity.listening_info) for the ports that only the host itself may reach.
        listening: M(federated.connectivity.flow_listener), started.
        stopped: The same, stopped.
        probed: M(federated.connectivity.flow_probe).
        lost: Whether the host failed or could not be reached.
    """

    in_force: Seen = NOTHING
    loopback: Seen = NOTHING
    listening: Seen = NOTHING
    stopped: Seen = NOTHING
    probed: Seen = NOTHING
    lost: bool = False


_MODULES = {
    "in_force": "firewall_policy",
    "loopback": "listening_info",
    "listening": "flow_listener",
    "stopped": "flow_listener",
    "probed": "flow_probe",
}


def usable(observation: Observation, probes: Collection[Destination]) -> Observation:
    """An observation in which every step is empty, or has the shape of its module's answers, or says in ``msg`` why it failed.

    Args:
        observation: What the steps returned.
        probes: What the host had to try.
    """
    steps = {step: _judged(getattr(observation, step), module) for step, module in _MODULES.items()}
    if "outcomes" in steps["probed"]:
        told = {destination_of(outcome) for outcome in steps["probed"]["outcomes"]}
        missing = sum(probe not in told for probe in probes)
        if missing:
            steps["probed"] = _failure(f"its answer to flow_probe is not usable: it lacks {missing} of {len(probes)} outcomes")
    return Observation(**steps, lost=observation.lost)


def destination_of(outcome: Seen) -> Destination:
    """What an outcome is about."""
    return outcome["protocol"], outcome["destination"], outcome["port"]


def _judged(seen: object, module: str) -> Seen:
    if not isinstance(seen, Mapping):
        return _failure(f"its answer to {module} is not usable: it is not a mapping")
    if not seen or seen.get("skipped") is True or seen.get(NOT_ASKED) is True:
        return NOTHING
    if seen.get("failed") or seen.get("unreachable"):
        reason = seen.get("msg")
        return _failure(printable(reason) if isinstance(reason, str) and reason else "no reason given")
    try:
        return judge_answer(module, seen).content
    except Unusable as error:
        return _failure(f"its answer to {module} is not usable: {error}")


def _failure(why: str) -> Seen:
    return {"failed": True, "msg": why}
