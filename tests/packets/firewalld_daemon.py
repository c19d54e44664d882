# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real firewalld on the host under test, and everything it has in force."""

from __future__ import annotations

import subprocess

from firewall_host import FirewallHost
from waiting import until

CONFIGURATION = "/etc/firewalld"
ATTEMPTS = 3
DUMP = """
from firewall.client import FirewallClient
client = FirewallClient()
print("default zone", client.getDefaultZone(), "logged", client.getLogDenied(), "panic", client.queryPanicMode())
for name, value in sorted(client.config().get_properties().items()):
    print("setting", name, value)
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
NAME = "org.fedoraproject.FirewallD1"
STATE = (
    *("dbus-send", "--system", "--print-reply", f"--dest={NAME}", f"/{NAME.replace('.', '/')}"),
    *("org.freedesktop.DBus.Properties.Get", f"string:{NAME}", "string:state"),
)


class Firewalld:
    """The daemon on the host under test."""

    def __init__(self, host: FirewallHost) -> None:
        self.host = host
        host.start(["dbus-daemon", "--system", "--nofork", "--nopidfile"])
        host.run(["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0"])  # every rejection is told
        self.start()

    def start(self) -> None:
        self._process: subprocess.Popen[bytes] = self.host.start(["firewalld", "--nofork", "--nopid"])
        self._wait()

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
        return self.theirs() + tables

    def theirs(self) -> list[str]:
        """What the daemon has in force of everybody but us, its settings included."""
        return [line for line in self._dump() if " fedconn" not in line]

    def ours(self) -> list[str]:
        """Our objects in force."""
        return [line for line in self._dump() if line.split()[1].startswith("fedconn")]

    def _dump(self) -> list[str]:
        """What is in force, read again where the bus was too busy to answer; a daemon that has ended is told with what it said last."""
        for _attempt in range(ATTEMPTS):
            done = self.host.run(["python3", "-I", "-c", DUMP], check=False)
            if done.returncode == 0:
                return done.stdout.splitlines()
            self._wait()
        raise AssertionError(f"firewalld cannot be read: {done.stderr}{self._last_words()}")

    def _wait(self) -> None:
        """Wait until the daemon answers; one that somebody has killed never does."""
        until(lambda: "string" in self.host.run(STATE, check=False).stdout or not self._runs(), lambda: "firewalld: " + self._last_words())
        assert self._runs(), "firewalld has ended: " + self._last_words()

    def _runs(self) -> bool:
        """Whether it runs: the one that we have started, or another one since."""
        return self._process.poll() is None or self.host.run(["pgrep", "-x", "firewalld"], check=False).returncode == 0

    def _last_words(self) -> str:
        """What it wrote last, and the status that the one we have started ended with; None: it runs."""
        return f"status {self._process.poll()}; {self.host.file('/var/log/firewalld').read_text()[-2000:]}"

    def files(self) -> dict[str, bytes]:
        root = self.host.file(CONFIGURATION)
        return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else b"" for path in root.rglob("*")}
