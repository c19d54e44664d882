# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Judges whether somebody is in the middle of a TLS connection.

What a host saw on the way is compared with what is known without using that way: what the responder has seen of its own
service without leaving itself, or else the certificate that the inventory expects (evidence.py). Where neither is known,
nothing is called direct but a certificate from a public authority, and nothing inspected but a known product's. Guesses stay
guesses. A flow with mutual TLS is never direct where no client certificate is asked for.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ...module_utils._host.printable import printable
from .._inventory.expected_certificates import Expectations
from .certificates import issuer_of
from .evidence import MUTUAL, Weighed, weigh
from .flows import Endpoint, Looks, Path
from .observations import Seen, Sights, usable
from .words import BLOCKED, UNKNOWN, UNREACHABLE

LINE_MAXIMUM = 4000

_HANGS_UP = {"reset", "closed"}  # one and the same for a service that hangs up: a reset where it has not read the hello yet
_CUT = {"reset": "a TCP reset", "alert": "a TLS alert", "closed": "the end of the connection", "silent": "silence"}


class Judgement(t.NamedTuple):
    """The verdict on one flow from one host.

    Attributes:
        path: The flow.
        verdict: One of ``VERDICTS``.
        by: Who inspects; otherwise empty.
        why: What the verdict rests upon.
        seen: What was seen; empty where nothing was.
        renew: The destination and port whose expectation in the inventory has to be renewed; otherwise empty.
    """

    path: Path
    verdict: str
    by: str
    why: str
    seen: Seen
    renew: str = ""

    def __str__(self) -> str:
        at = f"[{self.path.endpoint.destination}]" if ":" in self.path.endpoint.destination else self.path.endpoint.destination
        to = " ".join(filter(None, (self.path.responder, f"{at}:{self.path.endpoint.port}")))
        by = f" by {self.by}" if self.by else ""
        return printable(f"{self.verdict:<11}  {self.path.flow}  {self.path.initiator} -> {to}{by}: {self.why}", LINE_MAXIMUM)


def judge_paths(
    looks: Mapping[str, Looks], sights: Mapping[str, Sights], expectations: Mapping[str, Expectations]
) -> dict[str, list[Judgement]]:
    """Judge a whole run.

    Args:
        looks: What each host was to look at.
        sights: What it saw; hosts that saw nothing are absent.
        expectations: What each host's variables expect.

    Returns:
        Inventory name -> a judgement for each of its paths, in their order.
    """
    judge = _Judge({name: usable(sight) for name, sight in sights.items()})
    return {name: [judge.judge(path, expectations.get(name, {})) for path in own.paths] for name, own in looks.items()}


class _Judge:
    def __init__(self, sights: Mapping[str, Sights]) -> None:
        self._sights = sights
        self._witnesses: dict[Endpoint, dict[str, Seen]] = defaultdict(dict)
        self._ports: dict[tuple[str, str], dict[int, Seen]] = defaultdict(dict)
        for host, sight in sights.items():
            for endpoint, seen in sight.paths.items():
                self._witnesses[endpoint][host] = seen
                self._ports[host, endpoint.destination][endpoint.port] = seen

    def judge(self, path: Path, expectations: Expectations) -> Judgement:
        sight = self._sights.get(path.initiator)
        if sight is None:
            return Judgement(path, UNKNOWN, "", "the host failed, could not be reached, or is not part of this run", {})
        if path.endpoint not in sight.paths:
            why = f"its answer is not usable: {sight.unusable}" if sight.unusable else "it was not looked at"
            return Judgement(path, UNKNOWN, "", why, {})
        seen = sight.paths[path.endpoint]
        home = self._sights[path.responder].own.get(path.endpoint, {}) if path.responder in self._sights else {}
        places = [(place, path.endpoint.port) for place in (path.responder, path.endpoint.destination)]
        place = next((place for place in places if place in expectations), None)
        expected = expectations[place] if place else None
        if seen["certificate"]:
            found = weigh(path, seen, home, expected)
            hints = self._hints(path, seen) if found.verdict == UNKNOWN and not expected and not home.get("certificate") else ()
            found = found._replace(why="; ".join((found.why, *hints)))
        else:
            found = Weighed(*_not_shown(path, seen, home))
        renew = f"{place[0]}.{place[1]}" if place and found.renew else ""
        return Judgement(path, found.verdict, found.by, found.why, seen, renew)

    def _hints(self, path: Path, seen: Seen) -> Iterable[str]:
        """What makes one wonder, and proves nothing."""
        if seen["publicly_trusted"] is False:
            yield f"no public authority vouches for {path.endpoint.server_name} ({seen['untrusted']})"
        if path.tls == MUTUAL and seen["client_certificate"] is False and seen["publicly_trusted"] is not True:
            yield "the flow has mutual TLS, and no client certificate was asked for"
        if path.endpoint.alpn == ("h2",) and seen["outcome"] == "completed" and seen["alpn"] == "":
            yield "the flow needs HTTP/2, and it was not agreed on"
        others = [host for host, other in self._witnesses[path.endpoint].items() if other["sha256"] not in ("", seen["sha256"])]
        if others:
            yield f"{', '.join(others)} saw another certificate"
        issuer = issuer_of(seen["certificate"])
        ports = self._ports[path.initiator, path.endpoint.destination].items()
        different = sorted(port for port, other in ports if other["certificate"] and issuer_of(other["certificate"]) != issuer)
        if different:
            yield f"port {', '.join(map(str, different))} of the same peer has another issuer"


def _not_shown(path: Path, seen: Seen, home: Seen) -> tuple[str, str, str]:
    """The verdict where no certificate was shown."""
    outcome, detail = seen["outcome"], f" ({seen['detail']})" if seen["detail"] else ""
    if outcome == "not_tried":
        return UNKNOWN, "", seen["detail"]
    if outcome == "unreachable":
        return UNREACHABLE, "", f"no connection came about{detail}"
    if outcome == "failed":
        return UNKNOWN, "", f"this host and the server do not fit together{detail}"
    what = _CUT.get(outcome, "something else than TLS") + detail
    if home.get("certificate"):
        return BLOCKED, "", f"{what} answers the hello, and {path.responder} itself shakes hands on its own host"
    if home and (home["outcome"] == outcome or {home["outcome"], outcome} <= _HANGS_UP):
        return UNKNOWN, "", f"{what} answers the hello, on {path.responder}'s own host as well: look at the service"
    if outcome in ("reset", "alert", "closed"):
        return BLOCKED, "", f"{what} answers the hello; if it is not the responder's own, a middlebox on the way cuts the handshake"
    return UNKNOWN, "", f"{what} answers the hello"
