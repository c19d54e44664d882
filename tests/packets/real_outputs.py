# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what the tools of each Debian release really print, as seeds of the tests that draw configurations of others.

    sudo .venv/bin/python tests/packets/real_outputs.py

Each file is named after the tool, its version and the release. A file that is there is written again. Tables of the kernel
(``proc-tcp``) are those of this machine's kernel, which all releases share here.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import subprocess
import typing as t

from firewall_host import FirewallHost, Network, network
from firewalld_daemon import Firewalld
from namespaces import Namespace

from ansible_collections.federated.connectivity.molecule.lab.rootfs import RELEASES, rootfs

PLACE = pathlib.Path(__file__).parents[1] / "unit" / "real_outputs"
RULES = (
    "-N MINE",
    "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    '-A INPUT -p tcp -m multiport --dports 22,8000:9000 -m comment --comment "it is \\"mine\\"" -j ACCEPT',
    "-A INPUT -p tcp ! --syn -m limit --limit 1/min -j LOG --log-prefix odd",
    "-A INPUT -m recent --name visitors --set -j MINE",
    "-A OUTPUT -m owner --uid-owner 0 -j RETURN",
    "-A MINE -p udp --dport 53 -j DROP",
)
NFT = """table inet mine {
    set office { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, 198.51.100.7 }; }
    set late { type ipv6_addr; flags timeout; elements = { 2001:db8::7 timeout 1d }; }
    map ports { type inet_service : verdict; elements = { 22 : accept, 8443 : drop }; }
    chain input {
        type filter hook input priority 5; policy accept;
        ct state established,related accept
        iifname "lo" accept
        ip saddr @office tcp dport { 80, 443, 8000-8010 } counter accept
        tcp dport vmap @ports
        meta l4proto udp udp dport 53 limit rate 5/second log prefix "it's mine " drop
    }
    chain leaving { type filter hook output priority 0; meta skuid 0 accept; ip6 daddr 2001:db8::/32 reject; }
}
table inet off { flags dormant; chain i { type filter hook input priority 0; policy drop; }; }
table ip raw { chain prerouting { type filter hook prerouting priority raw; udp dport 53 notrack; }; }
"""
UFW = (
    "allow 22/tcp",
    "allow from 203.0.113.0/24 to any port 8443 proto tcp comment 'it is mine'",
    "limit 2222/tcp",
    "deny from 192.0.2.9",
    "allow out 53",
)
FIREWALLD = (
    "--add-port=8000-8010/tcp",
    "--add-service=samba",
    "--add-protocol=igmp",
    '--add-rich-rule=rule family="ipv4" source address="198.51.100.66" port port="22" protocol="tcp" reject',
    '--add-rich-rule=rule family="ipv6" source address="2001:db8:9::/48" service name="https" log prefix="x" level="info" accept',
)
SETTINGS = """
import json
from firewall.client import FirewallClient
client = FirewallClient()
zone, service = client.getZoneSettings("public"), client.getServiceSettings("samba")
print(json.dumps({"zone": zone.getSettingsDict(), "service": service.getSettingsDict()}))
"""
TABLES = ("tcp", "tcp6", "udp", "udp6", "fib_trie", "if_inet6", "nf_conntrack")
CLIENT = """
import socket, sys
tcp = socket.create_connection((sys.argv[1], int(sys.argv[2])))
udp = socket.socket(tcp.family, socket.SOCK_DGRAM)
udp.connect(tcp.getpeername())
udp.send(b"x")
print("connected", flush=True)
sys.stdin.read()
"""
JAIL = "[DEFAULT]\nbackend = polling\n[own]\nenabled = true\nlogpath = /var/log/own.log\nfilter = sshd\nport = 22\nbanaction = nftables\n"


class Written(t.NamedTuple):
    """What a tool printed: the tool, its version, and the text."""

    tool: str
    version: str
    text: str


def version(host: FirewallHost, *command: str) -> str:
    found = re.search(r"\d+(\.\d+)+", host.run(list(command)).stdout)
    assert found, command
    return found[0]


def of_kernel() -> t.Iterator[Written]:
    """What the kernel shows in /proc/net of a host that listens, is connected and tracks connections, on both families."""
    with network(rootfs("trixie")) as net, connected(net):
        for table in TABLES:
            yield Written("proc-" + table, version(net.host, "uname", "-r"), net.host.run(["cat", f"/proc/net/{table}"]).stdout)


@contextlib.contextmanager
def connected(net: Network) -> t.Iterator[None]:
    """The host has sockets that listen, open connections both ways and half-open ones, all of them tracked."""
    host, partner = net.host, net.partner
    host.nft("table inet watched { chain input { type filter hook input priority 0; ct state new counter accept; }; }")
    with contextlib.ExitStack() as stack:
        for number, member in enumerate((host, partner)):
            for port in (8443, 9090)[number:]:
                stack.enter_context(member.listen("tcp", port))
                stack.enter_context(member.listen("udp", port))
        for one, other, port in ((partner, host, 8443), (host, partner, 9090)):
            for address in (other.ipv4, other.ipv6):
                stack.enter_context(kept_open(one, address, port))
        yield


@contextlib.contextmanager
def kept_open(member: Namespace, address: str, port: int) -> t.Iterator[None]:
    """A TCP connection and a UDP socket of a host to another one."""
    command = ["python3", "-c", CLIENT, address, str(port)]
    with subprocess.Popen([*member.enter(), *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "connected\n"
        yield
        client.kill()


def of_release(suite: str) -> t.Iterator[Written]:
    """What the tools of a release print, on a fresh host for each firewall."""
    with network(rootfs(suite)) as net:
        host = net.host
        for tool in ("iptables", "ip6tables"):
            for rule in RULES:
                host.run(["sh", "-ec", f"{tool} {rule}"])
            yield Written(f"{tool}-save", version(host, tool, "--version"), host.run([f"{tool}-save"]).stdout)
            host.run(["sh", "-ec", f"{tool} -F; {tool} -X"])
        host.nft("flush ruleset")
        host.nft(NFT)
        yield Written("nft-j", version(host, "nft", "--version"), host.run(["nft", "-j", "list", "ruleset"]).stdout)
        yield Written("nft", version(host, "nft", "--version"), host.run(["nft", "-a", "-s", "list", "ruleset"]).stdout)
        host.container({8443: 8443})
        yield Written("ip-json", version(host, "ip", "-V"), host.run(["ip", "-json", "address", "show"]).stdout)
        yield from _fail2ban(host)
    with network(rootfs(suite)) as net, connected(net):
        host = net.host
        yield Written("conntrack", version(host, "conntrack", "--version"), host.run(["conntrack", "-L", "-o", "extended"]).stdout)
    with network(rootfs(suite)) as net:
        host = net.host
        host.run(["sh", "-ec", "ufw allow 22/tcp; ufw --force enable; " + "; ".join(f"ufw {words}" for words in UFW)])
        number = version(host, "ufw", "version")
        for name in ("user.rules", "user6.rules"):
            yield Written(f"ufw-{name}", number, host.file(f"/etc/ufw/{name}").read_text(encoding="utf-8"))
        yield Written("ufw-iptables-save", number, host.run(["iptables-save", "-t", "filter"]).stdout)
    with network(rootfs(suite)) as net:
        firewalld = Firewalld(net.host)
        for words in FIREWALLD:
            firewalld.cmd(words)
        yield Written(
            "firewalld-dbus", version(net.host, "firewall-cmd", "--version"), net.host.run(["python3", "-"], input=SETTINGS).stdout
        )


def _fail2ban(host: FirewallHost) -> t.Iterator[Written]:
    host.file("/etc/fail2ban/jail.local").write_text(JAIL, encoding="utf-8")
    host.run(["sh", "-ec", "rm -f /etc/fail2ban/jail.d/*; mkdir -p /run/fail2ban; touch /var/log/own.log; fail2ban-client start"])
    number = version(host, "fail2ban-client", "--version")
    yield Written("fail2ban-status", number, host.run(["fail2ban-client", "status"]).stdout)
    yield Written("fail2ban-actions", number, host.run(["fail2ban-client", "get", "own", "actions"]).stdout)


def main() -> None:
    PLACE.mkdir(exist_ok=True)
    for suite in ("kernel", *RELEASES):
        for tool, number, text in of_kernel() if suite == "kernel" else of_release(suite):
            if text.startswith(("{", "[")):
                text = json.dumps(json.loads(text), indent=None) + "\n"
            text = re.sub(r"(?m)^(# (?:Generated|Completed).*?) on .*$", r"\1", text)  # the day is nothing that a tool decides
            (PLACE / f"{tool}_{number}_{suite}.txt").write_text(text, encoding="utf-8")
            print(f"{tool} {number} of {suite}: {len(text)} characters")


if __name__ == "__main__":
    main()
