# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real name service on the host under test."""

from __future__ import annotations

import subprocess

from firewall_host import FirewallHost
from waiting import until

NAME = "registry.example.org"


class NameServer:
    """dnsmasq on the host's loopback; it knows one name."""

    def __init__(self, host: FirewallHost) -> None:
        self._host = host
        self._process: subprocess.Popen[bytes] | None = None
        host.file("/etc/resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")

    def answer(self, *addresses: str) -> None:
        self.stop()
        self._host.file("/tmp/names").write_text("".join(f"{address} {NAME}\n" for address in addresses))
        options = ("--keep-in-foreground", "--user=root", "--no-resolv", "--no-hosts", "--local=/#/", "--pid-file=")
        listen = (
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            "--addn-hosts=/tmp/names",
            "--host-record=ready.example.org,203.0.113.1",
        )
        self._process = self._host.start(["dnsmasq", *options, *listen])
        ready = ("getent", "ahosts", "ready.example.org")
        until(lambda: self._host.run(ready, check=False).returncode == 0, "dnsmasq does not answer")

    def stop(self) -> None:
        if self._process:
            self._host.run(["pkill", "-x", "dnsmasq"], check=False)
            self._process.wait()
            self._process = None
