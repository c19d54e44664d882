# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NVIDIA FLARE: a server, two clients and an administrator, provisioned with mutual TLS as its documentation has it."""

from __future__ import annotations

import pathlib
import time

from federation import Federation, Member
from software import HOME

MATRIX, PACKAGE, VERSION = "nvflare", "nvflare", "2.9.0"
JOB = "Two rounds of scatter and gather over two clients, submitted by an administrator"
SECONDS = 1800  # what a job may take on a busy machine
USER = Member(network="admins")
ARRANGEMENTS: dict[str, dict[str, Member]] = {
    "one host for each role": {
        "server": Member(("server",)),
        "site1": Member(("client",)),
        "site2": Member(("client",)),
        "user": USER,
    },
    "all roles on one host": {"server": Member(("server", "client")), "user": USER},
}
HERE, FILES, ADMIN = pathlib.Path(__file__).parent, "/root/nvflare", "admin@hospitals.example.org"
RESULT = "FEDERATED RESULT FINISHED:COMPLETED"


class System:
    """One arrangement of NVIDIA FLARE."""

    SECONDS = SECONDS

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self.said = ""
        federation.write("user", f"{FILES}/project.yml", (HERE / "project.yml").read_bytes())
        federation.write("user", f"{FILES}/submit.py", (HERE / "submit.py").read_bytes())
        federation.copy("user", HERE / "job", f"{FILES}/job")
        done = federation.run(
            "user", [f"{HOME}/bin/nvflare", "provision", "-p", f"{FILES}/project.yml", "-w", f"{FILES}/made", "--force"], 300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        made = federation.hosts["user"].file(f"{FILES}/made/real/prod_00")
        self._kits = {"server.hospitals.example.org": "server", "site1": "site1", "site2": "site2"}
        for kit, host in self._kits.items():
            federation.copy(self._host(host), made / kit, f"{FILES}/{kit}")

    def _host(self, name: str) -> str:
        return name if name in self._federation.hosts else "server"

    def start(self) -> None:
        """Start the server and the clients, each as ``sub_start.sh --once`` of its startup kit does."""
        for kit, host in self._kits.items():
            self._federation.start(self._host(host), ["/bin/bash", f"{FILES}/{kit}/startup/sub_start.sh", "--once"])

    def job(self, seconds: int) -> bool:
        """The administrator's job; again while the server is not up or a client is missing."""
        end = time.monotonic() + seconds
        kit = f"{FILES}/made/real/prod_00/{ADMIN}"
        while (left := int(end - time.monotonic())) > 0:
            command = [f"{HOME}/bin/python3", f"{FILES}/submit.py", kit, f"{FILES}/job", str(left)]
            done = self._federation.run("user", command, left + 5)
            self.said = done.stdout + done.stderr
            if "SUBMITTED" in self.said:
                break
            time.sleep(2)
        return RESULT in self.said
