# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Flower: a SuperLink, two SuperNodes and a user, with TLS as "Enable TLS connections" of its documentation has it."""

from __future__ import annotations

import pathlib
import time

from authority import Authority
from federation import Federation, Member
from software import HOME

MATRIX, PACKAGE, VERSION = "flower", "flwr", "1.42.0"
JOB = "A round of federated averaging over two SuperNodes, started by the flwr command"
SECONDS = 1800  # what a job may take on a busy machine
ASSUMED = {"app_packages": "disabled"}
SITES = {"site1": Member(("supernode",)), "site2": Member(("supernode",))}
USER = Member(network="users")
ARRANGEMENTS: dict[str, dict[str, Member]] = {
    "one host for each role": {"server": Member(("superlink",), ASSUMED), **SITES, "user": USER},
    "apps as processes on hosts of their own": {
        "server": Member(("superlink",), {**ASSUMED, "isolation": "process"}),
        "server_apps": Member(("serverapp",), {**ASSUMED}),
        "site1": Member(("supernode",), {"isolation": "process"}),
        "site1_apps": Member(("clientapp",)),
        "site2": Member(("supernode",)),
        "user": USER,
    },
    "all roles on one host": {"everything": Member(("superlink", "supernode"), ASSUMED), "user": USER},
}
FILES, APP = "/root/flower", pathlib.Path(__file__).with_name("app")
RESULT = "FEDERATED RESULT [1.0, 1.0, 1.0, 1.0]"


class System:
    """One arrangement of Flower."""

    SECONDS = SECONDS

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self._server = self._host_with("superlink")
        self._prepare()

    def _host_with(self, role: str) -> str:
        return next(name for name, member in self._federation.members.items() if role in member.roles)

    def _prepare(self) -> None:
        federation, authority = self._federation, Authority(self._federation.directory / "authority")
        for name, member in federation.members.items():
            federation.write(name, f"{FILES}/ca.crt", authority.certificate)
            if member.roles:
                certificate, key = authority.sign(federation.name(name), federation.hosts[name].addresses)
                federation.write(name, f"{FILES}/host.crt", certificate)
                federation.write(name, f"{FILES}/host.key", key)
                federation.write(name, f"{FILES}/secret", b"secret-of-superexec-of-32-bytes!")
        federation.copy("user", APP, f"{FILES}/app")
        federation.write(
            "user",
            "/root/.flwr/config.toml",
            f'[superlink]\ndefault = "real"\n\n[superlink.real]\naddress = "{federation.name(self._server)}:8000"\n'
            f'root-certificates = "{FILES}/ca.crt"\n',
        )

    def start(self) -> None:
        """Start SuperLink, SuperNodes, and their apps where these are processes of their own."""
        federation, link = self._federation, f"{self._federation.name(self._server)}:8000"
        tls = ["--ssl-certfile", f"{FILES}/host.crt", "--ssl-keyfile", f"{FILES}/host.key", "--ssl-ca-certfile", f"{FILES}/ca.crt"]
        trust, secret = ["--root-certificates", f"{FILES}/ca.crt"], ["--superexec-auth-secret-file", f"{FILES}/secret"]
        number = 0
        for name, member in federation.members.items():
            apart = member.options.get("isolation") == "process"
            isolation = ["--isolation", "process", *secret] if apart else []
            for role in member.roles:
                if role == "superlink":
                    more = ["--host", "0.0.0.0", "--disable-runtime-dependency-installation", *isolation]
                    federation.start(name, [f"{HOME}/bin/flower-superlink", *tls, *more])
                elif role == "supernode":
                    for _each in range(2 if "superlink" in member.roles else 1):
                        number += 1
                        port = ["--port", str(9093 + number)] if "superlink" in member.roles else []
                        opened = ["--host", "0.0.0.0", *tls] if apart else port
                        supernode = [f"{HOME}/bin/flower-supernode", "--superlink", link, *trust, *opened, *isolation]
                        federation.start(name, supernode)
                else:
                    api = f"{link}" if role == "serverapp" else f"{federation.name(name.removesuffix('_apps'))}:9094"
                    federation.start(name, [f"{HOME}/bin/flower-superexec", "--runtime-api-address", api, *trust, *secret])

    def job(self, seconds: int) -> bool:
        """A round of federated averaging over two sites, asked for by the user, who follows its log."""
        end = time.monotonic() + seconds
        command = ["env", "-C", f"{FILES}/app", f"{HOME}/bin/flwr", "run", ".", "real", "--stream"]
        while (left := end - time.monotonic()) > 0:
            done = self._federation.run("user", command, int(left) + 1, TERM="dumb", COLUMNS="200")
            self.said, self.code = done.stdout + done.stderr, done.returncode
            if RESULT in self.said or "unavailable" not in self.said:  # the SuperLink may not be up yet
                break
            time.sleep(1)
        return RESULT in self.said
