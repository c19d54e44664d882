# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configurations of other people, drawn from a number: rules, tables, chains, files, links and modes; and all of it as it is on a host."""

from __future__ import annotations

import random
import stat
import subprocess
import typing as t

from firewall_host import FirewallHost
from firewalld_daemon import Firewalld

FIREWALLS = ("nftables", "ufw", "firewalld")
_SOURCES = ("198.51.100.66", "203.0.113.0/24", "192.0.2.7", "10.0.0.1/255.0.255.0", "198.51.100.20")
_COMMENTS = ("mine", "it's", '"quoted" \\ text', "-j DROP", "für das Büro", "\u2028-A INPUT -j DROP", "\x1b[31m")
_SEEN_ELSEWHERE = ("table inet federated_connectivity", "table inet firewalld", "table ip filter", "table ip6 filter")
_DROP_INS = "/etc/systemd/system/nftables.service.d"
NEW = ["-m", "conntrack", "--ctstate", "NEW"]
_CHAINS = ("INPUT", "OUTPUT", "FORWARD", "MINE")
_SET = "set s { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 }; }"
_MAP = "tcp dport vmap { 8443 : accept, 9 : drop }"
_NFT = (
    f"table inet lan {{ chain i {{ type filter hook input priority 5; tcp dport {{ 2222, 3333 }} accept; {_MAP}; }}; }}",
    f"table ip mine {{ {_SET}; chain i {{ type filter hook input priority 1; ip saddr @s drop; }}; }}",
    "table arp z { chain i { type filter hook input priority 0; policy drop; arp operation request accept; }; }",
    "table inet off { flags dormant; chain i { type filter hook input priority 0; policy drop; }; }",
    "table bridge b { chain f { type filter hook forward priority 0; ether type arp accept; }; }",
    "table inet t { chain p { type filter hook prerouting priority raw; udp dport 53 notrack; }; }",
    "table ip6 six { chain o { type filter hook output priority 0; meta mark 5 counter accept; meta skuid 0 accept; }; }",
    "table netdev n { chain i { type filter hook ingress device lo priority 0; ip protocol 47 drop; }; }",
)
_UFW = (
    "allow 22/tcp",
    "allow from 203.0.113.0/24 to any port 8443 proto tcp",
    "limit 2222/tcp",
    "deny from 192.0.2.9",
    "allow out 53",
    "prepend deny from 198.51.100.66",
    "allow in on eth0 to any port 5353 proto udp comment 'it is mine'",
    "route allow in on eth0 out on eth1",
)
_FIREWALLD = (
    "--add-port=http/tcp",
    "--add-service=samba",
    '--add-rich-rule=rule family="ipv4" source address="198.51.100.66" port port="ssh" protocol="tcp" reject',
    "--add-rich-rule=rule protocol value=gre accept",
    '--add-rich-rule=rule family="ipv6" source address="2001:db8:9::/48" service name="https" log prefix="x" level="info" accept',
    "--zone=drop --add-source=192.0.2.0/24",
    "--add-protocol=igmp",
    "--add-source-port=68/udp",
)
# Of firewalld.conf(5). The releases know different ones, and keep in the file what they do not know.
_SETTINGS = {
    "DefaultZone": ("public", "home", "internal"),
    "CleanupOnExit": ("yes", "no"),
    "IPv6_rpfilter": ("yes", "no"),
    "IndividualCalls": ("no", "yes"),
    "LogDenied": ("off", "all", "unicast"),
    "FlushAllOnReload": ("yes", "no"),
    "RFC3964_IPv4": ("yes", "no"),
    "AllowZoneDrifting": ("no", "yes"),
    "AutomaticHelpers": ("system", "no"),
    "NftablesCounters": ("no", "yes"),
    "NftablesTableOwner": ("yes", "no"),
    "StrictForwardPorts": ("no", "yes"),
    "ReloadPolicy": ("INPUT:DROP,FORWARD:DROP,OUTPUT:DROP", "ACCEPT", "DROP"),
    "OfSomebody": ("5",),
}


def leave(host: FirewallHost, firewall: str, number: int) -> t.Callable[[], Theirs]:
    """Let an administrator leave something on the host, the same for the same number; what then says what is there of everybody."""
    draw = random.Random(number)
    daemon: Firewalld | None = None
    if firewall == "ufw":
        host.run(["sh", "-ec", "ufw allow 22/tcp; ufw --force enable"])
        host.run(["sh", "-c", "\n".join(f"ufw {command}" for command in _some(draw, _UFW))])
    if firewall == "firewalld":
        _settings(host, draw)
        daemon = Firewalld(host)
        for words in _some(draw, _FIREWALLD):
            for where in (["--permanent"], [])[: draw.randint(1, 2)]:
                daemon.cmd(*where, *words.split(" ", 1 if words.startswith("--zone") else 0))
        daemon.cmd("--reload")
    for tool in ("iptables", "ip6tables"):
        subprocess.run([*host.enter(), tool, "-N", "MINE"], check=True)
        for _ in range(draw.randint(0, 5)):
            subprocess.run([*host.enter(), tool, *_rule(draw, firewall, tool)], check=False, capture_output=True)
    for text in _some(draw, _NFT):
        host.nft(text)
    _files(host, draw, firewall)
    return lambda: seen(host, daemon)


def _settings(host: FirewallHost, draw: random.Random) -> None:
    path = host.file("/etc/firewalld/firewalld.conf")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if draw.random() < 0.9]
    lines += [f"{draw.choice(('', '# für uns' + chr(10)))}{name}={draw.choice(values)}\n" for name, values in _drawn(draw)]
    path.write_text("".join(lines), encoding="utf-8")
    path.chmod(draw.choice((0o644, 0o600)))


def _drawn(draw: random.Random) -> list[tuple[str, tuple[str, ...]]]:
    return draw.sample(sorted(_SETTINGS.items()), draw.randint(0, 6))


def _some(draw: random.Random, each: t.Sequence[str]) -> list[str]:
    return draw.sample(each, draw.randint(0, min(4, len(each))))


def _rule(draw: random.Random, firewall: str, tool: str) -> list[bytes]:
    chains = _CHAINS
    if firewall == "ufw":
        prefix = "ufw" if tool == "iptables" else "ufw6"
        chains = (*_CHAINS, f"{prefix}-user-input", f"{prefix}-user-input", f"{prefix}-user-output", f"{prefix}-before-input")
    words = [draw.choice(("-A", "-I")), draw.choice(chains)]
    if tool == "iptables" and draw.random() < 0.6:
        words += ["-s", draw.choice(_SOURCES)]
    if draw.random() < 0.6:
        words += ["-p", "tcp", *draw.choice((["--dport", "8443"], ["-m", "multiport", "--dports", "22,8000:9000"], ["!", "--syn"]))]
    words += draw.choice(
        ([], ["-m", "limit", "--limit", "1/min"], ["-m", "recent", "--name", "o'hara", "--set"], ["-m", "conntrack", "--ctstate", "NEW"])
    )
    words += ["-j", draw.choice(("ACCEPT", "DROP", "RETURN", "LOG", "MINE" if words[1] != "MINE" else "DROP"))]
    comment = draw.choice(_COMMENTS).encode(draw.choice(("utf-8", "latin-1")), "replace")
    return [*map(str.encode, words), *([b"-m", b"comment", b"--comment", comment] if draw.random() < 0.5 else [])]


def _files(host: FirewallHost, draw: random.Random, firewall: str) -> None:
    host.file("/etc/nftables.conf").write_bytes(draw.choice((b"", b"#!/usr/sbin/nft -f\n# f\xfcr uns\n", b"flush ruleset\n")))
    commands = [
        "chmod 600 /etc/nftables.conf",
        f"mkdir -p {_DROP_INS}; printf '[Unit]\\n# f\\374r uns\\n' > {_DROP_INS}/own.conf",
        f"mkdir -m 700 -p {_DROP_INS}",
    ]
    if firewall == "ufw":
        commands += [
            "mkdir -p /persist; mv /etc/ufw/user.rules /persist/; ln -s /persist/user.rules /etc/ufw/user.rules",
            "chmod 600 /etc/ufw/user6.rules; chmod 750 /etc/ufw",
            "printf '# f\\374r das B\\374ro\\n' >> /etc/ufw/before.rules",
        ]
    for command in _some(draw, commands):
        host.run(["sh", "-ec", command])


class Theirs(t.NamedTuple):
    """What is there of everybody: rules by chain and table, in order, and what firewalld has in force, its settings among them;
    files with mode, owner and content or target."""

    rules: dict[str, list[str]]
    files: dict[str, tuple[int, int, bytes]]


def seen(host: FirewallHost, daemon: Firewalld | None) -> Theirs:
    """Everything but our own table and our own files."""
    rules: dict[str, list[str]] = {"firewalld": daemon.theirs()} if daemon else {}
    for tool in ("iptables", "ip6tables"):
        table = ""
        for line in _bytes(host, f"{tool}-save").split("\n"):
            table = line if line.startswith("*") else table
            if line.startswith("-A "):
                rules.setdefault(f"{tool} {table} {line.split(' ', 2)[1]}", []).append(line)
    heading = ""
    for line in _bytes(host, "nft", "-s", "list", "ruleset").split("\n"):
        heading = line if line.startswith("table ") else heading
        if heading and line and not heading.startswith(_SEEN_ELSEWHERE):
            rules.setdefault(heading, []).append(line)
    files = {}
    for root in ("/etc/ufw", "/persist", "/etc/nftables.conf", "/etc/systemd/system", "/etc/firewalld"):
        start = host.file(root)
        for path in (start, *start.rglob("*")) if start.exists() else ():
            status = path.lstat()
            content = b"" if path.is_dir() else bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
            files[f"{root}/{path.relative_to(start)}"] = (stat.S_IMODE(status.st_mode), status.st_uid, content)
    return Theirs(rules, files)


def _bytes(host: FirewallHost, *command: str) -> str:
    done = subprocess.run([*host.enter(), *command], check=True, capture_output=True)
    return done.stdout.decode("utf-8", "surrogateescape")


def lost(before: Theirs, after: Theirs) -> list[str]:
    """What is no longer there as it was: a rule that is gone or has another place among the others, a file that is another."""
    found = [f"{chain}: {line}" for chain, lines in before.rules.items() for line in _missing(lines, after.rules.get(chain, []))]
    for path, (mode, owner, content) in before.files.items():
        now = after.files.get(path)
        if now is None or now[:2] != (mode, owner):
            found.append(f"{path}: mode {mode:o}, owner {owner} became {now and now[:2]}")
        elif now[2] != content and _missing(content.split(b"\n"), now[2].split(b"\n")):
            found.append(f"{path}: its lines are other ones")
    return found


def _missing(lines: t.Sequence[t.Any], now: t.Sequence[t.Any]) -> list[t.Any]:
    """The first of some lines that do not stand in the others in the same order."""
    rest = iter(now)
    return [line for line in lines if not any(line == other for other in rest)][:1]
