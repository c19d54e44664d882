# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that write into the packet filter beside us: fail2ban, ufw's application profiles, libvirt, br_netfilter."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from firewall_host import FirewallHost, Network, assign_addresses
from firewalls import FIREWALLS
from namespaces import Namespace, both, outcomes
from policies import PEER_HTTP, PUBLISHED_HTTP, policy
from suites import on_suite
from waiting import until

pytestmark = pytest.mark.suite("trixie")

OPEN, CHANGED = policy(PEER_HTTP), policy(PEER_HTTP, egress="deny")
JAIL = """[DEFAULT]
dbfile = None
[station]
enabled = true
backend = polling
logpath = /run/station.log
filter =
failregex = <HOST>
port = 22,8443
banaction = {}
"""
BANS = (
    ("bookworm", "nftables", "iptables-multiport"),
    ("bookworm", "ufw", "iptables-multiport"),
    ("bookworm", "firewalld", "iptables-multiport"),
    ("bookworm", "firewalld", "firewallcmd-multiport"),
    ("trixie", "ufw", "iptables-multiport"),
    ("trixie", "nftables", "nftables"),
    ("trixie", "ufw", "ufw"),
    ("trixie", "firewalld", "nftables"),
)
IN_EVERY_RUN = (("bookworm", "nftables", "iptables-multiport"),)
EMPTIED = [("firewalld", action) for suite, firewall, action in BANS if (suite, firewall) == ("bookworm", "firewalld")]
RELOAD = {"nftables": "nft -f /etc/federated_connectivity/ruleset.nft", "ufw": "ufw reload", "firewalld": "firewall-cmd --reload"}
GUESTS = """<network><name>guests</name><forward mode='route'/><bridge name='virbr7' stp='off'/><dns enable='no'/>
<ip address='203.0.113.193' prefix='28'/><ip family='ipv6' address='2001:db8:7::1' prefix='64'/></network>"""


def answers(host: FirewallHost, *command: str) -> None:
    until(lambda: not host.run(command, check=False).returncode, f"{' '.join(command)} does not succeed")


class Fail2ban:
    """fail2ban's own server with a jail that bans from SSH and from port 8443, and maybe another one."""

    def __init__(self, host: FirewallHost, action: str, another: str = "") -> None:
        self._host = host
        host.run(["sh", "-ec", "rm -f /etc/fail2ban/jail.d/*; mkdir -p /run/fail2ban; : > /run/station.log"])
        host.file("/etc/fail2ban/jail.local").write_text(JAIL.format(action) + another, encoding="ascii")
        host.start(["fail2ban-server", "-f", "start"])
        answers(host, "fail2ban-client", "status", "station")

    def ban(self, *banned: Namespace) -> None:
        self._host.run(["fail2ban-client", "set", "station", "banip", *addresses(banned)])
        until(lambda: not self.opened(*banned), "the bans have no effect")

    def unban(self, *banned: Namespace) -> None:
        self._host.run(["fail2ban-client", "set", "station", "unbanip", *addresses(banned)])
        until(lambda: len(self.opened(*banned)) == 2 * len(banned), "the bans have not ended")

    def opened(self, *members: Namespace) -> list[tuple[str, str, int]]:
        """What the jail's ports let in, but for strangers at 8443: that is not fail2ban's doing."""
        return [
            (member.name, family, port)
            for member in members
            for family, found in outcomes(member, "tcp", self._host, 22, 8443).items()
            for port, outcome in zip((22, 8443), found, strict=True)
            if outcome == "open" and (port == 22) == (member.name == "stranger")
        ]

    def rules(self) -> list[str]:
        """All that fail2ban has in the kernel and in ufw's files, in order, and all that stands with it in iptables' INPUT."""
        listing = "iptables-save -t filter; ip6tables-save -t filter; nft -s list table inet f2b-table; ufw show added"
        lines = self._host.run(["sh", "-c", listing]).stdout.splitlines()
        return [line for line in lines if line.startswith("-A INPUT ") or "f2b" in line or "Fail2Ban" in line or "addr-set" in line]


def addresses(members: t.Iterable[Namespace]) -> list[str]:
    return [address for member in members for address in member.addresses]


@pytest.mark.parametrize(
    ("firewall", "action"),
    [
        on_suite(suite, firewall, action, whole=(suite, firewall, action) not in IN_EVERY_RUN, id=f"{suite}-{firewall}-{action}")
        for suite, firewall, action in BANS
    ],
)
def test_who_is_banned_stays_banned(net: Network, firewall: str, action: str) -> None:
    """A partner from the plan's port, and a stranger from SSH."""
    host, banned = net.host, (net.partner, net.stranger)
    FIREWALLS[firewall](host)
    fail2ban = Fail2ban(host, action)
    with host.listen("tcp", 22, 8443):
        host.apply(OPEN)
        assert len(fail2ban.opened(*banned)) == 4
        fail2ban.ban(*banned)
        rules = fail2ban.rules()
        assert "f2b" in str(rules) or "Fail2Ban" in str(rules)
        for declared in (CHANGED, CHANGED, None, OPEN):
            host.apply(declared)
            assert fail2ban.opened(*banned) == []
            assert fail2ban.rules() == rules
        if (firewall, action) not in EMPTIED:
            host.run(["sh", "-c", RELOAD[firewall]])
            assert fail2ban.opened(*banned) == []
            assert fail2ban.rules() == rules
        assert not host.apply(OPEN)["changed"]
        fail2ban.unban(*banned)
        assert not host.apply(OPEN)["changed"]
        fail2ban.ban(*banned)
        host.apply(None)
        assert fail2ban.opened(*banned) == []
        assert fail2ban.rules() == rules


def test_a_ban_in_a_zone_of_firewalld_does_not_stop_a_partner_and_each_run_says_so(net: Network) -> None:
    host = net.host
    FIREWALLS["firewalld"](host)
    harmless = JAIL[JAIL.index("[station]") :].replace("[station]", "[another]").format("nftables")
    fail2ban = Fail2ban(host, "firewallcmd-rich-rules", harmless)
    said = "fail2ban: your jail station bans by firewallcmd-rich-rules in a zone of firewalld, which does not stop peers of the plan"
    with host.listen("tcp", 22, 8443):
        warnings = str(host.apply(OPEN).warnings)
        assert (said in warnings, "your jail another" in warnings) == (True, False)
        fail2ban.ban(net.stranger)
        host.run(["fail2ban-client", "set", "station", "banip", *net.partner.addresses])
        assert {port for _name, _family, port in fail2ban.opened(net.partner)} == {8443}
        warnings = str(host.apply(CHANGED).warnings)
        assert said in warnings
        assert f'source address="{net.partner.ipv4}" port port="8443"' in warnings
        assert fail2ban.opened(net.stranger) == []


def test_application_profiles_of_ufw_keep_their_place_and_meaning(net: Network) -> None:
    host = net.host
    profile = host.file("/etc/ufw/applications.d/station")
    profile.write_text("[Station]\ntitle=Station\ndescription=Ours\nports=8443,9443/tcp|53/udp\n", encoding="ascii")
    host.run(["sh", "-ec", "ufw allow OpenSSH; ufw allow from 198.51.100.30 to any app Station; ufw --force enable"])
    added = host.run(["ufw", "show", "added"]).stdout

    def theirs() -> list[str]:
        return [line for line in host.run(["ufw", "show", "added"]).stdout.splitlines() if "federated.connectivity" not in line]

    with host.listen("tcp", 8443, 9443, 9444):
        host.apply(OPEN)
        assert theirs() == added.splitlines()
        assert outcomes(net.user, "tcp", host, 8443, 9443, 9444)["ipv4"] == ["silent", "open", "silent"]
        profile.write_text(profile.read_text(encoding="ascii").replace("9443", "9444"), encoding="ascii")
        host.run(["ufw", "app", "update", "Station"])
        host.run(["ufw", "reload"])
        assert not host.apply(OPEN)["changed"]
        assert theirs() == added.splitlines()
        assert outcomes(net.user, "tcp", host, 8443, 9443, 9444)["ipv4"] == ["silent", "silent", "open"]
        assert outcomes(net.partner, "tcp", host, 8443) == both("open")
        host.apply(None)
        assert host.run(["ufw", "show", "added"]).stdout == added


def test_guests_of_libvirt_keep_their_network(net: Network) -> None:
    host = net.host
    host.start(["libvirtd"])
    virsh = ("virsh", "-c", "network:///system")
    answers(host, *virsh, "net-list")
    host.file("/run/guests.xml").write_text(GUESTS, encoding="ascii")
    host.run([*virsh, "net-create", "/run/guests.xml"])
    with contextlib.closing(Namespace("guest", "203.0.113.194", "2001:db8:7::2")) as guest:
        host.ip(f"link add guest master virbr7 type veth peer name eth0 netns {guest.path}", "link set guest up")
        assign_addresses(guest, f"{guest.ipv4}/28", f"{guest.ipv6}/64", "203.0.113.193", "2001:db8:7::1")
        net.partner.ip(f"route add {guest.ipv4} via {host.ipv4}", f"route add {guest.ipv6} via {host.ipv6}")
        with guest.listen("tcp", 80), net.partner.listen("tcp", 80):

            def seen() -> tuple[object, ...]:
                ways = outcomes(guest, "tcp", net.partner, 80), outcomes(net.partner, "tcp", guest, 80)
                listing = (
                    "nft -s list table ip libvirt_network; nft -s list table ip6 libvirt_network; iptables-save -t filter | grep LIBVIRT"
                )
                return (*ways, host.run(["sh", "-c", listing], check=False).stdout)

            before = seen()
            assert before[0] == both("open")
            for declared in (policy(PUBLISHED_HTTP), policy(PUBLISHED_HTTP, ingress="deny", egress="deny"), None):
                assert host.apply(declared)["changed"]
                assert seen() == before


def test_packets_that_a_bridge_hands_to_the_filter(net: Network) -> None:
    """br_netfilter: what containers of one bridge say to each other passes the guard under deny, a stranger does not."""
    host = net.host
    host.run(["sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1", "net.bridge.bridge-nf-call-ip6tables=1"])
    web = host.container({8443: 443})
    with contextlib.closing(Namespace("other", "203.0.113.20", "2001:db8:17:1::4")) as other:
        host.ip(f"link add other master docker0 type veth peer name eth0 netns {other.path}", "link set other up")
        assign_addresses(other, f"{other.ipv4}/28", f"{other.ipv6}/64", "203.0.113.17", "2001:db8:17:1::1")
        host.apply(policy(PUBLISHED_HTTP, ingress="deny", egress="deny"))
        with web.listen("tcp", 443, 80):
            assert outcomes(other, "tcp", web, 443, 80) == both("open", "open")
            assert outcomes(net.partner, "tcp", host, 8443) == both("open")
            assert outcomes(net.stranger, "tcp", host, 8443) == both("silent")
