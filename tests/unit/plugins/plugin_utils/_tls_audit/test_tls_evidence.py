# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a responder itself shows outranks an old expectation, and mutual TLS is direct only where clients are asked."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
import ssl
import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._tls.path import Endpoint as Looked
from ansible_collections.federated.connectivity.plugins.module_utils._tls.path import look
from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.expected_certificates import read_expectations
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.certificates import is_self_signed
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.flows import Endpoint, Looks, Path
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.observations import Sights
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.report import (
    is_failure,
    own_certificates,
    report,
    summary,
)
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.verdict import Judgement, judge_paths
from ansible_collections.federated.connectivity.tests.tls_servers import Authority, serve, server_context, speaking_tls

Seen = dict[str, t.Any]
ADDRESS, PORT = "198.51.100.70", 8443
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


class Certificate(t.NamedTuple):
    pem: str
    sha256: str
    issuer: str


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certificate]:
    """Two of one authority, one of a middlebox, and a self-signed one that bears the authority's name."""
    directory = tmp_path_factory.mktemp("evidence")
    station, box = Authority("Station CA"), Authority("Box CA")

    def of(der: bytes, issuer: str) -> Certificate:
        return Certificate(ssl.DER_cert_to_PEM_cert(der), hashlib.sha256(der).hexdigest(), issuer)

    return {
        "old": of(station.issue(directory / "old.pem", "station.example.org"), "Station CA"),
        "new": of(station.issue(directory / "new.pem", "station.example.org"), "Station CA"),
        "box": of(box.issue(directory / "box.pem", "station.example.org"), "Box CA"),
        "self": of(ssl.PEM_cert_to_DER_cert(station.pem), "Station CA"),
    }


def shown(certificate: Certificate, asked: bool | None = True, address: str = ADDRESS, **more: t.Any) -> Seen:
    agreed = {"outcome": "completed", "detail": "", "version": "TLSv1.3", "alpn": "", "publicly_trusted": None, "untrusted": ""}
    return {
        **agreed,
        "certificate": certificate.pem,
        "sha256": certificate.sha256,
        "client_certificate": asked,
        "address": address,
        **more,
    }


def judged(seen: Seen, home: Seen | None, expected: object = None, tls: str = "mutual") -> Judgement:
    endpoint = Endpoint(ADDRESS, PORT, "", ())
    path = Path("m.f.peer", "m.f.peer.egress", "alpha", "beta", endpoint, tls, True)
    sights = {"alpha": Sights({endpoint: seen}, {}), **({"beta": Sights({}, {endpoint: home})} if home else {})}
    expectations = {"alpha": read_expectations({"beta": {PORT: expected}} if expected else {})}
    return judge_paths({"alpha": Looks([path])}, sights, expectations)["alpha"][0]


@pytest.mark.parametrize("asked", [False, None])
def test_mutual_tls_without_a_request_is_not_direct_whatever_the_fingerprint(
    certificates: dict[str, Certificate], asked: bool | None
) -> None:
    station = certificates["new"]
    for home in (None, shown(station, asked), shown(station, None)):
        for expected in (None, {"sha256": station.sha256}, {"issuer": "Station CA"}):
            judgement = judged(shown(station, asked), home, expected)
            assert judgement.verdict == "unknown"
            assert is_failure(judgement, strict=False) is (asked is False)
    assert judged(shown(station, False), shown(station, True), {"sha256": station.sha256}).verdict == "inspected"
    assert judged(shown(station, False), None, {"sha256": station.sha256}, tls="server").verdict == "direct"


def test_who_has_to_look_where_nobody_asks_is_named(certificates: dict[str, Certificate]) -> None:
    station = certificates["new"]
    offloaded = judged(shown(station, False), None, {"sha256": station.sha256})
    assert "look for SSL offloading in front of the service (the certificate is the expected one)" in offloaded.why
    own = judged(shown(station, False), shown(station, False))
    assert "beta asks for no client certificate on its own host either: look at its service" in own.why


def test_a_renewed_certificate_that_the_responder_shows_is_direct_and_the_expectation_is_to_renew(
    certificates: dict[str, Certificate],
) -> None:
    old, new = certificates["old"], certificates["new"]
    judgement = judged(shown(new), shown(new), {"sha256": old.sha256})
    assert (judgement.verdict, judgement.renew) == ("direct", f"beta.{PORT}")
    assert f"out of date: expect SHA-256 {new.sha256}" in judgement.why
    assert not is_failure(judgement, strict=True)
    found = {"alpha": [judgement]}
    (line, last) = summary(found, strict=True)
    assert line == f"to renew     connectivity_expected_certificates.beta.{PORT} of alpha: {ADDRESS} showed SHA-256 {new.sha256}"
    assert last.endswith("0 failures")
    (entry,) = report(found, {"alpha": Looks()}, {}, strict=False)["hosts"]["alpha"]["paths"]
    assert entry["renew"] == f"beta.{PORT}"
    assert judged(shown(new), shown(new), {"sha256": [old.sha256, new.sha256]}).renew == ""


def test_an_old_certificate_that_the_responder_no_longer_shows_is_not_direct(certificates: dict[str, Certificate]) -> None:
    """Somebody on the way may still have the old one and its key; two right ones are both expected."""
    old, new = certificates["old"], certificates["new"]
    judgement = judged(shown(old), shown(new), {"sha256": old.sha256})
    assert (judgement.verdict, judgement.renew) == ("unknown", f"beta.{PORT}")
    assert judged(shown(old), shown(new), {"sha256": [old.sha256, new.sha256]}).verdict == "direct"
    assert judged(shown(old), shown(new), {"issuer": "Station CA"}).verdict == "inspected"


def test_where_the_responder_had_to_look_at_loopback_the_expectation_counts(certificates: dict[str, Certificate]) -> None:
    real, other = certificates["new"], shown(certificates["box"], address="127.0.0.1")
    assert judged(shown(real), other, {"sha256": real.sha256}).verdict == "direct"
    assert judged(shown(real), other).verdict == "inspected"
    assert judged(shown(real), {**other, "address": "x"}, {"sha256": real.sha256}).verdict == "unknown"


def test_the_issuer_of_a_self_signed_certificate_proves_nothing_and_nobody_is_advised_to_expect_it(
    certificates: dict[str, Certificate],
) -> None:
    own = certificates["self"]
    assert is_self_signed(own.pem)
    assert not is_self_signed(certificates["new"].pem)
    assert not is_self_signed("x")
    judgement = judged(shown(own), None, {"issuer": "Station CA"})
    assert (judgement.verdict, "self-signed" in judgement.why, "expect sha256" in judgement.why) == ("unknown", True, True)
    assert "this one is self-signed" in judged(shown(own), None).why
    assert judged(shown(own), None, {"sha256": own.sha256}).verdict == "direct"
    endpoint = Endpoint(ADDRESS, PORT, "", ())
    assert own_certificates({"beta": Sights({}, {endpoint: shown(own)})}) == {"beta": {str(PORT): {"sha256": [own.sha256], "issuer": []}}}


names = st.sampled_from(["old", "new", "box", "self"])
requests = st.sampled_from([True, False, None])
expectations = st.none() | st.builds(
    lambda prints, issuers: {"sha256": sorted(prints), "issuer": sorted(issuers)},
    st.sets(names, max_size=2),
    st.sets(st.sampled_from(["Station CA", "Box CA"]), max_size=1),
).filter(lambda entry: entry["sha256"] or entry["issuer"])


@given(
    seen=st.tuples(names, requests),
    home=st.none() | st.tuples(names, requests, st.sampled_from([ADDRESS, "127.0.0.1"])),
    expected=expectations,
    tls=st.sampled_from(["mutual", "server"]),
)
def test_the_table_of_verdicts(
    certificates: dict[str, Certificate],
    seen: tuple[str, bool | None],
    home: tuple[str, bool | None, str] | None,
    expected: dict[str, list[str]] | None,
    tls: str,
) -> None:
    name, asked = seen
    entry = expected and {"sha256": [certificates[one].sha256 for one in expected["sha256"]], "issuer": expected["issuer"]}
    way, own = shown(certificates[name], asked), home and shown(certificates[home[0]], home[1], home[2])
    judgement = judged(way, own, entry, tls)
    by_print = bool(expected) and name in expected["sha256"]
    by_issuer = bool(expected) and name != "self" and certificates[name].issuer in expected["issuer"]
    hidden = bool(home and home[1] and asked is False)
    if home and home[0] == name:
        wanted = "inspected" if hidden else "direct"
    elif home and home[2] == "127.0.0.1" and (by_print or by_issuer):
        wanted = "direct"
    elif home and by_print and not hidden:
        wanted = "direct" if home[0] in (expected or {})["sha256"] else "unknown"
    elif home:
        wanted = "inspected"
    elif by_print or by_issuer:
        wanted = "direct"
    elif expected:
        wanted = "unknown" if name == "self" and expected["issuer"] == ["Station CA"] else "inspected"
    else:
        wanted = "unknown"
    gated = wanted == "direct" and tls == "mutual" and asked is not True
    assert judgement.verdict == ("unknown" if gated else wanted)
    assert bool(judgement.renew) <= bool(expected)
    if judgement.verdict == "direct":
        assert tls != "mutual" or asked is True
    if judgement.verdict == "unknown":
        assert is_failure(judgement, strict=False) is (tls == "mutual" and asked is False)


class Servers(t.NamedTuple):
    """A station, and somebody who ends TLS in front of it with the station's own certificate and key."""

    station: int
    front: int


@pytest.fixture(params=VERSIONS, ids=lambda version: version.name)
def servers(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[Servers]:
    Authority("Station CA").issue(tmp_path / "station.pem", "station.example.org")
    with contextlib.ExitStack() as stack:
        ports = [
            stack.enter_context(serve(speaking_tls(server_context(tmp_path / "station.pem", request.param, asks))))
            for asks in (ssl.CERT_REQUIRED, ssl.CERT_NONE)
        ]
        yield Servers(*ports)


def looked_at(port: int) -> Seen:
    """What tls_handshake_info returns of a server."""
    handshake, address, trusted = look(Looked("127.0.0.1", port), "", 10, time.monotonic() + 20)
    certificate = handshake.certificate
    return {
        **handshake._asdict(),
        "address": address,
        "certificate": ssl.DER_cert_to_PEM_cert(certificate),
        "sha256": hashlib.sha256(certificate).hexdigest(),
        "publicly_trusted": trusted,
    }


def test_offloading_with_the_station_s_own_certificate_is_noticed(servers: Servers) -> None:
    station, front = looked_at(servers.station), looked_at(servers.front)
    assert station["sha256"] == front["sha256"]
    expected = {"sha256": station["sha256"]}
    assert judged(station, None, expected).verdict == "direct"
    assert judged(station, station).verdict == "direct"
    offloaded = judged(front, None, expected)
    assert (offloaded.verdict, is_failure(offloaded, strict=False)) == ("unknown", True)
    assert judged(front, station, expected).verdict == "inspected"
    assert judged(front, front, expected).verdict == "unknown"


def test_a_station_that_renews_its_certificate_stays_direct(servers: Servers, certificates: dict[str, Certificate]) -> None:
    station = looked_at(servers.station)
    judgement = judged(station, looked_at(servers.station), {"sha256": certificates["old"].sha256})
    assert (judgement.verdict, judgement.renew) == ("direct", f"beta.{PORT}")
    assert judged(station, None, {"sha256": certificates["old"].sha256}).verdict == "inspected"
