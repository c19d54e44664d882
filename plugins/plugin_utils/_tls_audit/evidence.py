# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Weighs what is known of a responder against the certificate that a host saw on the way.

What the responder shows on its own host counts more than what the inventory expects, because an expectation grows old when
the certificate is renewed. An expected fingerprint counts more than an expected issuer. The exception is a look at loopback,
which stands for an address that the host does not have: another service may listen there.
"""

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Iterator

from .._inventory.expected_certificates import Expected
from .certificates import is_self_signed, issuer_of
from .flows import Path
from .issuers import inspecting_product
from .observations import Seen
from .words import DIRECT, INSPECTED, UNKNOWN

MUTUAL = "mutual"
RENEW = "the certificate that connectivity_expected_certificates expects is out of date"


class Weighed(t.NamedTuple):
    """What the evidence comes to.

    Attributes:
        verdict: ``direct``, ``inspected`` or ``unknown``.
        by: Who inspects; otherwise empty.
        why: What the verdict rests upon.
        renew: Whether the expectation has to be renewed.
    """

    verdict: str
    by: str
    why: str
    renew: bool = False


def weigh(path: Path, seen: Seen, home: Seen, expected: Expected | None) -> Weighed:
    """The verdict on a certificate that was shown.

    Args:
        path: The flow.
        seen: What was seen on the way, with a certificate.
        home: What the responder has seen of its own service without leaving itself; empty where it has not looked.
        expected: What the inventory expects there.
    """
    weighed = _compared(path, seen, home, expected) if home.get("certificate") else _without_responder(path, seen, expected)
    if weighed.verdict == DIRECT and path.tls == MUTUAL and seen["client_certificate"] is not True:
        return weighed._replace(verdict=UNKNOWN, why=f"{_not_mutual(path, seen, home)} ({weighed.why})")
    return weighed


def is_one_sided(path: Path, seen: Seen) -> bool:
    """Whether a flow with mutual TLS showed a certificate and asked for none: nobody verifies clients there."""
    return path.tls == MUTUAL and bool(seen.get("certificate")) and seen["client_certificate"] is False


def _compared(path: Path, seen: Seen, home: Seen, expected: Expected | None) -> Weighed:
    """The verdict where the responder has looked at its own service."""
    common_name, organization, issuer = issuer_of(seen["certificate"])
    same, fits = seen["sha256"] == home["sha256"], _fits(seen, expected)
    differences = list(_differences(seen, home))
    if not differences:
        renew = expected is not None and not fits
        known = f"{path.responder} shows the same on its own host"
        return Weighed(DIRECT, "", f"{known}; {RENEW}: expect SHA-256 {seen['sha256']}" if renew else known, renew)
    if not same and fits and _on_loopback(path, home):
        return Weighed(DIRECT, "", f"{fits}, and at {path.endpoint.destination} {path.responder} cannot look without leaving itself")
    if not same and expected and seen["sha256"] in expected.sha256 and not _hides_request(seen, home):
        if home["sha256"] in expected.sha256:
            return Weighed(DIRECT, "", f"{fits}, and so is the one that {path.responder} shows on its own host")
        why = f"{fits}, but {path.responder} itself shows another one, SHA-256 {home['sha256']}: either {RENEW}, or both must be expected"
        return Weighed(UNKNOWN, "", why, True)
    by = inspecting_product(common_name, organization) or issuer
    return Weighed(INSPECTED, by, f"{path.responder} itself shows {', '.join(differences)}")


def _without_responder(path: Path, seen: Seen, expected: Expected | None) -> Weighed:
    """The verdict where nothing is known of the responder but what the inventory expects."""
    common_name, organization, issuer = issuer_of(seen["certificate"])
    if expected:
        fits = _fits(seen, expected)
        if fits:
            return Weighed(DIRECT, "", fits)
        if common_name and common_name in expected.issuers:
            return Weighed(UNKNOWN, "", f"the certificate is self-signed, so its issuer's name, {issuer}, proves nothing: expect sha256")
        why = f"the certificate is not the expected one (SHA-256 {seen['sha256']}); if the responder has a new one, ask there"
        return Weighed(INSPECTED, issuer, why)
    product = inspecting_product(common_name, organization)
    if product:
        return Weighed(INSPECTED, product, f"{issuer} issues certificates for inspection")
    if seen["publicly_trusted"]:
        return Weighed(DIRECT, "", f"a public authority, {issuer}, vouches for the name")
    origin = "self-signed" if is_self_signed(seen["certificate"]) else f"from {issuer}"
    return Weighed(UNKNOWN, "", f"no certificate is expected; this one is {origin}")


def _fits(seen: Seen, expected: Expected | None) -> str:
    """How a certificate is the expected one, in words; empty where it is not."""
    if not expected:
        return ""
    if seen["sha256"] in expected.sha256:
        return "the certificate is the expected one"
    common_name, _organization, issuer = issuer_of(seen["certificate"])
    if common_name and common_name in expected.issuers and not is_self_signed(seen["certificate"]):
        return f"the certificate is from the expected issuer, {issuer}"
    return ""


def _not_mutual(path: Path, seen: Seen, home: Seen) -> str:
    """Why a flow with mutual TLS is not what it has to be."""
    if seen["client_certificate"] is None:
        return "the flow has mutual TLS, and it was not seen whether a client certificate is asked for"
    if home.get("client_certificate") is False:
        return f"the flow has mutual TLS, and {path.responder} asks for no client certificate on its own host either: look at its service"
    return "the flow has mutual TLS, and no client certificate was asked for: look for SSL offloading in front of the service"


def _hides_request(seen: Seen, home: Seen) -> bool:
    return bool(home["client_certificate"]) and seen["client_certificate"] is False


def _on_loopback(path: Path, home: Seen) -> bool:
    """Whether the responder looked at loopback in place of an address that it does not have."""
    try:
        looked = ipaddress.ip_address(home.get("address") or "")
        return looked.is_loopback and looked != ipaddress.ip_address(path.endpoint.destination)
    except ValueError:
        return False


def _differences(seen: Seen, home: Seen) -> Iterator[str]:
    """What a responder shows at home, where that is something else than what was seen on the way."""
    if seen["sha256"] != home["sha256"]:
        yield f"another certificate, from {issuer_of(home['certificate'])[2]}"
    if _hides_request(seen, home):
        yield "that it asks for a client certificate"
    both = seen["outcome"] == home["outcome"] == "completed"
    if both and home["alpn"] != seen["alpn"] and None not in (home["alpn"], seen["alpn"]):
        yield f"{home['alpn'] or 'no'} application protocol (ALPN) instead of {seen['alpn'] or 'none'}"
    if both and home["version"] != seen["version"] and not _at_its_newest(seen, home):
        yield f"{home['version']} instead of {seen['version']}"


def _at_its_newest(seen: Seen, home: Seen) -> bool:
    """Whether the older of two versions is the newest that the host behind it can offer: another one could not come about there."""
    older = min(seen, home, key=lambda sight: str(sight["version"]))
    return bool(older.get("offered")) and older["offered"] == older["version"]
