# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts with configurations of unusual form: theirs stay as they are, nothing is said twice, and ours leaves nothing behind."""

from __future__ import annotations

import pytest
from drawn_hosts import lost, seen
from firewall_host import FirewallHost
from firewalld_daemon import Firewalld
from policies import PEER_HTTP, policy, rule
from suites import on_suite

OBJECTS = r"""nft -f - <<'END'
table inet vendor {
  counter cc { comment "it's x" }
  quota q { over 10 mbytes }
  limit lim { rate 5/second }
  ct helper ftp-h { type "ftp" protocol tcp; l3proto inet; }
  ct timeout to { protocol tcp; l3proto ip; policy = { established: 100 }; }
  synproxy sp { mss 1460; wscale 7; timestamp sack-perm }
  map m { type ipv4_addr . inet_service : verdict; flags interval; elements = { 192.0.2.0/24 . 22-30 : drop }; }
  set dyn { type ipv4_addr . inet_service; flags dynamic,timeout; timeout 1m; }
  set sc { typeof meta iifname . ip saddr; elements = { "eth0" . 192.0.2.1 }; }
  chain i { type filter hook input priority -5; policy accept;
    add @dyn { ip saddr . tcp dport limit rate over 10/minute } drop
    iifname . ip saddr @sc accept
    tcp dport 8443 ct count over 20 drop
    fib daddr . iif type != { local, broadcast, multicast } drop
    meta hour "10:00"-"11:00" drop
    ip saddr . tcp dport vmap @m
    meta l4proto tcp @th,16,16 4444 drop
    tcp dport 4445 numgen random mod 2 vmap { 0 : accept, 1 : drop }
  }
}
END
"""
JUMPS = r"""nft -f - <<'END'
table inet policies {
  chain x_y { ip saddr 198.51.100.20 counter drop comment "a ' b # handle 7"; }
  chain accept_drop { type filter hook input priority 0; tcp dport 8443 goto x_y; }
}
table ip nat2 { chain i { type nat hook prerouting priority -100; tcp dport 8444 redirect to :8443; }; }
END
"""
IPTABLES = r"""
iptables -N "it's"
iptables -A "it's" -m comment --comment '"; -j DROP #' -j RETURN
iptables -A INPUT -j "it's"
iptables -A INPUT -p tcp -m tcp --dport 8443 -m string --string 'GET "/x" HTTP' --algo bm -j DROP
iptables -A INPUT -p tcp -m multiport --ports 8443,9000:9001 -j DROP
iptables -A INPUT -m iprange --src-range 198.51.100.18-198.51.100.22 -p tcp --dport 8443 -j DROP
ip6tables -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 137 -j DROP
iptables -P FORWARD DROP
iptables -t raw -A PREROUTING -p udp --dport 53 -j CT --notrack
"""
LINKS = r"""
umask 077
mkdir -p /persist/systemd
mv /etc/systemd/system /persist/systemd/
ln -s /persist/systemd/system /etc/systemd/system
mkdir -p /etc/systemd/system/nftables.service.d
: > /etc/nftables.conf
chmod 0 /etc/nftables.conf
: > /etc/systemd/system/nftables.service.d/empty.conf
ln -s /nowhere /etc/systemd/system/nftables.service.d/gone.conf
"""
PROFILES = r"""
printf '[B\303\274ro Web]\ntitle=x\ndescription=f\303\274r\nports=80,443/tcp|8443/tcp|9000:9010/udp\n' > /etc/ufw/applications.d/own
ufw allow 22/tcp
ufw --force enable
ufw allow 'Büro Web' || true
ufw route allow in on eth0 out on docker0 to 10.0.0.0/8 port 8443 proto tcp
ufw route deny from 198.51.100.20
ufw limit in on eth0 to any port 8443 proto tcp
ufw allow proto esp from 192.0.2.1
ufw allow log-all 2222/tcp
ufw default reject outgoing
ufw allow out 53
"""
USER_CHAINS = r"""
ufw allow 22/tcp
ufw --force enable
iptables -N ufw-user-mine
iptables -A ufw-user-mine -j DROP
iptables -I ufw-user-input 1 -s 192.0.2.0/24 -j ufw-user-mine
iptables -I ufw-user-forward -j ACCEPT
iptables -I ufw-user-limit -j RETURN
iptables -A INPUT -p tcp --dport 8443 -j ACCEPT
ip6tables -I ufw6-user-input -s 2001:db8:1::66 -m comment --comment $'l\xe4tin' -j DROP
"""
ZONES = r"""
umask 077
mkdir -p /persist
mv /etc/firewalld/zones /persist/
ln -s /persist/zones /etc/firewalld/zones
cp /usr/lib/firewalld/zones/public.xml /persist/zones/
chmod 600 /persist/zones/public.xml
chmod 700 /etc/firewalld
"""
GRPC = rule("linksight.north.peer_grpc.ingress", "9090", peers=["partner2"])


@pytest.mark.parametrize(
    ("firewall", "script"),
    [
        on_suite("trixie", "nftables", OBJECTS, id="objects"),
        on_suite("trixie", "nftables", JUMPS, whole=True, id="jumps"),
        on_suite("bookworm", "nftables", IPTABLES, whole=True, id="iptables"),
        on_suite("bookworm", "nftables", LINKS, id="links"),
        on_suite("trixie", "ufw", PROFILES, id="profiles"),
        on_suite("bookworm", "ufw", USER_CHAINS, whole=True, id="user-chains"),
        on_suite("trixie", "firewalld", ZONES, whole=True, id="zones"),
    ],
)
def test_odd_configurations_of_others_survive(host: FirewallHost, firewall: str, script: str) -> None:
    host.run(["bash", "-ec", script])
    daemon = Firewalld(host) if firewall == "firewalld" else None
    before = seen(host, daemon)
    for declared in (policy(PEER_HTTP), policy(PEER_HTTP, GRPC, ingress="deny", egress="deny")):
        outcome = host.apply(declared)
        assert outcome["backend"] == firewall
        assert len(outcome.warnings) == len(set(outcome.warnings))
        assert lost(before, seen(host, daemon)) == []
        assert not host.apply(declared)["changed"]
    assert host.apply(None)["changed"]
    assert seen(host, daemon) == before
