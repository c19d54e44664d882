# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real software of a system behind the rules that we compute for it, with both defaults denied.

Each run plans, applies and verifies as users do, and starts the software. A job of the software has to end. What it did on the network is
kept in ``seen.yml`` and compared with the matrix. Then rules that carried something are taken away, and the job is tried again: each rule
alone, or together with the rules that open the same port to the same peers.
"""

from __future__ import annotations

import contextlib
import datetime
import pathlib
import time
import types
import typing as t

import pytest
from federation import Federation, Member
from necessity import carried, groups, without
from observation import Connection, Observation
from seen import FAILS, FINISHES, Arrangement, read, unexplained, write
from software import software
from team import install_collection

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Matrix

LEAST, TIMES = 45, 1.5  # seconds, and how many times as long as the whole job, until a job is believed to fail


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The installed tarball."""
    return install_collection(tmp_path_factory.mktemp("tarball"))


def test_the_software_needs_what_its_matrix_says(
    request: pytest.FixtureRequest,
    system: str,
    module: types.ModuleType,
    arrangement: str,
    collections: pathlib.Path,
    tmp_path: pathlib.Path,
) -> None:
    matrix = Catalogue().matrix(module.MATRIX)
    with contextlib.ExitStack() as stack:
        federation = Federation(tmp_path, stack, module.ARRANGEMENTS[arrangement], software(getattr(module, "SOFTWARE", system)))
        running = module.System(federation)
        applied = federation.apply_plan(collections, module.MATRIX, module.VERSION)
        assert applied.code == 0, applied.text
        seen, seconds = _see(federation, running, module.SECONDS)
        _lasting_ports(seen, Arrangement(arrangement, seen, matrix, module.VERSION))
        _keep(system, module, arrangement, seen)
        if not request.config.getoption("keep_rules"):
            admitted = Arrangement(arrangement, seen, matrix, module.VERSION)
            flows = carried(seen["connections"], lambda each: [flow.id for flow in admitted.flows_of(each)])
            seen["without"] = []
            _keep(system, module, arrangement, seen)
            for tried in _take_away(federation, running, matrix, flows, max(LEAST, round(TIMES * seconds))):
                seen["without"].append(tried)
                _keep(system, module, arrangement, seen)
    assert unexplained({**read(system), "arrangements": {arrangement: seen}, "explained": _explained(system, arrangement)}, matrix) == []


def _explained(system: str, arrangement: str) -> dict[str, str]:
    """The explanations that name this arrangement, and those that name none and fit it."""
    seen = read(system)
    others = {name for name in seen["arrangements"] if name != arrangement}
    return {key: why for key, why in (seen.get("explained") or {}).items() if key.partition(": ")[0] not in others}


def _see(federation: Federation, running: t.Any, seconds: int) -> tuple[dict[str, t.Any], int]:
    """Run the job. What was seen, and how long it took."""
    begin, managed = time.monotonic(), set(federation.managed())
    with Observation(federation) as observed:
        running.start()
        done = running.job(seconds)
        took = int(time.monotonic() - begin)
        logs = federation.logs()
    federation.stop()
    assert done, f"the job did not finish behind our rules; refused: {sorted(observed.refused)}; it said\n{running.said}\n{logs}"
    ours = [each for each in sorted(observed.connections) if {each.initiator, each.responder} & managed]
    return {
        "hosts": {name: _described(member) for name, member in federation.members.items()},
        "job": FINISHES,
        "sockets": [each._asdict() for each in sorted(observed.sockets) if each.host in managed],
        "connections": [{**each._asdict(), **_protected(observed, each)} for each in ours],
        "refused": [each._asdict() for each in sorted(observed.refused) if each.initiator in managed],
    }, took


def _protected(observed: Observation, connection: Connection) -> dict[str, str]:
    """How a connection is protected, and the protocol inside; nothing where the server could not be asked."""
    if connection not in observed.tls:
        return {}
    tls, alpn = observed.tls[connection]
    return {"tls": tls, **({"alpn": alpn or "none"} if tls != "none" else {})}


def _lasting_ports(seen: dict[str, t.Any], arrangement: Arrangement) -> None:
    """Keep ranges instead of the ports that were chosen from them, so that the next run writes the same."""
    for kind, end in (("sockets", "host"), ("connections", "responder")):
        for each in seen[kind]:
            each["port"] = arrangement.lasting_port(each[end], each["protocol"], each["port"])
        seen[kind] = [each for i, each in enumerate(seen[kind]) if each not in seen[kind][:i]]


def _described(member: Member) -> dict[str, t.Any]:
    described = {"roles": list(member.roles), "network": member.network, "options": dict(member.options)}
    return {key: value for key, value in described.items() if value}


def _take_away(
    federation: Federation, running: t.Any, matrix: Matrix, flows: t.Collection[str], seconds: int
) -> t.Iterator[dict[str, t.Any]]:
    """Take away the rules that let one of the flows pass, and try the job; the closure of the port stays."""
    tried = set()
    for host in federation.managed():
        whole = federation.policy(host)
        for group in groups(whole, matrix.name, flows):
            names, direction = sorted({rule["flow"] for rule in group}), group[0]["direction"]
            kind = federation.members[host].roles, *names, direction
            if kind in tried:  # on another host with the same roles
                continue
            tried.add(kind)
            federation.hosts[host].apply(without(whole, group), backend="nftables")
            running.start()
            done = running.job(seconds)
            federation.stop()
            yield {"host": host, "flows": names, "direction": direction, "then": FINISHES if done else FAILS}
        federation.hosts[host].apply(whole, backend="nftables")
    if not tried:
        return
    running.start()
    assert running.job(running.SECONDS), f"with every rule in force again the job does not finish: {running.said}"
    federation.stop()


def _keep(system: str, module: types.ModuleType, arrangement: str, seen: dict[str, t.Any]) -> None:
    known = read(system)
    arrangements = {**known.get("arrangements", {}), arrangement: seen}
    write(
        system,
        {
            "matrix": module.MATRIX,
            "software": module.PACKAGE,
            "version": module.VERSION,
            "date": datetime.datetime.now(datetime.timezone.utc).date(),
            "job": module.JOB,
            "arrangements": {name: arrangements[name] for name in module.ARRANGEMENTS if name in arrangements},
            "otherwise": known.get("otherwise") or [],
            "explained": known.get("explained") or {},
        },
    )
