# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewalld backend on a Debian host with the real firewalld: packets of peers and strangers, and what others own."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
import typing as t

import pytest
from firewall_host import FirewallHost, Network, PolicyFailed
from namespaces import both, outcomes
from policies import PEER_HTTP, PUBLISHED_HTTP, policy, rule

CONFIGURATION = "/etc/firewalld"
EGRESS = rule("linksight.north.peer_http.egress", "8443", direction="egress")
DIRECT = ("--direct", "--add-rule", "ipv4", "filter", "INPUT", "0", "-p", "tcp", "--dport", "5005", "-j", "DROP")
UNFINISHED = """firewall-cmd --permanent --new-ipset=old --type=hash:ip
firewall-cmd --permanent --new-ipset=short --type=hash:ip --option=timeout=600
firewall-cmd --permanent --new-zone=old
firewall-cmd --reload
firewall-cmd --ipset=short --add-entry=198.51.100.66
firewall-cmd --permanent --delete-ipset=old
firewall-cmd --permanent --delete-zone=old
firewall-cmd --permanent --zone=public --set-target=DROP
firewall-cmd --permanent --new-zone=idle
firewall-cmd --permanent --new-zone=new
firewall-cmd --permanent --zone=new --add-source=203.0.113.0/24
firewall-cmd --permanent --new-policy=added"""
DUMP = """
from firewall.client import FirewallClient
client = FirewallClient()
print("default zone", client.getDefaultZone())
print("direct rules", client.getAllChains(), client.getAllRules(), client.getAllPassthroughs())
for kind, names, read in (
    ("zone", client.getZones(), client.getZoneSettings),
    ("policy", client.getPolicies(), client.getPolicySettings),
    ("service", client.listServices(), client.getServiceSettings),
    ("ipset", client.getIPSets(), client.getIPSetSettings),
):
    for name in sorted(names):
        settings = read(name).settings
        items = settings.items() if isinstance(settings, dict) else enumerate(settings)
        print(kind, name, [(key, sorted(value) if isinstance(value, list) else value) for key, value in items])
"""
RUNNING, FAILED = 0, 251  # firewall-cmd(1), exit codes
ATTEMPTS = 100

every_suite = pytest.mark.parametrize("suite", [pytest.param(name, marks=pytest.mark.suite(name)) for name in ("bookworm", "trixie")])


class Firewalld:
    """The daemon on the host under test."""

    def __init__(self, host: FirewallHost) -> None:
        self.host = host
        host.start(["dbus-daemon", "--system", "--nofork", "--nopidfile"])
        host.run(["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0"])  # every rejection is told
        self.start()

    def start(self) -> None:
        self._process: subprocess.Popen[bytes] = self.host.start(["firewalld", "--nofork", "--nopid"])
        for _ in range(150):
            if self.host.run(["firewall-cmd", "--state"], check=False).returncode in (RUNNING, FAILED):
                return
            time.sleep(0.1)
        raise AssertionError("firewalld did not start: " + self.host.file("/var/log/firewalld").read_text())

    def stop(self) -> None:
        self.host.run(["pkill", "-x", "firewalld"])
        self._process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def cmd(self, *arguments: str, check: bool = True) -> str:
        return self.host.run(["firewall-cmd", *arguments], check=check).stdout.strip()

    def table(self) -> str:
        """Which firewalld table the kernel has; a reload makes a new one."""
        listed = self.host.run(["nft", "-a", "list", "table", "inet", "firewalld"]).stdout
        return listed.splitlines()[0].rpartition("handle")[2]

    def runtime(self) -> list[str]:
        """What is in force of everybody but us, iptables included."""
        saved = self.host.run(["sh", "-ec", "iptables-save; ip6tables-save"]).stdout
        tables = [line for line in saved.splitlines() if line.startswith(("*", "-A"))]
        return [line for line in self._dump() if " fedconn" not in line] + tables

    def ours(self) -> list[str]:
        """Our objects in force."""
        return [line for line in self._dump() if line.split()[1].startswith("fedconn")]

    def _dump(self) -> list[str]:
        return self.host.run(["python3", "-I", "-c", DUMP]).stdout.splitlines()

    def files(self) -> dict[str, bytes]:
        root = self.host.file(CONFIGURATION)
        return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else b"" for path in root.rglob("*")}


@pytest.fixture
def firewalld(host: FirewallHost) -> Firewalld:
    return Firewalld(host)


@every_suite
@pytest.mark.parametrize("zone", ["public", "trusted"])
def test_matrix_ports_are_for_their_peers_alone(net: Network, firewalld: Firewalld, suite: str, zone: str) -> None:
    host = net.host
    firewalld.cmd(f"--set-default-zone={zone}")
    firewalld.cmd("--add-port=7002/tcp", "--add-port=8443/tcp")
    other = "open" if zone == "trusted" else "rejected"
    with host.listen("tcp", 22, 5000, 7000, 7001, 7002, 8443, 9000, 9002), host.listen("udp", 53, 51820):
        assert outcomes(net.stranger, "tcp", host, 22, 5000) == both("open", other)
        applied = host.apply(
            policy(
                rule("linksight.north.peer_http.ingress", "8443", "9000-9002", placement="published"),
                rule("linksight.north.vpn.ingress", "51820", protocol="udp", peers=["partners", "partner2"]),
                rule("linksight.north.old.ingress", "7000", peers=["partner_ipv4"]),
                rule("linksight.north.none.ingress", "7001", peers=["nobody"]),
                rule("linksight.north.all.ingress", "7002", peers=["any"]),
                rule("baseline.host.management.ingress", "22", closed_to_others=False),
            )
        )
        assert (applied["changed"], applied["backend"]) == (True, "firewalld")
        assert outcomes(net.partner, "tcp", host, 22, 8443, 9000, 9001, 9002) == both("open", "open", "open", "refused", "open")
        assert outcomes(net.partner2, "tcp", host, 8443, 9001) == both("silent", "silent")
        assert outcomes(net.stranger, "tcp", host, 22, 5000, 8443, 9000, 9002) == both("open", other, "silent", "silent", "silent")
        assert outcomes(net.partner, "tcp", host, 7000, 7001, 7002) == {
            "ipv4": ["open", "silent", "open"],
            "ipv6": ["silent", "silent", "open"],
        }
        assert outcomes(net.stranger, "tcp", host, 7000, 7001, 7002) == both("silent", "silent", "open")
        assert outcomes(net.partner2, "udp", host, 51820) == both("open")
        assert outcomes(net.stranger, "udp", host, 51820) == both("silent")


def test_flow_ids_show_in_firewalls_own_words(host: FirewallHost, firewalld: Firewalld) -> None:
    host.apply(policy(PEER_HTTP, EGRESS))
    service = 'service name="fedconn-linksight-north-peer_http-ingress"'
    assert [line.strip() for line in firewalld.cmd("--info-policy=fedconn-in").splitlines() if "rule " in line] == [
        f'rule priority="-300" family="ipv4" source ipset="fedconn4-partners" {service} accept',
        f'rule priority="-300" family="ipv6" source ipset="fedconn6-partners" {service} accept',
        f'rule priority="-200" {service} drop',
    ]
    assert "  ports: 8443/tcp\n" in firewalld.cmd("--info-service=fedconn-linksight-north-peer_http-egress") + "\n"
    assert "  entries: 2001:db8:1::20" in firewalld.cmd("--info-ipset=fedconn6-partners")
    time.sleep(2)  # as long as the daemon takes to notice files
    assert firewalld.cmd("--permanent", "--info-ipset=fedconn6-partners") == firewalld.cmd("--info-ipset=fedconn6-partners")
    assert firewalld.cmd("--check-config") == "success"


@every_suite
def test_what_others_own_stays_in_place(net: Network, firewalld: Firewalld, suite: str) -> None:
    host = net.host
    for permanent in (["--permanent"], []):
        firewalld.cmd(*permanent, "--add-service=http")
        firewalld.cmd(*permanent, "--add-rich-rule=rule family=ipv4 source address=198.51.100.30 port port=5001 protocol=tcp accept")
    firewalld.cmd("--permanent", "--new-policy=mine")
    firewalld.cmd("--permanent", "--policy=mine", "--add-ingress-zone=ANY")
    firewalld.cmd("--permanent", "--policy=mine", "--add-egress-zone=HOST")
    firewalld.cmd("--permanent", "--new-ipset=friends", "--type=hash:ip")
    firewalld.cmd("--reload")
    firewalld.cmd("--permanent", "--add-port=5004/tcp")
    firewalld.cmd("--add-port=5000/tcp")
    firewalld.cmd("--zone=trusted", "--add-source=198.51.100.21")
    firewalld.cmd("--policy=mine", "--add-port=5002/tcp")
    firewalld.cmd("--ipset=friends", "--add-entry=198.51.100.66")
    firewalld.cmd("--add-rich-rule=rule source ipset=friends port port=5003 protocol=tcp accept")
    if suite == "bookworm":  # firewalld 2 would need the ipset command
        firewalld.cmd(*DIRECT)
    host.run(["sh", "-ec", "iptables -N mine; iptables -A INPUT -j mine; iptables -A mine -p tcp --dport 5006 -j DROP"])
    host.run(["ip6tables", "-A", "INPUT", "-p", "tcp", "--dport", "5006", "-j", "DROP"])
    host.nft("table inet administrator { chain input { type filter hook input priority 0; tcp dport 5007 drop; }; }")
    runtime, files = firewalld.runtime(), firewalld.files()
    with host.listen("tcp", 80, *range(5000, 5005)):
        seen = outcomes(net.stranger, "tcp", host, 80, *range(5000, 5008))
        direct = "silent" if suite == "bookworm" else "rejected"
        assert seen["ipv4"] == ["open", "open", "rejected", "open", "open", "rejected", direct, "silent", "silent"]
        for egress in ("unchanged", "deny"):
            assert host.apply(policy(PEER_HTTP, egress=egress))["changed"]
            assert firewalld.runtime() == runtime
            assert {name: content for name, content in firewalld.files().items() if "fedconn" not in name} == files
            assert outcomes(net.stranger, "tcp", host, 80, *range(5000, 5008)) == seen
        assert host.apply(None)["changed"]
        assert firewalld.ours() == []
        assert (firewalld.runtime(), firewalld.files()) == (runtime, files)
        assert not host.apply(None)["changed"]


@every_suite
def test_egress_is_refused_by_default_only_when_denied(net: Network, firewalld: Firewalld, suite: str) -> None:
    host = net.host
    rules = (EGRESS, rule("linksight.north.vpn.egress", "51820", direction="egress", protocol="udp", peers=["any"]))
    with net.partner.listen("tcp", 443, 8443), net.partner.listen("udp", 53, 51820), net.stranger.listen("tcp", 8443), host.listen(
        "tcp", 22
    ):
        host.apply(policy(*rules))
        assert outcomes(host, "tcp", net.partner, 443, 8443) == both("open", "open")
        host.apply(policy(*rules, egress="deny"))
        host.ip("neighbour flush all")
        assert outcomes(host, "tcp", net.partner, 443, 8443) == both("rejected", "open")
        assert outcomes(host, "udp", net.partner, 53, 51820) == both("rejected", "open")
        assert outcomes(host, "tcp", net.stranger, 8443) == both("rejected")
        assert outcomes(net.stranger, "tcp", host, 22) == both("open")
        assert outcomes(host, "tcp", host, 22) == both("open")
        host.apply(policy(*rules))
        assert outcomes(host, "tcp", net.partner, 443, 8443) == both("open", "open")


@pytest.mark.parametrize("family", ["ipv4", pytest.param("ipv6", marks=pytest.mark.suite("trixie"))])
def test_a_default_of_deny_keeps_the_live_management_connection(net: Network, firewalld: Firewalld, family: str) -> None:
    host, controller = net.host, net.user
    with host.listen("tcp", 22, 80, 8443):
        session = controller.connect(getattr(host, family), 22)
        host.apply(policy(PEER_HTTP, ingress="deny", egress="deny"), ssh=f"{getattr(controller, family)} 50000 {getattr(host, family)} 22")
        host.ip("neighbour flush all")
        session.sendall(b"still here")
        assert session.recv(64) == b"still here"
        session.close()
        other = "ipv6" if family == "ipv4" else "ipv4"
        assert outcomes(controller, "tcp", host, 22, 80) == {family: ["open", "silent"], other: ["silent", "silent"]}
        assert outcomes(net.stranger, "tcp", host, 22) == both("silent")
        assert outcomes(net.partner, "tcp", host, 22, 8443) == both("silent", "open")


@every_suite
def test_everything_outlives_reloads_and_restarts(net: Network, firewalld: Firewalld, suite: str) -> None:
    host = net.host
    declared = policy(PEER_HTTP, EGRESS, egress="deny")
    host.apply(declared)
    ours = firewalld.ours()
    with host.listen("tcp", 8443), net.partner.listen("tcp", 443, 8443):
        for again in (
            lambda: firewalld.cmd("--reload"),
            lambda: firewalld.cmd("--complete-reload"),
            firewalld.restart,
        ):
            again()
            assert firewalld.ours() == ours
            assert outcomes(net.partner, "tcp", host, 8443) == both("open")
            assert outcomes(net.stranger, "tcp", host, 8443) == both("silent")
            assert outcomes(host, "tcp", net.partner, 443, 8443) == both("rejected", "open")
            assert not host.apply(declared)["changed"]


@pytest.mark.suite("trixie")
def test_a_second_run_changes_nothing(host: FirewallHost, firewalld: Firewalld) -> None:
    declared = policy(PEER_HTTP, EGRESS, rule("x.y.all.egress", "53", direction="egress", peers=["any"]), ingress="deny", egress="deny")
    foreseen = host.apply(declared, check=True)
    assert (foreseen["changed"], foreseen.before, firewalld.ours()) == (True, "", [])
    first = host.apply(declared)
    assert first.after == foreseen.after
    table, files = firewalld.table(), firewalld.files()
    for second in (host.apply(declared, check=True), host.apply(declared)):
        assert (second["changed"], second["changes"]) == (False, [])
    assert (firewalld.table(), firewalld.files()) == (table, files)


@every_suite
def test_peers_and_defaults_change_in_place(net: Network, firewalld: Firewalld, suite: str) -> None:
    """Without a reload; a peer that stays is never refused, a stranger never gets in."""
    host = net.host
    host.apply(policy(PEER_HTTP))
    table = firewalld.table()
    partners = ["198.51.100.20/32", "2001:db8:1::20/128"]
    with host.listen("tcp", 8443), attempts(net, 8443) as outcomes_of:
        for peers, default in (
            ([*partners, "198.51.100.21/32", "2001:db8:1::21/128"], "unchanged"),
            (["198.51.100.16/28", "2001:db8:1::/122"], "deny"),
            (partners, "deny"),
            ([*partners, "203.0.113.0/24"], "unchanged"),
        ):
            assert host.apply(policy(PEER_HTTP, ingress=default, egress=default, partners=peers))["changed"]
            assert firewalld.table() == table
    assert set(outcomes_of["partner"]) == {"open"}
    assert set(outcomes_of["stranger"]) == {"silent"}


@contextlib.contextmanager
def attempts(net: Network, port: int) -> t.Iterator[dict[str, list[str]]]:
    """Connect from partner and stranger again and again, at most ATTEMPTS times, quicker than a lost SYN is sent again."""
    stop = threading.Event()
    found: dict[str, list[str]] = {"partner": [], "stranger": []}

    def attempt(name: str) -> None:
        for _ in range(ATTEMPTS):
            for address in net.host.addresses:
                found[name].append(getattr(net, name).probe("tcp", address, port, 0.9))
            if stop.wait(0.05):
                return

    threads = [threading.Thread(target=attempt, args=(name,)) for name in found]
    for thread in threads:
        thread.start()
    yield found
    stop.set()
    for thread in threads:
        thread.join()


def test_an_open_connection_survives(net: Network, firewalld: Firewalld) -> None:
    host = net.host
    host.apply(policy(PEER_HTTP))
    with host.listen("tcp", 8443), net.partner.listen("tcp", 443):
        connections = [net.partner.connect(address, 8443) for address in host.addresses]
        connections += [host.connect(address, 443) for address in net.partner.addresses]
        for declared in (policy(PEER_HTTP, ingress="deny", egress="deny"), policy(ingress="deny", egress="deny"), None):
            host.apply(declared)
            for connection in connections:
                connection.sendall(b"still here")
                assert connection.recv(64) == b"still here"
        for connection in connections:
            connection.close()


DRIFTS = (
    "firewall-cmd --ipset=fedconn4-partners --remove-entry=198.51.100.20",
    "firewall-cmd --ipset=fedconn4-partners --add-entry=198.51.100.66",
    "firewall-cmd --policy=fedconn-in --add-rich-rule='rule priority=-500 port port=8443 protocol=tcp accept'",
    "firewall-cmd --policy=fedconn-in --add-port=1-65535/tcp",
    "firewall-cmd --permanent --policy=fedconn-in --set-priority=100",
    "firewall-cmd --permanent --service=fedconn-linksight-north-peer_http-ingress --add-port=1/tcp; firewall-cmd --reload",
    "firewall-cmd --permanent --delete-policy=fedconn-in; firewall-cmd --reload",
    "rm /etc/firewalld/policies/fedconn-in.xml; firewall-cmd --reload",
    "echo '<!-- federated.connectivity -->' >> /etc/firewalld/ipsets/fedconn4-partners.xml",
)


def test_drift_is_shown_and_mended(net: Network, firewalld: Firewalld) -> None:
    host = net.host
    declared = policy(PEER_HTTP, EGRESS)
    host.apply(declared)
    sound, files = firewalld.ours(), _ours(firewalld)
    for drift in DRIFTS:
        host.run(["sh", "-ec", drift])
        assert (firewalld.ours(), _ours(firewalld)) != (sound, files), drift
        mended = host.apply(declared)
        assert mended["changed"], drift
        assert mended.before != mended.after
        assert (firewalld.ours(), _ours(firewalld)) == (sound, files), drift
    assert not host.apply(declared)["changed"]


def _ours(firewalld: Firewalld) -> dict[str, bytes]:
    return {name: content for name, content in firewalld.files().items() if name.endswith(".xml") and "fedconn" in name}


def test_rules_lost_in_the_kernel_come_back(net: Network, firewalld: Firewalld) -> None:
    host = net.host
    host.apply(policy(PEER_HTTP))
    host.run(["nft", "flush", "ruleset"])
    with host.listen("tcp", 8443):
        assert outcomes(net.stranger, "tcp", host, 8443) == both("open")
        assert host.apply(policy(PEER_HTTP))["changed"]
        assert outcomes(net.stranger, "tcp", host, 8443) == both("silent")


@pytest.mark.suite("trixie")
def test_rules_that_left_the_plan_go(net: Network, firewalld: Firewalld) -> None:
    net.host.apply(policy(PEER_HTTP, rule("linksight.north.peer_grpc.ingress", "9090", peers=["partner2"])))
    assert net.host.apply(policy(PEER_HTTP))["changed"]
    assert not [name for name in firewalld.files() if "peer_grpc" in name or "partner2" in name]
    assert "grpc" not in "".join(firewalld.ours())
    with net.host.listen("tcp", 8443):
        assert outcomes(net.stranger, "tcp", net.host, 8443, 9090) == both("silent", "rejected")


@every_suite
def test_a_published_port_keeps_its_way_to_the_container(net: Network, firewalld: Firewalld, suite: str) -> None:
    """A reload of firewalld 1.3 empties the tables that Docker keeps its rules in."""
    container = net.host.container({8443: 443})
    with container.listen("tcp", 443):
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("open")
        net.host.apply(policy(PUBLISHED_HTTP))
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")


@every_suite
def test_a_failure_takes_everything_back(host: FirewallHost, firewalld: Firewalld, suite: str) -> None:
    firewalld.cmd("--add-port=5000/tcp")
    host.apply(policy(PUBLISHED_HTTP, EGRESS))
    firewalld.cmd("--ipset=fedconn4-partners", "--add-entry=198.51.100.30")
    directory = "/etc/systemd/system/nftables.service.d"
    host.run(["sh", "-ec", f"rm -rf {directory}; touch {directory}"])
    runtime, ours, files = firewalld.runtime(), firewalld.ours(), firewalld.files()
    for declared in (policy(PUBLISHED_HTTP, ingress="deny"), policy(PUBLISHED_HTTP, EGRESS, ingress="deny")):
        with pytest.raises(PolicyFailed, match=r"firewalld is as it was before"):
            host.apply(declared)
        assert (firewalld.runtime(), firewalld.ours(), firewalld.files()) == (runtime, ours, files)


def test_what_a_reload_would_lose_is_refused_before_anything_is_touched(host: FirewallHost, firewalld: Firewalld) -> None:
    host.run(["sh", "-ec", UNFINISHED])
    table, files = firewalld.table(), firewalld.files()
    with pytest.raises(PolicyFailed) as failure:
        host.apply(policy(PEER_HTTP))
    assert [line.split("; run")[0] for line in str(failure.value).splitlines()] == [
        "firewalld: zone old is in force, but has no file; a reload would drop it",
        "firewalld: zone public has target default in force, but DROP in its file; a reload would change it",
        "firewalld: zone new has a file, but is not in force; a reload would activate it",
        "firewalld: policy added has a file, but is not in force; a reload would activate it",
        "firewalld: ipset old is in force, but has no file; a reload would drop it",
        "firewalld: ipset short holds entries that expire; a reload would drop them",
    ]
    assert (firewalld.table(), firewalld.files()) == (table, files)
    firewalld.cmd("--reload")
    assert host.apply(policy(PEER_HTTP))["changed"]


@pytest.mark.suite("trixie")
def test_what_stands_in_the_way_is_named_before_anything_is_touched(host: FirewallHost, firewalld: Firewalld) -> None:
    zone, taken = host.file("/etc/firewalld/zones/broken.xml"), host.file("/etc/firewalld/policies/fedconn-in.xml")
    table, files = firewalld.table(), firewalld.files()
    for obstacle, words, mend in (
        (lambda: zone.write_text("<zone>"), "/etc/firewalld is broken, our files aside", zone.unlink),
        (lambda: taken.write_text("<policy/>"), "policies/fedconn-in.xml is not ours", taken.unlink),
        (lambda: firewalld.cmd("--panic-on"), "'firewall-cmd --panic-off' ends it", lambda: firewalld.cmd("--panic-off")),
    ):
        obstacle()
        with pytest.raises(PolicyFailed, match=words):
            host.apply(policy(PEER_HTTP))
        mend()
        assert (firewalld.table(), firewalld.files()) == (table, files)
    firewalld.stop()
    with pytest.raises(PolicyFailed, match="does not run on this host"):
        host.apply(policy(PEER_HTTP), backend="firewalld")
    zone.write_text("<zone>")
    firewalld.start()
    with pytest.raises(PolicyFailed, match="firewalld is in state FAILED"):
        host.apply(policy(PEER_HTTP))


@pytest.mark.suite("trixie")
@pytest.mark.parametrize("options", [[], ["--permanent"]])
def test_direct_rules_without_the_command_they_need(host: FirewallHost, firewalld: Firewalld, options: list[str]) -> None:
    firewalld.cmd(*options, *DIRECT)
    with pytest.raises(PolicyFailed, match="apt-get install ipset"):
        host.apply(policy(PEER_HTTP))


def test_what_is_left_of_a_stopped_firewalld_goes(host: FirewallHost, firewalld: Firewalld) -> None:
    files = firewalld.files()
    host.apply(policy(PEER_HTTP))
    firewalld.stop()
    assert host.apply(None)["changed"]
    assert firewalld.files() == files
    assert not host.apply(None)["changed"]


def test_another_policy_at_the_very_front_is_named(host: FirewallHost, firewalld: Firewalld) -> None:
    firewalld.cmd("--permanent", "--new-policy=first")
    firewalld.cmd("--permanent", "--policy=first", "--set-priority=-32768")
    firewalld.cmd("--reload")
    assert any("your policy first has" in warning for warning in host.apply(policy(PEER_HTTP)).warnings)


@pytest.mark.suite("trixie")
def test_many_peers(net: Network, firewalld: Firewalld) -> None:
    many = [f"203.0.{i >> 7}.{2 * (i & 127)}" for i in range(500)] + [f"2001:db8:2::{2 * i:x}" for i in range(500)]
    partners = ["198.51.100.20/32", "2001:db8:1::20/128"]
    for peers in (partners, [*partners, *many[::5]], [*partners, *many]):
        assert net.host.apply(policy(PEER_HTTP, partners=peers))["changed"]
    assert not net.host.apply(policy(PEER_HTTP, partners=peers[::-1]))["changed"]
    with net.host.listen("tcp", 8443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")
