# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Judges whether somebody is in the middle of a TLS connection.

What a host saw on the way is compared with what is known without using that way: the certificate that the inventory
expects, or else what the responder has seen of its own service without leaving itself. Where neither is known, nothing is
called direct but a certificate from a public authority, and nothing inspected but a known product's. Guesses stay guesses.
Certificates are read with cryptography, on which ansible-core depends.
"""

from __future__ import annotations

import contextlib
import typing as t
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ...module_utils._host.printable import printable
from .._inventory.expected_certificates import Expectations, Expected
from .flows import Endpoint, Looks, Path
from .issuers import inspecting_product
from .observations import Seen, Sights, usable

with contextlib.suppress(ImportError):  # there wherever ansible-core is; ansible-test imports without it
    from cryptography import x509
    from cryptography.x509.oid import NameOID

DIRECT = "direct"
INSPECTED = "inspected"
BLOCKED = "blocked"
UNREACHABLE = "unreachable"
UNKNOWN = "unknown"
LINE_MAXIMUM = 4000
ISSUER_MAXIMUM = 300
VERDICTS = (DIRECT, INSPECTED, BLOCKED, UNREACHABLE, UNKNOWN)

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
    """

    path: Path
    verdict: str
    by: str
    why: str
    seen: Seen

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
        places = ((place, path.endpoint.port) for place in (path.responder, path.endpoint.destination))
        expected = next((expectations[place] for place in places if place in expectations), None)
        if seen["certificate"]:
            verdict, by, why = self._shown(path, seen, home, expected)
        else:
            verdict, by, why = _not_shown(path, seen, home)
        return Judgement(path, verdict, by, why, seen)

    def _shown(self, path: Path, seen: Seen, home: Seen, expected: Expected | None) -> tuple[str, str, str]:
        """The verdict on a certificate that was shown."""
        common_name, organization, issuer = issuer_of(seen["certificate"])
        if expected:
            if seen["sha256"] in expected.sha256:
                return DIRECT, "", "the certificate is the expected one"
            if common_name and common_name in expected.issuers:
                return DIRECT, "", f"the certificate is from the expected issuer, {issuer}"
            return INSPECTED, issuer, f"the certificate is not the expected one (SHA-256 {seen['sha256']})"
        product = inspecting_product(common_name, organization)
        if home.get("certificate"):
            differences = list(_differences(seen, home))
            if differences:
                return INSPECTED, product or issuer, f"{path.responder} itself shows {', '.join(differences)}"
            return DIRECT, "", f"{path.responder} shows the same on its own host"
        if product:
            return INSPECTED, product, f"{issuer} issues certificates for inspection"
        if seen["publicly_trusted"]:
            return DIRECT, "", f"a public authority, {issuer}, vouches for the name"
        return UNKNOWN, "", "; ".join((f"no certificate is expected; this one is from {issuer}", *self._hints(path, seen)))

    def _hints(self, path: Path, seen: Seen) -> Iterable[str]:
        """What makes one wonder, and proves nothing."""
        if seen["publicly_trusted"] is False:
            yield f"no public authority vouches for {path.endpoint.server_name} ({seen['untrusted']})"
        if path.tls == "mutual" and seen["client_certificate"] is False:
            yield "the flow has mutual TLS, and no client certificate was asked for"
        if path.endpoint.alpn == ("h2",) and seen["outcome"] == "completed" and not seen["alpn"]:
            yield "the flow needs HTTP/2, and it was not agreed on"
        others = [host for host, other in self._witnesses[path.endpoint].items() if other["sha256"] not in ("", seen["sha256"])]
        if others:
            yield f"{', '.join(others)} saw another certificate"
        issuer = issuer_of(seen["certificate"])
        ports = self._ports[path.initiator, path.endpoint.destination].items()
        different = sorted(port for port, other in ports if other["certificate"] and issuer_of(other["certificate"]) != issuer)
        if different:
            yield f"port {', '.join(map(str, different))} of the same peer has another issuer"


def issuer_of(certificate: str) -> tuple[str, str, str]:
    """Common name and organisation of a certificate's issuer, and what to call it; a damaged certificate has neither."""
    try:
        name = x509.load_pem_x509_certificate(certificate.encode()).issuer
        common_name, organization = (
            next((str(attribute.value) for attribute in name.get_attributes_for_oid(oid)), "")
            for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        )
        return common_name, organization, printable(name.rfc4514_string(), ISSUER_MAXIMUM) or "an issuer without a name"
    except (ArithmeticError, LookupError, TypeError, ValueError, x509.InvalidVersion):
        return "", "", "an issuer that cannot be read"


def _differences(seen: Seen, home: Seen) -> Iterable[str]:
    """What a responder shows at home, where that is something else than what was seen on the way."""
    if seen["sha256"] != home["sha256"]:
        yield f"another certificate, from {issuer_of(home['certificate'])[2]}"
    if home["client_certificate"] and seen["client_certificate"] is False:
        yield "that it asks for a client certificate"
    both = seen["outcome"] == home["outcome"] == "completed"
    if both and home["alpn"] != seen["alpn"]:
        yield f"{home['alpn'] or 'no'} application protocol (ALPN) instead of {seen['alpn'] or 'none'}"
    if both and home["version"] != seen["version"]:
        yield f"{home['version']} instead of {seen['version']}"


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
