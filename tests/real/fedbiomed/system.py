# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fed-BioMed: two nodes and a researcher, natively installed, with the TLS of trust on first use that is its default."""

from __future__ import annotations

import json
import pathlib
import time

from federation import Federation, Member
from software import HOME

MATRIX, PACKAGE, VERSION = "fedbiomed", "fedbiomed", "6.4.1"
JOB = "Two rounds of a linear regression on the tables of two nodes, as an experiment of the researcher"
SECONDS = 900  # what a job may take on a busy machine
ARRANGEMENTS: dict[str, dict[str, Member]] = {
    "one host for each role": {"researcher": Member(("researcher",)), "site1": Member(("node",)), "site2": Member(("node",))},
    "all roles on one host": {"researcher": Member(("researcher", "node"))},
}
HERE, FILES = pathlib.Path(__file__).parent, "/root/fedbiomed"
TABLE = "one,two,sum\n" + "".join(f"{number / 40},{number % 7 / 7},{number / 40 + number % 7 / 7}\n" for number in range(40))
RESULT = "FEDERATED RESULT 2 rounds 2"


class System:
    """One arrangement of Fed-BioMed."""

    SECONDS = SECONDS

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self.said = ""
        self._name = federation.name("researcher")
        self._nodes = {name: name if name in federation.hosts else "researcher" for name in ("site1", "site2")}
        self._command("researcher", ["component", "create", "-p", f"{FILES}/researcher", "-c", "RESEARCHER"], FBM_SERVER_HOST=self._name)
        federation.write("researcher", f"{FILES}/experiment.py", (HERE / "experiment.py").read_bytes())
        dataset = {"name": "sums", "description": "sums", "tags": "sums", "data_type": "csv", "path": f"{FILES}/table.csv"}
        for node, host in self._nodes.items():
            federation.write(host, f"{FILES}/table.csv", TABLE)
            federation.write(host, f"{FILES}/dataset.json", json.dumps(dataset))
            create = ["component", "create", "-p", f"{FILES}/{node}", "-c", "NODE", "-n", node]
            self._command(host, create, FBM_RESEARCHER_IP=self._name)
            self._command(host, ["node", "-p", f"{FILES}/{node}", "dataset", "add", "--file", f"{FILES}/dataset.json"])

    def _command(self, host: str, arguments: list[str], **environment: str) -> None:
        done = self._federation.run(host, [f"{HOME}/bin/fedbiomed", *arguments], 300, **environment)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start the nodes, and the experiment, which is the researcher's server."""
        for node, host in self._nodes.items():
            self._federation.start(host, [f"{HOME}/bin/fedbiomed", "node", "-p", f"{FILES}/{node}", "start", "--force"])
        self._experiment = self._federation.start(
            "researcher",
            [f"{HOME}/bin/python3", "-u", f"{FILES}/experiment.py"],
            FBM_RESEARCHER_COMPONENT_ROOT=f"{FILES}/researcher",
            FBM_SERVER_HOST=self._name,
        )

    def job(self, seconds: int) -> bool:
        """Wait for the end of the experiment."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.said = self._experiment.log.read_text("utf-8", "replace")
            if RESULT in self.said:
                return True
            if self._experiment.popen.poll() is not None:
                break
            time.sleep(0.5)
        return False
