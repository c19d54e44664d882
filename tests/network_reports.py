# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks of any size with the results of runs on them, to look at and to measure reports. No host is contacted."""

from __future__ import annotations

import ipaddress
import json
import pathlib
import typing as t

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.report_file import write_report, write_report_text
from ansible_collections.federated.connectivity.plugins.plugin_utils._drift.drift import Drift, State
from ansible_collections.federated.connectivity.plugins.plugin_utils._drift.report import JSON, files
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import read_digest, read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._trace.report import FILE, Judged
from ansible_collections.federated.connectivity.plugins.plugin_utils._trace.report import report as trace_report
from ansible_collections.federated.connectivity.plugins.plugin_utils._trace.targets import unshown
from ansible_collections.federated.connectivity.plugins.plugin_utils._trace.verdict import Place, Verdict
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.assignments import choose
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.model import OPEN, Proof
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.report import report
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.rulings import CLOSED, FAILED, PROVEN, WARNING
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.verdict import IN_FORCE, Finding

COMPARED = 1_796_022_000
TIME = "2026-11-30T06:40:00Z"
TRACED = "2026-11-30T06:50:00Z"
STOPPED = Verdict(Place.OWN_PERIMETER, "198.18.0.1 at hop 1 is the last that answers", "ask the network team of the own site")
NAMES = ("clinic", "hospital", "registry", "institute", "university", "insurer", "laboratory")
RULE = "linksight.north.peer_http.ingress"


def inventory(hosts: int) -> dict[str, dict[str, t.Any]]:
    """Two federations on addresses for benchmarks; each seventh host belongs to a partner."""
    found: dict[str, dict[str, t.Any]] = {}
    first = {4: ipaddress.IPv4Address("198.18.0.10"), 6: ipaddress.IPv6Address("2001:db8::10")}
    for index in range(hosts):
        roles = ["data_station", *(["analysis_hub"] if index % 50 == 0 else []), *(["supervisor"] if index % 5 == 1 else [])]
        memberships = [{"matrix": "linksight", "federation": "north", "roles": roles}]
        if index % 3 == 0:
            roles = ["hub"] if index == 0 else ["downstream_site"]
            memberships.append({"matrix": "shrine", "federation": "registry", "roles": roles})
        found[f"{NAMES[index % len(NAMES)]}{index // len(NAMES) + 1:02}"] = {
            "connectivity_addresses": [str(first[4] + 2 * index), str(first[6] + 2 * index)],
            "connectivity_memberships": memberships,
            "connectivity_managed": index % 7 != 5,
            "connectivity_networks": {"management": ["203.0.113.0/28"], "users": ["203.0.113.64/26"]},
        }
    return found


def write_example(directory: pathlib.Path, hosts: int, healthy: bool = False) -> tuple[pathlib.Path, pathlib.Path]:
    """Write a plan and the results of verify and drift on it: all is well, or some things are not.

    Returns:
        The directory of the plan and that of the results.
    """
    plan, results = directory / "plan", directory / "results"
    write_plan(compute_plan(inventory(hosts), Catalogue()), plan)
    content = read_plan(plan)
    managed = sorted(name for name, host in content.hosts.items() if host.part.managed)
    choices = choose(content, managed, {}, 3)
    broken = "" if healthy else managed[1]
    findings: dict[str, list[Finding]] = {name: [Finding(IN_FORCE, name, "", f"{name}  nftables")] for name in choices}
    for name, choice in choices.items():
        for proof in choice.proofs:
            finding = _finding(name, proof, broken)
            findings[finding.host].append(finding)
    digest = read_digest(plan)
    write_report(results / "verify.json", report(findings, choices) | {"time": TIME, "plan_digest": digest})
    drifts = [Drift(name, State.IN_FORCE, "nftables") for name in managed]
    if not healthy:
        line = f'tcp dport 8443 ip saddr @linksight_north_data_station accept comment "federated.connectivity {RULE}"'
        drifts[0] = Drift(
            managed[0], State.DIFFERS, "nftables", ("nftables table inet federated_connectivity",), (line,), since=COMPARED - 90_000
        )
        drifts[-1] = Drift(managed[-1], State.NOT_COMPARED, why="the host failed or could not be reached")
    write_report_text(results / JSON, dict(files(drifts, COMPARED, digest))[JSON])
    if not healthy:
        traced = [Judged(one, STOPPED) for one in unshown(content, report(findings, choices)["hosts"]) if one.responder == broken]
        write_report(results / FILE, trace_report(traced) | {"time": TRACED, "plan_digest": digest})
    return plan, results


def _finding(name: str, proof: Proof, broken: str) -> Finding:
    destination = f"[{proof.destination}]" if ":" in proof.destination else proof.destination
    what = f"{proof.initiator} -> {proof.responder} {destination}:{proof.port}/{proof.protocol}".replace("  ", " ")
    if proof.expect != OPEN:
        return Finding(CLOSED, proof.responder, proof.flow, what, other=proof.initiator)
    if proof.responder == broken and proof.port == 9090:
        return Finding(FAILED, name, proof.flow, what, "silent, from 198.18.0.10, although a listener waits there", other=proof.responder)
    if not proof.managed and broken and proof.responder:
        return Finding(WARNING, name, proof.flow, what, "silent", other=proof.responder)
    return Finding(PROVEN, name, proof.flow, what, other=proof.responder)


def hosts_of(plan: pathlib.Path) -> list[str]:
    """The hosts of a plan."""
    return sorted(json.loads((plan / "plan.json").read_text(encoding="utf-8"))["hosts"])
