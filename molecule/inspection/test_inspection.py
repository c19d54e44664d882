"""What audit says of the way between two stations: nobody there, a box that decrypts, the same box told not to, one that cuts."""

from __future__ import annotations

import contextlib
import json
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.federated.connectivity.molecule.shared.packets import ADDRESSES, FAMILIES, host

ROOT = pathlib.Path(__file__).parents[2]
EXPORTS = ROOT / "build" / "inspection" / "inspection" / "exports"
STATIONS = ("gamma", "partner")
HTTP, GRPC = 8443, 9090

BUMP = "chain prerouting { type nat hook prerouting priority dstnat; tcp dport 8443 redirect to :3130; }"
CUT = "chain forward { type filter hook forward priority 0; tcp dport 9090 ct state established meta length > 200 reject with tcp reset; }"


@contextlib.contextmanager
def box(chain: str) -> t.Iterator[None]:
    """The box does this to what passes through the router."""
    host("router").check_output(f"echo 'table inet box {{ {chain}; }}' | nft -f -")
    try:
        yield
    finally:
        host("router").check_output("nft delete table inet box")


class Audit(t.NamedTuple):
    """A run of audit.yml: its exit status, and (initiator, port, family) -> the verdict and who inspects."""

    status: int
    verdicts: dict[tuple[str, int, str], tuple[str, str]]

    def of(self, port: int) -> set[tuple[str, str]]:
        """The verdicts on a port, from both stations and on both families."""
        found = [verdict for (_initiator, at, _family), verdict in self.verdicts.items() if at == port]
        assert len(found) == 4
        return set(found)


def audit(directory: pathlib.Path, *arguments: str) -> Audit:
    report = directory / "audit.json"
    inventories = (ROOT / "build/lab/inventory.yml", pathlib.Path(__file__).with_name("inventory.yml"))
    command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), *(f"--inventory={path}" for path in inventories)]
    status = subprocess.run(
        [*command, ROOT / "playbooks" / "audit.yml", f"--extra-vars=audit_report={report}", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
        timeout=600,
    ).returncode
    paths = [path for name in STATIONS for path in json.loads(report.read_text(encoding="utf-8"))["hosts"].get(name, {}).get("paths", ())]
    return Audit(
        status,
        {
            (path["initiator"], path["port"], "IPv6" if ":" in path["destination"] else "IPv4"): (path["verdict"], path["by"])
            for path in paths
            if path["responder"]
        },
    )


def greetings(port: int) -> list[str]:
    """What the stations say to each other in mutual TLS, on both families; empty where they do not understand each other."""
    pairs = [(source, target) for source in STATIONS for target in STATIONS if source != target]
    return [
        host(source).run(f"station ask {ADDRESSES[target][family]} {port}").stdout.strip()
        for source, target in pairs
        for family in FAMILIES
    ]


UNDERSTOOD = ["partner greets gamma", "partner greets gamma", "gamma greets partner", "gamma greets partner"]


def test_a_plain_router_is_direct(tmp_path):
    found = audit(tmp_path)
    assert found.of(HTTP) == found.of(GRPC) == {("direct", "")}
    assert found.status == 0


@pytest.fixture(scope="module")
def decrypted(tmp_path_factory):
    with box(BUMP):
        return audit(tmp_path_factory.mktemp("decrypted")), greetings(HTTP)


def test_a_box_that_decrypts_is_named_and_fails_the_run(decrypted):
    found, _said = decrypted
    assert found.of(HTTP) == {("inspected", "CN=Hospital TLS Inspection,O=Hospital")}
    assert found.of(GRPC) == {("direct", "")}
    assert found.status != 0


def test_mutual_tls_does_not_survive_it(decrypted):
    _found, said = decrypted
    assert said == [""] * 4


def test_the_exported_exclusion_cures_it(decrypted, tmp_path):
    exported = (EXPORTS / "squid" / "south.conf").read_text(encoding="utf-8")
    router = host("router")
    router.check_output("printf %s {} >/etc/squid/box/exclude.conf".format("'" + exported.replace("'", "'\\''") + "'"))
    router.check_output("squid -k reconfigure -f /etc/squid/box/squid.conf")
    with box(BUMP):
        assert greetings(HTTP) == UNDERSTOOD
        found = audit(tmp_path)
    assert found.of(HTTP) == found.of(GRPC) == {("direct", "")}
    assert found.status == 0


def test_a_box_that_cuts_the_hello_is_told_as_such(tmp_path):
    with box(CUT):
        found = audit(tmp_path)
    assert found.of(GRPC) == {("blocked", "")}
    assert found.of(HTTP) == {("direct", "")}
    assert found.status != 0


@pytest.mark.whole
def test_one_host_alone_knows_what_the_inventory_expects(tmp_path):
    fingerprint = host("partner").check_output("openssl x509 -in /etc/station/own.crt -noout -fingerprint -sha256").partition("=")[2]
    alone = audit(tmp_path, "--limit=gamma", "--check")
    assert {verdict for verdict, _by in alone.verdicts.values()} == {"unknown"}
    expected = json.dumps(
        {"connectivity_expected_certificates": {"partner": {HTTP: {"sha256": fingerprint}, GRPC: {"sha256": fingerprint}}}}
    )
    informed = audit(tmp_path, "--limit=gamma", "--check", "--extra-vars", expected)
    assert {verdict for verdict, _by in informed.verdicts.values()} == {"direct"}
    assert informed.status == 0
