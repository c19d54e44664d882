# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""How each host differs from the plan, and since when: from what the policy's module says in check mode."""

from __future__ import annotations

import difflib
import enum
import typing as t
from collections.abc import Mapping, Sequence

LINE = 1000
"""The most characters of a line."""
LINES = 20
"""The most lines of a difference that a host's entry has in each direction."""


class State(enum.StrEnum):
    """What a comparison found."""

    IN_FORCE = "in force"
    DIFFERS = "differs"
    NOT_COMPARED = "not compared"


class Drift(t.NamedTuple):
    """One host.

    Attributes:
        host: Its name in the inventory.
        state: What the comparison found.
        backend: The firewall that carries the policy; empty where that is not known.
        places: The files and tables that differ.
        missing: Lines of the plan's rules that the host lacks.
        added: Lines that the host has instead, or in addition.
        others: What the host's other rules do to the plan's.
        why: Why it was not compared.
        since: Since when the host differs, as the first comparison that found it says: in seconds since 1970, UTC. 0: it did not differ.
    """

    host: str
    state: State
    backend: str = ""
    places: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    why: str = ""
    since: int = 0


def drift_of(host: str, answer: Mapping[str, t.Any], now: int, earlier: Mapping[str, Drift]) -> Drift:
    """Read what the policy's module answered in check mode.

    Args:
        host: The host.
        answer: The answer, judged; with ``failed`` and ``msg`` where there is none. Empty: the host was not asked.
        now: The time of this comparison.
        earlier: What an earlier comparison found, by host.
    """
    before = earlier.get(host)
    since = before.since if before else 0
    if not answer or answer.get("failed"):
        why = str(answer.get("msg", "")) or "the host failed or could not be reached"
        return Drift(host, State.NOT_COMPARED, why=why[:LINE], since=since)
    others = tuple(map(str, answer.get("warnings", ())))
    if not answer["changed"]:
        return Drift(host, State.IN_FORCE, str(answer.get("backend", "")), others=others)
    missing, added = _differences(answer.get("differences", answer.get("diff", {})))
    places = tuple(answer.get("changes", ()))
    return Drift(host, State.DIFFERS, str(answer.get("backend", "")), places, missing, added, others, since=since or now)


def _differences(diff: Mapping[str, t.Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines that the plan has and the host lacks, and the reverse."""
    present, wanted = (str(diff.get(side, "")).splitlines() for side in ("before", "after"))
    lines = list(difflib.unified_diff(present, wanted, lineterm="", n=0))[2:]
    return _shortened([line[1:] for line in lines if line[:1] == "+"]), _shortened([line[1:] for line in lines if line[:1] == "-"])


def _shortened(lines: Sequence[str]) -> tuple[str, ...]:
    shown = [" ".join(line.split())[:LINE] for line in lines if line.strip()]
    more = [f"and {len(shown) - LINES} more lines"] if len(shown) > LINES else []
    return (*shown[:LINES], *more)
