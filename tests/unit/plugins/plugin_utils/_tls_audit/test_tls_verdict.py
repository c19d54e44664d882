# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is called direct, inspected and blocked, and what is never guessed."""

from __future__ import annotations

import hashlib
import json
import ssl
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.expected_certificates import read_expectations
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.certificates import issuer_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.flows import Endpoint, Looks, Path, endpoint_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.observations import read_sights
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.report import (
    counts,
    failures,
    is_failure,
    report,
    summary,
    without_a_look,
)
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.verdict import Judgement, Sights, judge_paths
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.words import VERDICTS
from ansible_collections.federated.connectivity.tests.tls_servers import Authority

HTTP, GRPC = Endpoint("198.51.100.70", 8443, "", ("h2", "http/1.1")), Endpoint("198.51.100.70", 9090, "", ("h2",))
VENDOR = Endpoint("services.example.org", 443, "services.example.org", ())


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> t.Callable[..., dict[str, t.Any]]:
    """Makes what a host sees of a server with a certificate from an issuer; the same issuer, the same certificate."""
    directory, known = tmp_path_factory.mktemp("certificates"), {}

    def make(common_name: str = "Station CA", organization: str = "", **more: t.Any) -> dict[str, t.Any]:
        if (common_name, organization) not in known:
            known[common_name, organization] = Authority(common_name, organization).issue(directory / "x.pem", "x.example.org")
        certificate = known[common_name, organization]
        shown = {"certificate": ssl.DER_cert_to_PEM_cert(certificate), "sha256": hashlib.sha256(certificate).hexdigest()}
        agreed = {"outcome": "completed", "version": "TLSv1.3", "alpn": "h2", "client_certificate": True}
        return {"detail": "", "publicly_trusted": None, "untrusted": "", **shown, **agreed, **more}

    return make


Made = t.Callable[..., dict[str, t.Any]]


def cut(outcome: str, detail: str = "") -> dict[str, t.Any]:
    nothing = {
        "certificate": "",
        "sha256": "",
        "version": "",
        "alpn": "",
        "client_certificate": None,
        "publicly_trusted": None,
        "untrusted": "",
    }
    return {"outcome": outcome, "detail": detail, **nothing}


def judge(
    seen: t.Mapping[Endpoint, dict[str, t.Any]],
    home: t.Mapping[Endpoint, dict[str, t.Any]] | None = None,
    expected: object = None,
    others: t.Mapping[str, dict[Endpoint, dict[str, t.Any]]] | None = None,
    tls: str = "mutual",
    excluded: bool = True,
) -> list[Judgement]:
    """The verdicts on what alpha sees of beta, and of the vendor, who is nobody's host."""
    paths = [Path("m.f.x", "m.f.x.egress", "alpha", "" if endpoint == VENDOR else "beta", endpoint, tls, excluded) for endpoint in seen]
    sights = {"alpha": Sights(seen, {}), **{name: Sights(other, {}) for name, other in (others or {}).items()}}
    if home is not None:
        sights["beta"] = Sights({}, home)
    return judge_paths({"alpha": Looks(paths)}, sights, {"alpha": read_expectations(expected or {})})["alpha"]


def verdict(seen: dict[str, t.Any], home: dict[str, t.Any] | None = None, expected: object = None, **more: t.Any) -> tuple[str, str]:
    found = judge({HTTP: seen}, None if home is None else {HTTP: home}, expected, **more)[0]
    return found.verdict, found.by


def test_the_same_as_at_home_is_direct(made: Made) -> None:
    assert verdict(made(), made()) == ("direct", "")


def test_another_certificate_than_at_home_is_inspected_by_its_issuer(made: Made) -> None:
    assert verdict(made("Box CA", "Hospital"), made()) == ("inspected", "O=Hospital,CN=Box CA")
    assert verdict(made("Zscaler Intermediate Root CA (zscaler.net)", "Zscaler Inc."), made()) == ("inspected", "Zscaler")


@pytest.mark.parametrize("difference", [{"client_certificate": False}, {"alpn": ""}, {"version": "TLSv1.2"}])
def test_who_hides_what_the_responder_shows_inspects(made: Made, difference: dict[str, t.Any]) -> None:
    assert verdict(made(**difference), made())[0] == "inspected"


@pytest.mark.parametrize(
    ("way", "at_home", "expected"),
    [
        ({"alpn": None}, {}, "direct"),
        ({}, {"alpn": None}, "direct"),
        ({"version": "TLSv1.2", "offered": "TLSv1.2"}, {"offered": "TLSv1.3"}, "direct"),
        ({"offered": "TLSv1.3"}, {"version": "TLSv1.2", "offered": "TLSv1.2"}, "direct"),
        ({"version": "TLSv1.2", "offered": "TLSv1.3"}, {"offered": "TLSv1.3"}, "inspected"),
        ({"version": "TLSv1.2", "offered": "TLSv1.2", "client_certificate": False}, {}, "inspected"),
    ],
)
def test_what_a_host_could_not_offer_is_no_difference(made: Made, way: dict[str, t.Any], at_home: dict[str, t.Any], expected: str) -> None:
    """Windows PowerShell 5.1 offers no application protocols (ALPN), and Windows before Server 2022 no TLS 1.3."""
    assert verdict(made(**way), made(**at_home))[0] == expected


def test_a_handshake_that_a_missing_client_certificate_cuts_is_compared_all_the_same(made: Made) -> None:
    end = {"outcome": "alert", "version": ""}
    assert verdict(made(**end), made(**end)) == ("direct", "")
    assert verdict(made(**end), made()) == ("direct", "")
    assert verdict(made("Box CA", **end), made(**end)) == ("inspected", "CN=Box CA")


def test_what_the_inventory_expects_counts_where_the_responder_says_nothing(made: Made) -> None:
    box, real = made("Box CA"), made()
    for place in ("beta", HTTP.destination):
        assert verdict(real, None, {place: {8443: {"sha256": real["sha256"].upper()}}}) == ("direct", "")
        assert verdict(box, None, {place: {8443: {"sha256": real["sha256"]}}}) == ("inspected", "CN=Box CA")
        assert verdict(real, None, {place: {8443: {"issuer": "Station CA"}}}) == ("direct", "")
        assert verdict(box, None, {place: {8443: {"issuer": "Station CA"}}}) == ("inspected", "CN=Box CA")
    assert verdict(box, None, {"beta": {9090: {"sha256": real["sha256"]}}})[0] == "unknown"


def test_without_expectation_nothing_is_direct_but_by_a_public_authority(made: Made) -> None:
    assert verdict(made()) == ("unknown", "")
    assert judge({VENDOR: made(publicly_trusted=True)})[0].verdict == "direct"
    refused = judge({VENDOR: made(publicly_trusted=False, untrusted="self-signed certificate in certificate chain")})[0]
    assert (refused.verdict, "no public authority vouches for services.example.org (self-signed" in refused.why) == ("unknown", True)


@pytest.mark.parametrize(
    ("common_name", "organization", "by"),
    [
        ("Zscaler Intermediate Root CA (zscloud.net) (t)", "Zscaler Inc.", "Zscaler"),
        ("ESET SSL Filter CA", "ESET, spol. s r. o.", "ESET on the host itself"),
        ("Avast Web/Mail Shield Root", "Avast Web/Mail Shield", "Avast on the host itself"),
        ("AVG Web/Mail Shield Root", "AVG Web/Mail Shield", "AVG on the host itself"),
        ("Norton Web/Mail Shield Root", "Norton Web/Mail Shield", "Norton on the host itself"),
        ("Norton Web/Mail Shield Self-signed Root", "Norton Web/Mail Shield", "Norton on the host itself"),
        ("Kaspersky Anti-Virus Personal Root Certificate", "AO Kaspersky Lab", "Kaspersky on the host itself"),
        ("Kaspersky Web Anti-Virus Certification Authority", "AO Kaspersky Lab", "Kaspersky on the host itself"),
        ("Cisco Umbrella Secondary SubCA ams-SG", "Cisco", "Cisco Umbrella"),
        ("FGT60ETK18012345", "Fortinet", "Fortinet"),
        ("SecurityAppliance_SSL_CA", "", "Sophos Firewall"),
        ("mitmproxy", "mitmproxy", "mitmproxy"),
    ],
)
def test_issuers_of_known_products_need_no_comparison(made: Made, common_name: str, organization: str, by: str) -> None:
    assert verdict(made(common_name, organization)) == ("inspected", by)
    assert verdict(made(common_name, organization, publicly_trusted=True)) == ("inspected", by)
    any_organization = by == "Sophos Firewall" or "Shield" in common_name
    assert verdict(made(common_name, "Somebody else")) == (("inspected", by) if any_organization else ("unknown", ""))


def test_hints_prove_nothing_and_are_told(made: Made) -> None:
    seen = {HTTP: made(), GRPC: made("Box CA", client_certificate=False, alpn="")}
    http, grpc = judge(seen, others={"gamma": {HTTP: made("Other CA"), GRPC: made("Box CA")}})
    assert (http.verdict, grpc.verdict) == ("unknown", "unknown")
    assert "gamma saw another certificate" in http.why
    assert "port 9090 of the same peer has another issuer" in http.why
    assert "no client certificate was asked for" in grpc.why
    assert "HTTP/2" in grpc.why
    assert "gamma" not in grpc.why


@pytest.mark.parametrize("outcome", ["reset", "alert", "closed"])
def test_a_cut_hello_is_blocked_unless_the_service_itself_cuts_it(made: Made, outcome: str) -> None:
    assert verdict(cut(outcome), made())[0] == "blocked"
    assert verdict(cut(outcome), cut("unreachable"))[0] == "blocked"
    assert verdict(cut(outcome))[0] == "blocked"
    assert verdict(cut(outcome), cut(outcome))[0] == "unknown"


def test_a_service_that_hangs_up_resets_or_closes_as_it_happens(made: Made) -> None:
    assert verdict(cut("reset"), cut("closed"))[0] == "unknown"
    assert verdict(cut("closed"), cut("reset"))[0] == "unknown"
    assert verdict(cut("alert"), cut("closed"))[0] == "blocked"
    assert verdict(cut("reset"), cut("silent"))[0] == "blocked"


@pytest.mark.parametrize("outcome", ["silent", "not_tls"])
def test_silence_and_other_protocols_are_blocked_only_if_the_service_shakes_hands_at_home(made: Made, outcome: str) -> None:
    assert verdict(cut(outcome), made())[0] == "blocked"
    assert verdict(cut(outcome))[0] == "unknown"


def test_what_says_nothing_about_the_path(made: Made) -> None:
    assert verdict(cut("unreachable", "timed out"), made())[0] == "unreachable"
    assert verdict(cut("failed"), made())[0] == verdict(cut("not_tried"), made())[0] == "unknown"
    lost = judge_paths({"alpha": Looks([Path("m.f.x", "r", "alpha", "beta", HTTP, "mutual", True)])}, {}, {})["alpha"][0]
    assert (lost.verdict, lost.seen) == ("unknown", {})


@given(st.binary(max_size=80))
def test_no_certificate_breaks_the_reader(data: bytes) -> None:
    assert issuer_of(ssl.DER_cert_to_PEM_cert(data)) == ("", "", "an issuer that cannot be read")


outcomes = st.sampled_from(["completed", "alert", "reset", "closed", "silent", "not_tls", "failed", "unreachable", "not_tried"])
sight = st.tuples(
    outcomes, st.sampled_from(["", "Station CA", "Box CA"]), st.sampled_from([None, True, False]), st.sampled_from(["", "h2"])
)


@given(sight, st.none() | sight)
def test_never_direct_with_another_certificate_and_never_inspected_with_the_same(
    made: Made, seen: tuple[t.Any, ...], home: tuple[t.Any, ...] | None
) -> None:
    def sighting(outcome: str, issuer: str, asked: bool | None, alpn: str) -> dict[str, t.Any]:
        return made(issuer, outcome=outcome, client_certificate=asked, alpn=alpn) if issuer else cut(outcome)

    way, at_home = sighting(*seen), sighting(*home) if home else None
    found, by = verdict(way, at_home)
    assert found in VERDICTS
    assert bool(by) == (found == "inspected")
    if found == "direct":
        assert at_home is not None
        assert way["sha256"] == at_home["sha256"] != ""
    if found == "inspected":
        assert at_home is not None
        differences = [way[key] != at_home[key] for key in ("sha256", "client_certificate", "alpn", "version")]
        assert any(differences)


def test_a_failure_is_an_excluded_flow_that_is_inspected_or_blocked(made: Made) -> None:
    for excluded in (True, False):
        seen = {HTTP: made("Box CA"), GRPC: cut("reset"), VENDOR: made()}
        found = judge(seen, {HTTP: made(), GRPC: made()}, excluded=excluded)
        assert [is_failure(one, strict=False) for one in found] == [excluded, excluded, False]
        assert [is_failure(one, strict=True) for one in found] == [excluded] * 3


def test_the_report_holds_what_partners_need(made: Made) -> None:
    looks, sights = {"alpha": Looks()}, {"alpha": Sights({}, {HTTP: made(), GRPC: cut("unreachable")})}
    found = {"alpha": judge({HTTP: made("Box CA")}, {HTTP: made()})}
    content = report(found, looks, sights, strict=False)
    assert content["counts"] == {"direct": 0, "inspected": 1, "blocked": 0, "unreachable": 0, "unknown": 0, "flows": 1, "failed": 1}
    path = content["hosts"]["alpha"]["paths"][0]
    assert (path["verdict"], path["by"], path["port"], path["seen"]["version"]) == ("inspected", "CN=Box CA", 8443, "TLSv1.3")
    assert read_expectations(content["own_certificates"]) == read_expectations(
        {"alpha": {8443: {"sha256": made()["sha256"], "issuer": "Station CA"}}}
    )
    assert counts(found, False) == content["counts"]
    assert summary(found, False)[-1].startswith("1 TLS connections of 1 flows looked at: 0 direct, 1 inspected")


def test_an_audit_that_looked_at_nothing_fails_and_says_so() -> None:
    line = "no TLS connection was looked at, so nothing is known; the lines of each host say why"
    assert without_a_look({"alpha": [], "beta": []}) == {name: [f"failed       {name}: {line}"] for name in ("alpha", "beta")}
    assert counts({"alpha": [], "beta": []}, False)["failed"] == 2
    assert summary({"alpha": [], "beta": []}, False)[0] == f"failed       alpha: {line}"
    assert summary({"alpha": [], "beta": []}, False)[-1].endswith("; 2 failures")


def test_endpoints_are_read_back() -> None:
    looks = Looks([Path("m.f.x", "r", "alpha", "beta", HTTP, "mutual", True)], {GRPC})
    data = json.loads(json.dumps(looks.to_data()))
    assert Looks.from_data(data) == looks
    assert [(endpoint_of(entry), entry["own"]) for entry in data["endpoints"]] == [(HTTP, False), (GRPC, True)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"certificate": 7}, "198.51.100.70.certificate is not a string"),
        ({"certificate": "x"}, "198.51.100.70.certificate is 'x', which is not expected there"),
        ({"sha256": "x"}, "198.51.100.70.sha256 is 'x'"),
        ({"outcome": None}, "198.51.100.70.outcome is null, and not one of"),
        ({"client_certificate": "yes"}, "198.51.100.70.client_certificate is not true or false"),
        ({"alpn": ["h2"]}, "198.51.100.70.alpn is not a string"),
    ],
)
def test_what_is_not_usable_counts_for_its_host_alone(made: Made, change: dict[str, t.Any], why: str) -> None:
    bad = {**made(), **change}
    (judgement,) = judge({HTTP: bad}, {HTTP: made()})
    assert judgement.verdict == "unknown"
    assert f"its answer is not usable: {why}" in judgement.why
    expected = {"beta": {8443: {"sha256": made()["sha256"]}}}
    assert verdict(made(), bad, expected) == ("direct", "")
    assert judge({HTTP: made("Box CA")}, {HTTP: made()}, others={"evil": {HTTP: bad}}) == judge({HTTP: made("Box CA")}, {HTTP: made()})


ENDPOINTS = [{"destination": "198.51.100.70", "port": 8443, "server_name": "", "alpn": ["h2", "http/1.1"], "own": False}]


@pytest.mark.parametrize(
    ("answer", "unusable"),
    [
        (7, "it is not a mapping"),
        ({"token": "run", "handshakes": []}, "it has 0 handshakes for 1 endpoints"),
        ({"token": "run", "handshakes": {"a": 1}}, "handshakes is not a list"),
        ({"token": "run"}, "it lacks handshakes"),
        ({"failed": True, "unusable": "it holds no JSON\x1b"}, r"it holds no JSON\x1b"),
    ],
)
def test_a_host_whose_answer_is_not_usable_fails_whatever_its_flows_are(made: Made, answer: object, unusable: str) -> None:
    sight = read_sights(ENDPOINTS, answer, "run")
    assert sight == Sights({}, {}, unusable)
    found = {"alpha": judge({HTTP: made()}, {HTTP: made()}, excluded=False), "evil": []}
    sights = {"evil": sight}
    assert failures("alpha", found["alpha"], False, sights) == []
    (line,) = failures("evil", found["evil"], False, sights)
    assert line == f"failed       evil: its answer to tls_handshake_info is not usable: {unusable}"
    assert summary(found, False, sights)[0] == line
    assert counts(found, False, sights)["failed"] == 1
    content = report(found, {"alpha": Looks(), "evil": Looks()}, sights, strict=False)
    assert content["hosts"]["evil"]["unusable"] == unusable


@pytest.mark.parametrize(
    "answer",
    [
        *({}, {"skipped": True}, {"unreachable": True}, {"failed": True, "msg": "x"}, {"token": "old", "handshakes": []}),
        {"changed": False, "not_asked": True},
    ],
)
def test_a_host_that_did_not_answer_in_this_run_has_seen_nothing(answer: dict[str, t.Any]) -> None:
    assert read_sights(ENDPOINTS, answer, "run") is None


def test_an_issuer_cannot_write_on_the_terminal(made: Made) -> None:
    (judgement,) = judge({HTTP: made("Box\x1b[2J CA\u202e")}, {HTTP: made()})
    assert str(judgement).isprintable()
    assert r"Box\x1b[2J CA\u202e" in str(judgement)
