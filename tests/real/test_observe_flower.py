# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``observe`` on a Flower federation without any firewall drafts a matrix. Its plan, on fresh hosts, lets the same job pass.

Nobody writes a line: the node roles are the groups of the inventory.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import importlib.util
import pathlib
import types
import typing as t

import pytest
import yaml
from federation import Federation
from software import software
from team import install_collection
from waiting import until

ROLES = {"server": "superlink", "site1": "supernode", "site2": "supernode", "user": "users"}
MINUTES, ATTEMPTS, SECONDS = 4, 3, 500


def _flower() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("observed_flower", pathlib.Path(__file__).parent / "flower/system.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _inventory(federation: Federation, matrix: str = "") -> dict[str, t.Any]:
    """Three hosts of ours and a user's, each in the group of its role."""
    groups: dict[str, t.Any] = {}
    for name, role in ROLES.items():
        host = federation.hosts[name]
        own: dict[str, t.Any] = {"ansible_host": host.ipv4, "connectivity_addresses": list(host.addresses)}
        if name == "user":
            own["connectivity_managed"] = False
        if matrix:
            own["connectivity_memberships"] = [{"matrix": matrix, "federation": "real", "roles": [role]}]
        groups.setdefault(role, {"hosts": {}})["hosts"][name] = own
    return {"all": {"children": groups, "vars": federation.variables({})}}


def _federation(directory: pathlib.Path, stack: contextlib.ExitStack, module: types.ModuleType) -> tuple[Federation, t.Any]:
    directory.mkdir()
    federation = Federation(directory, stack, module.ARRANGEMENTS["one host for each role"], software("flower"))
    return federation, module.System(federation)


def _finishes(federation: Federation, running: t.Any) -> bool:
    """Whether a job ends well. On a busy machine Flower's tasks miss their own heartbeats and fail: then the software starts again."""
    for _attempt in range(ATTEMPTS):
        if running.job(SECONDS):
            return True
        federation.stop()
        running.start()
    return False


def _watched(federation: Federation) -> bool:
    """Whether each host of ours is being watched: it is the one step that comes to the hosts, as root."""
    return all(federation.hosts[name].run(["pgrep", "-f", "BECOME-SUCCESS"], check=False).returncode == 0 for name in federation.managed())


@pytest.mark.system("flower")
def test_the_plan_of_what_was_observed_lets_the_same_job_pass_on_fresh_hosts(tmp_path: pathlib.Path) -> None:
    module, collections = _flower(), install_collection(tmp_path)
    matrix = tmp_path / "matrices/observed.yml"
    with contextlib.ExitStack() as stack:
        federation, running = _federation(tmp_path / "observed", stack, module)
        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(1))
        running.start()
        arguments = {
            "connectivity_matrix": str(matrix),
            "connectivity_observe_processes": "flower-*",
            "connectivity_observe_minutes": MINUTES,
            "connectivity_observe_tls": True,
        }
        said = [word for name, value in arguments.items() for word in ("-e", f"{name}={value}")]
        observing = pool.submit(federation.ansible, collections, _inventory(federation), "observe", *said)
        until(lambda: observing.done() or _watched(federation), "nobody watches the hosts")
        assert _finishes(federation, running), f"the job did not finish without a firewall: {running.said}\n{federation.logs()}"
        observed = observing.result()
    assert observed.code == 0, observed.text
    flows = yaml.safe_load(matrix.read_text(encoding="utf-8"))["flows"]
    needed = {name: flow for name, flow in flows.items() if flow["necessity"] == "conditional"}
    ends = {name: (flow["initiator"], flow["responder"], flow["ports"], flow["tls"], flow["exposure"]) for name, flow in needed.items()}
    assert ends == {
        "superlink_tcp_8000": ({"roles": ["supernode", "users"]}, {"roles": ["superlink"]}, [8000], "server", "partners"),
        "supernode_tcp_9094_local": ({"local": True}, {"roles": ["supernode"]}, [9094], "none", "loopback"),
    }
    with contextlib.ExitStack() as stack:
        federation, running = _federation(tmp_path / "fresh", stack, module)
        applied = federation.apply_inventory(collections, _inventory(federation, str(matrix)))
        assert applied.code == 0, applied.text
        running.start()
        assert _finishes(federation, running), f"the job did not finish behind the plan of the draft: {running.said}\n{federation.logs()}"
