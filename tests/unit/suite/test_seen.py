# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was seen of real software is what the matrices say, and the page about it is made from it."""

from __future__ import annotations

import copy
import pathlib
import runpy
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Matrix
from ansible_collections.federated.connectivity.tests.real.seen import FINISHES, Arrangement, read, systems, unexplained, write

ROOT = pathlib.Path(__file__).parents[3]
PAGE: dict[str, t.Any] = runpy.run_path(str(ROOT / "docs" / "real_page.py"))
FIRST = "one host for each role"

Seen = dict[str, t.Any]


@pytest.fixture
def flower() -> Seen:
    return read("flower")


@pytest.fixture
def matrix() -> Matrix:
    return Catalogue().matrix("flower")


@pytest.mark.parametrize("system", systems())
def test_what_was_seen_is_what_the_matrix_says(system: str) -> None:
    seen = read(system)
    assert unexplained(seen, Catalogue().matrix(seen["matrix"])) == []


@pytest.mark.parametrize("system", systems())
def test_a_flow_that_carried_something_is_missed_where_the_matrix_loses_it(system: str) -> None:
    """Every connection between hosts counts: without all flows of a matrix each one is a difference."""
    seen = read(system)
    matrix = Catalogue().matrix(seen["matrix"])
    bare = copy.copy(matrix)
    object.__setattr__(bare, "flows", {})
    connections = sum(len(each["connections"]) for each in seen["arrangements"].values())
    assert connections > 0
    assert len([each for each in unexplained({**seen, "explained": {}}, bare) if ": connection " in each]) == connections


def test_each_kind_of_difference_is_found(flower: Seen, matrix: Matrix) -> None:
    first = flower["arrangements"][FIRST]
    connection = {"initiator": "site1", "responder": "server", "protocol": "tcp", "port": 8000}
    changes: dict[str, t.Callable[[Seen], object]] = {
        "is no flow": lambda seen: seen["connections"].append({**connection, "initiator": "server", "responder": "site1"}),
        "was seen with tls: none": lambda seen: seen["connections"].append({**connection, "tls": "none"}),
        "was refused": lambda seen: seen["refused"].append(connection),
        "refused site1 -> example.org tcp 25 is no flow": lambda seen: seen["refused"].append(
            {**connection, "responder": "example.org", "port": 25}
        ),
        "is no listener": lambda seen: seen["sockets"].append({"host": "site1", "protocol": "tcp", "address": "0.0.0.0", "port": 7}),
        "listens on loopback alone": lambda seen: seen["sockets"].append(
            {"host": "site1", "protocol": "tcp", "address": "0.0.0.0", "port": 9094}
        ),
        "nobody listened": lambda seen: seen["sockets"].clear(),
        "is mandatory, but the job finishes": lambda seen: seen["without"].append(
            {"host": "site1", "flows": ["fleet_http"], "direction": "egress", "then": FINISHES}
        ),
        "job: the job stopped": lambda seen: seen.update(job="the job stopped"),
    }
    for words, change in changes.items():
        changed = copy.deepcopy(first)
        change(changed)
        found = unexplained({**flower, "arrangements": {FIRST: changed}, "explained": {}}, matrix)
        assert any(words in each for each in found), (words, found)


def test_a_group_of_rules_is_needed_if_one_of_its_flows_is_mandatory(flower: Seen, matrix: Matrix) -> None:
    first = copy.deepcopy(flower["arrangements"][FIRST])
    first["without"] = [{"host": "site1", "flows": ["fleet_http", "telemetry"], "direction": "egress", "then": FINISHES}]
    changed = {**flower, "arrangements": {FIRST: first}, "explained": {}}
    (found,) = unexplained(changed, matrix)
    assert found == (
        f"{FIRST}: without fleet_http, telemetry on site1: a mandatory flow is among fleet_http, telemetry, but the job finishes without it"
    )
    first["without"][0]["flows"] = ["telemetry"]
    assert unexplained(changed, matrix) == []
    first["without"][0]["flows"] = ["a_flow_that_was_renamed"]
    assert len(unexplained(changed, matrix)) == 1


def test_a_port_within_a_range_that_is_chosen_at_run_time_is_explained_by_its_own_flow() -> None:
    nvflare, one_host = Catalogue().matrix("nvflare"), "all roles on one host"
    arrangement = Arrangement(one_host, read("nvflare")["arrangements"][one_host], nvflare, "2.9.0")
    own = {"initiator": "server", "responder": "server", "protocol": "tcp"}
    assert [flow.id for flow in arrangement.flows_of({**own, "port": 8002})] == ["federated"]
    assert [flow.id for flow in arrangement.flows_of({**own, "port": "1024-65535"})] == ["internal"]


def test_a_role_has_no_flow_to_itself_on_one_host() -> None:
    """A server of vantage6 also connects to a store, which may be a server too, but not to itself."""
    one_host, own = "all roles on one host", {"initiator": "server", "responder": "server", "protocol": "tcp", "port": 443}
    arrangement = Arrangement(one_host, read("vantage6")["arrangements"][one_host], Catalogue().matrix("vantage6"), "4.15.2")
    assert [flow.id for flow in arrangement.flows_of(own)] == ["api"]


def test_grpc_needs_a_server_that_chooses_http_2() -> None:
    openfl, matrix = read("openfl"), Catalogue().matrix("openfl")
    changed = copy.deepcopy(openfl)
    changed["arrangements"][FIRST]["connections"][0]["alpn"] = "none"
    assert unexplained(openfl, matrix) == []
    (found,) = unexplained(changed, matrix)
    assert "was seen with ALPN: none, but aggregator_pinned has application: grpc" in found


def test_an_explanation_covers_its_difference_and_no_other(flower: Seen, matrix: Matrix) -> None:
    changed = copy.deepcopy(flower)
    changed["arrangements"] = {FIRST: changed["arrangements"][FIRST]}
    changed["arrangements"][FIRST]["sockets"].append({"host": "site1", "protocol": "udp", "address": "0.0.0.0", "port": 7})
    (found,) = unexplained({**changed, "explained": {}}, matrix)
    key = "socket site1 udp 0.0.0.0 7"
    assert found.startswith(f"{FIRST}: {key}")
    assert unexplained({**changed, "explained": {key: "echo"}}, matrix) == []
    assert unexplained({**changed, "explained": {f"{FIRST}: {key}": "echo"}}, matrix) == []
    assert len(unexplained({**changed, "explained": {f"elsewhere: {key}": "echo"}}, matrix)) == 2
    assert len(unexplained({**changed, "explained": {key: "echo", "socket site1 udp 0.0.0.0 9": "discard"}}, matrix)) == 1


def test_what_is_written_is_read_again(flower: Seen, tmp_path: pathlib.Path) -> None:
    (tmp_path / "flower").mkdir()
    write("flower", flower, tmp_path)
    assert read("flower", tmp_path) == flower
    assert (tmp_path / "flower" / "seen.yml").read_bytes() == (ROOT / "tests/real/flower/seen.yml").read_bytes()


def test_a_system_that_was_never_seen_has_nothing(tmp_path: pathlib.Path) -> None:
    assert read("flower", tmp_path) == {}


def test_the_page_is_made_from_what_was_seen() -> None:
    assert PAGE["PAGE"].read_text(encoding="utf-8") == PAGE["real_page"](PAGE["read_all"]())
