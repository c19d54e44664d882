# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""COINSTAC's transport: a real broker with MQTT over TLS on port 80 and WebSocket over TLS on port 443, and clients that exchange messages.

COINSTAC itself needs containers on each host and is not run.
"""

from __future__ import annotations

import pathlib
import time

from authority import Authority
from federation import Federation, Member, Process
from software import HOME

MATRIX, PACKAGE, VERSION = "coinstac", "mosquitto of Debian 12, for COINSTAC", "6.9.8"
JOB = "The transport alone: numbers of two clients reach the remote by the broker, and their sum reaches both clients"
SECONDS = 300  # what a job may take on a busy machine
HERE, FILES = pathlib.Path(__file__).parent, "/root/coinstac"
TRANSPORTS = {"mqtts": ("tcp", "80"), "websocket": ("websockets", "443")}
RESULT = "FEDERATED RESULT 42"
BROKER = f"""\
user root
allow_anonymous true
listener 1883 127.0.0.1
listener 80
certfile {FILES}/host.crt
keyfile {FILES}/host.key
listener 443
protocol websockets
certfile {FILES}/host.crt
keyfile {FILES}/host.key
"""


def _arrangement(transport: str) -> dict[str, Member]:
    client = Member(("client",), {"mqtt_transport": transport})
    return {"remote": Member(("remote",)), "site1": client, "site2": client}


ARRANGEMENTS = {"MQTT over TLS": _arrangement("mqtts"), "WebSocket": _arrangement("websocket")}


class System:
    """One transport of COINSTAC."""

    SECONDS = SECONDS

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self.said = ""
        self._sites: list[Process] = []
        self._transport = TRANSPORTS[str(federation.members["site1"].options["mqtt_transport"])]
        authority = Authority(federation.directory / "authority")
        certificate, key = authority.sign(federation.name("remote"), federation.hosts["remote"].addresses)
        for name, content in (("host.crt", certificate), ("host.key", key), ("broker.conf", BROKER)):
            federation.write("remote", f"{FILES}/{name}", content)
        for host in federation.hosts:
            federation.write(host, f"{FILES}/ca.crt", authority.certificate)
            federation.write(host, f"{FILES}/messages.py", (HERE / "messages.py").read_bytes())

    def start(self) -> None:
        """Start the broker, the remote's end and the clients."""
        messages = [f"{HOME}/bin/python3", "-u", f"{FILES}/messages.py"]
        self._federation.start("remote", ["/usr/sbin/mosquitto", "-c", f"{FILES}/broker.conf"])
        self._federation.start("remote", [*messages, "remote", "127.0.0.1", "1883"])
        transport, port = self._transport
        server = self._federation.name("remote")
        self._sites = [
            self._federation.start(site, [*messages, "client", server, port, transport, f"{FILES}/ca.crt", site, number])
            for site, number in (("site1", "20"), ("site2", "22"))
        ]

    def job(self, seconds: int) -> bool:
        """Wait until both clients have the sum."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and any(site.popen.poll() is None for site in self._sites):
            time.sleep(0.2)
        texts = [site.log.read_text("utf-8", "replace") for site in self._sites]
        self.said = "\n".join(texts)
        return all(RESULT in text for text in texts)
