# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenFL: an aggregator and two collaborators of the Task Runner, with mutual TLS by its own certificate authority."""

from __future__ import annotations

import time

import yaml
from federation import Federation, Member
from software import HOME

MATRIX, PACKAGE, VERSION = "openfl", "openfl", "1.9"
JOB = "Its own example federated_analytics/histogram, a query over the tables of two collaborators"
SECONDS = 1800  # what a job may take on a busy machine
PORT = 50052
PINNED = {"aggregator_port_choice": "pinned", "aggregator_port": PORT}
SITE = Member(("collaborator",))
ARRANGEMENTS: dict[str, dict[str, Member]] = {
    "one host for each role": {"aggregator": Member(("aggregator",), PINNED), "site1": SITE, "site2": SITE},
    "all roles on one host": {"aggregator": Member(("aggregator", "collaborator"), PINNED)},
}
FILES = "/root/openfl"
SITES = ("site1", "site2")


class System:
    """One arrangement of OpenFL."""

    SECONDS = SECONDS

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self.said = ""
        name = federation.name("aggregator")
        self._fx("/root", "workspace", "create", "--prefix", FILES, "--template", "federated_analytics/histogram")
        plan = federation.hosts["aggregator"].file(f"{FILES}/plan/plan.yaml")
        content = yaml.safe_load(plan.read_text("utf-8"))
        content["network"].setdefault("settings", {})["agg_port"] = PORT
        plan.write_text(yaml.safe_dump(content), encoding="utf-8")
        self._fx(FILES, "workspace", "certify")
        self._fx(FILES, "aggregator", "generate-cert-request", "--fqdn", name)
        self._fx(FILES, "aggregator", "certify", "--fqdn", name, "--silent")
        for number, site in enumerate(SITES, 1):
            self._fx(FILES, "collaborator", "create", "-n", site, "-d", str(number))
            self._fx(FILES, "collaborator", "generate-cert-request", "-n", site)
            self._fx(FILES, "collaborator", "certify", "-n", site, "--silent")
        self._fx(FILES, "plan", "initialize", "-a", name)
        made = federation.hosts["aggregator"].file(FILES)
        for site in SITES:
            federation.copy(self._host(site), made, f"/root/{site}")

    def _host(self, name: str) -> str:
        return name if name in self._federation.hosts else "aggregator"

    def _fx(self, directory: str, *arguments: str) -> None:
        done = self._federation.run("aggregator", ["env", "-C", directory, f"{HOME}/bin/fx", *arguments], 900)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start the aggregator and the collaborators; the query is their plan's."""
        state = self._federation.hosts["aggregator"].file(f"{FILES}/local_state")
        for left in state.glob("*"):
            left.unlink()
        start = ["env", "-C", FILES, f"{HOME}/bin/fx", "aggregator", "start"]
        self._aggregator = self._federation.start("aggregator", start, COLUMNS="250")
        for site in SITES:
            start = ["env", "-C", f"/root/{site}", f"{HOME}/bin/fx", "collaborator", "start", "-n", site]
            self._federation.start(self._host(site), start, COLUMNS="250")

    def job(self, seconds: int) -> bool:
        """Wait until the aggregator ends with a result."""
        result = self._federation.hosts["aggregator"].file(f"{FILES}/save/result.json")
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._aggregator.popen.poll() is None:
            time.sleep(0.5)
        self.said = self._aggregator.log.read_text("utf-8", "replace")
        done = self._aggregator.popen.poll() == 0 and result.exists()
        result.unlink(missing_ok=True)
        return done
