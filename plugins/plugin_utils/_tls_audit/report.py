# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The judgements of TLS paths in words and numbers: lines for people, a report for other tools and for partners."""

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ...module_utils._host.printable import printable
from .._common.plan_marker import MARK
from .._inventory.expected_certificates import VARIABLE
from .._verify.report import NOTHING_BESIDE, Beside
from .certificates import is_self_signed, issuer_of
from .evidence import is_one_sided
from .flows import Looks
from .observations import Sights
from .verdict import LINE_MAXIMUM, Judgement
from .words import BLOCKED, INSPECTED, UNKNOWN, VERDICTS

FORMAT = 1
NOTHING = "no TLS connection was looked at, so nothing is known; the lines of each host say why"
ASIDE = "not looked at"
WIDTH = 11

Judgements = Mapping[str, Sequence[Judgement]]


def is_failure(judgement: Judgement, strict: bool) -> bool:
    """Whether a judgement is a failure.

    It is one if the flow is excluded from inspection, and it is inspected or blocked, or has mutual TLS and nobody asks for a
    client certificate; or, if strict, nothing is known of it.
    """
    if judgement.verdict == UNKNOWN:
        return judgement.path.excluded and (strict or is_one_sided(judgement.path, judgement.seen))
    return judgement.path.excluded and judgement.verdict in (INSPECTED, BLOCKED)


def failures(name: str, judgements: Iterable[Judgement], strict: bool, sights: Mapping[str, Sights]) -> list[str]:
    """The failures of one host; an answer that is not usable is one, whatever the flows are."""
    why = sights[name].unusable if name in sights else ""
    unusable = [printable(f"failed       {name}: its answer to tls_handshake_info is not usable: {why}", LINE_MAXIMUM)] if why else []
    return [*unusable, *(str(judgement) for judgement in judgements if is_failure(judgement, strict))]


def without_a_look(judgements: Judgements) -> dict[str, list[str]]:
    """Host -> the failure of a run in which no host looked at any connection; nothing where one did."""
    return {} if any(judgements.values()) else {name: [f"failed       {name}: {NOTHING}"] for name in judgements}


def lines(judgements: Iterable[Judgement], looks: Looks, strict: bool = False, beside: Beside = NOTHING_BESIDE) -> list[str]:
    """The lines of one host: its judgements, what may explain failures, and what was not looked at."""
    found = list(judgements)
    aside = (f"{ASIDE}  {aside.flow}: {aside.why}" for aside in looks.aside)
    return [*map(str, found), *_explained(found, strict, beside), *aside]


def _explained(judgements: Iterable[Judgement], strict: bool, beside: Beside) -> list[str]:
    """Whom to ask about failures, and which known problems may be their reason."""
    return beside.lines_of([(one.path.flow, one.path.responder) for one in judgements if is_failure(one, strict)], WIDTH)


def counts(judgements: Judgements, strict: bool, sights: Mapping[str, Sights] | None = None) -> dict[str, int]:
    """Verdict -> number of paths; ``flows`` is how many flows were looked at, ``failed`` how many failures there are."""
    every = [judgement for found in judgements.values() for judgement in found]
    verdicts = Counter(judgement.verdict for judgement in every)
    flows = len({judgement.path.flow for judgement in every})
    failed = sum(len(failures(name, found, strict, sights or {})) for name, found in judgements.items()) + len(without_a_look(judgements))
    return {verdict: verdicts[verdict] for verdict in VERDICTS} | {"flows": flows, "failed": failed}


def summary(judgements: Judgements, strict: bool, sights: Mapping[str, Sights] | None = None, beside: Beside = NOTHING_BESIDE) -> list[str]:
    """Every failure of a run with what may explain it, every expectation that has to be renewed, and as the last line the counts."""
    counted = counts(judgements, strict, sights)
    failed = [line for name, found in judgements.items() for line in failures(name, found, strict, sights or {})]
    failed += [line for found in without_a_look(judgements).values() for line in found]
    failed += _explained([judgement for found in judgements.values() for judgement in found], strict, beside)
    verdicts = ", ".join(f"{counted[verdict]} {verdict}" for verdict in VERDICTS)
    total = sum(counted[verdict] for verdict in VERDICTS)
    renew = [f"to renew     {line}" for line in dict.fromkeys(_renewals(judgements))]
    return [*failed, *renew, f"{total} TLS connections of {counted['flows']} flows looked at: {verdicts}; {counted['failed']} failures"]


def _renewals(judgements: Judgements) -> Iterable[str]:
    for found in judgements.values():
        for judgement in found:
            if judgement.renew:
                shown = f"{judgement.path.endpoint.destination} showed SHA-256 {judgement.seen['sha256']}"
                yield printable(f"{VARIABLE}.{judgement.renew} of {judgement.path.initiator}: {shown}", LINE_MAXIMUM)


def own_certificates(sights: Mapping[str, Sights]) -> dict[str, dict[str, t.Any]]:
    """What hosts show of their own services, in the form of ``connectivity_expected_certificates``, for partners' inventories.

    A self-signed certificate has no issuer to expect.
    """
    found: dict[str, dict[str, t.Any]] = {}
    for host, sight in sights.items():
        for endpoint, seen in sight.own.items():
            if seen["certificate"]:
                entry = found.setdefault(host, {}).setdefault(str(endpoint.port), {"sha256": [], "issuer": []})
                issuer = "" if is_self_signed(seen["certificate"]) else issuer_of(seen["certificate"])[0]
                for key, value in (("sha256", seen["sha256"]), ("issuer", issuer)):
                    if value and value not in entry[key]:
                        entry[key].append(value)
    return found


def report(judgements: Judgements, looks: Mapping[str, Looks], sights: Mapping[str, Sights], strict: bool) -> dict[str, t.Any]:
    """The verdicts for other tools: ``hosts`` has for each name ``paths``, ``not_looked_at``, and more where an answer was not usable."""
    hosts = {
        name: {
            "paths": [_plain(judgement, strict) for judgement in found],
            "not_looked_at": [aside._asdict() for aside in looks[name].aside],
            "unusable": sights[name].unusable if name in sights else "",
        }
        for name, found in judgements.items()
    }
    return {
        "format": FORMAT,
        "made_by": MARK,
        "counts": counts(judgements, strict, sights),
        "own_certificates": own_certificates(sights),
        "hosts": hosts,
    }


def _plain(judgement: Judgement, strict: bool) -> dict[str, t.Any]:
    path = judgement.path
    return {
        **{key: value for key, value in path._asdict().items() if key != "endpoint"},
        **path.endpoint._asdict(),
        "verdict": judgement.verdict,
        "by": judgement.by,
        "why": judgement.why,
        "failed": is_failure(judgement, strict),
        "renew": judgement.renew,
        "seen": {key: value for key, value in judgement.seen.items() if key not in ("destination", "port", "server_name", "own")},
    }
