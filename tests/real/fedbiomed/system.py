# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fed-BioMed: two nodes, a GUI, and a researcher with Jupyter and TensorBoard, natively installed.

The TLS is the one of this version: the researcher has a certificate, which nodes trust on first use. It cannot ask nodes for one.
"""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import time

from federation import Federation, Member
from software import HOME

MATRIX, PACKAGE, VERSION = "fedbiomed", "fedbiomed", "6.4.1"
JOB = "Two rounds of a linear regression on the tables of two nodes, as an experiment of the researcher"
SECONDS = 1800  # what a job may take on a busy machine
ARRANGEMENTS: dict[str, dict[str, Member]] = {
    "one host for each role": {"researcher": Member(("researcher",)), "site1": Member(("node", "gui")), "site2": Member(("node",))},
    "all roles on one host": {"researcher": Member(("researcher", "node", "gui"))},
}
HERE, FILES = pathlib.Path(__file__).parent, "/root/fedbiomed"
TABLE = "one,two,sum\n" + "".join(f"{number / 40},{number % 7 / 7},{number / 40 + number % 7 / 7}\n" for number in range(40))
RESULT = "FEDERATED RESULT 2 rounds 2"
ASK = "import sys, urllib.request; print('ANSWER', urllib.request.urlopen(sys.argv[1], timeout=5).status)"


class System:
    """One arrangement of Fed-BioMed."""

    SECONDS = SECONDS

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self.said = ""
        self._name = federation.name("researcher")
        self._nodes = {name: name if name in federation.hosts else "researcher" for name in ("site1", "site2")}
        self._pages = [(self._nodes["site1"], 8484), ("researcher", 8888), ("researcher", 6006)]
        federation.write("researcher", f"{FILES}/experiment.py", (HERE / "experiment.py").read_bytes())
        with concurrent.futures.ThreadPoolExecutor() as pool:  # each command takes long to start
            made = [pool.submit(self._prepare_researcher), *(pool.submit(self._prepare_node, node) for node in self._nodes)]
            for each in made:
                each.result()

    def _prepare_researcher(self) -> None:
        self._command("researcher", ["component", "create", "-p", f"{FILES}/researcher", "-c", "RESEARCHER"], FBM_SERVER_HOST=self._name)

    def _prepare_node(self, node: str) -> None:
        host = self._nodes[node]
        dataset = {"name": "sums", "description": "sums", "tags": "sums", "data_type": "csv", "path": f"{FILES}/table.csv"}
        self._federation.write(host, f"{FILES}/table.csv", TABLE)
        self._federation.write(host, f"{FILES}/{node}.json", json.dumps(dataset))
        self._command(host, ["component", "create", "-p", f"{FILES}/{node}", "-c", "NODE", "-n", node], FBM_RESEARCHER_IP=self._name)
        self._command(host, ["node", "-p", f"{FILES}/{node}", "dataset", "add", "--file", f"{FILES}/{node}.json"])

    def _command(self, host: str, arguments: list[str], **environment: str) -> None:
        done = self._federation.run(host, [f"{HOME}/bin/fedbiomed", *arguments], 900, **environment)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start the nodes, a GUI, Jupyter and TensorBoard, and the experiment, which is the researcher's server.

        TensorBoard does without its data server, whose port on loopback is another one in each run.
        """
        for node, host in self._nodes.items():
            self._federation.start(host, [f"{HOME}/bin/fedbiomed", "node", "-p", f"{FILES}/{node}", "start", "--force"])
        if self._pages:
            self._federation.start(self._nodes["site1"], [f"{HOME}/bin/fedbiomed", "node", "-p", f"{FILES}/site1", "gui", "start"])
            notebooks = ["--notebook-dir", f"{FILES}/researcher/notebooks"]
            self._federation.start("researcher", [f"{HOME}/bin/jupyter", "notebook", "--allow-root", "--no-browser", *notebooks])
            self._federation.start(
                "researcher", [f"{HOME}/bin/tensorboard", "--logdir", f"{FILES}/researcher/runs", "--load_fast", "false"]
            )
        self._experiment = self._federation.start(
            "researcher",
            [f"{HOME}/bin/python3", "-u", f"{FILES}/experiment.py"],
            FBM_RESEARCHER_COMPONENT_ROOT=f"{FILES}/researcher",
            FBM_SERVER_HOST=self._name,
        )

    def job(self, seconds: int) -> bool:
        """Wait for the end of the experiment, and the first time for the pages that are for the host itself: no rule carries them."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.said = self._experiment.log.read_text("utf-8", "replace")
            if RESULT in self.said:
                return self._pages_answer(end)
            if self._experiment.popen.poll() is not None:
                break
            time.sleep(0.5)
        return False

    def _pages_answer(self, end: float) -> bool:
        while self._pages and time.monotonic() < end:
            host, port = self._pages[0]
            answer = self._federation.run(host, [f"{HOME}/bin/python3", "-c", ASK, f"http://127.0.0.1:{port}/"], 60)
            if "ANSWER 200" in answer.stdout:
                self._pages.pop(0)
            else:
                self.said += f"port {port} of {host}: {answer.stderr[-300:]}"
                time.sleep(1)
        return not self._pages
