# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installations of each system in which the rows of published_ports are open by default, as inventories."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue

Row = dict[str, t.Any]
Variables = dict[str, dict[str, t.Any]]

TABLES: dict[str, list[Row]] = {
    path.stem: yaml.safe_load(path.read_text("utf-8"))
    for path in sorted((pathlib.Path(__file__).parent / "cases" / "published_ports").glob("*.yml"))
}
HELD_OUT = {("openfl", "49152-60998"), ("nvflare", "1025-65535")}
"""System and ports: one port of a range is chosen at run time, and the others may be anybody's. Nothing closes it; verification looks."""

LOOPBACK = {"127.0.0.1", "localhost"}
PARTNERS = {
    "fate": ["party"],
    "linksight": ["data_station"],
    "swarm_learning": ["sn", "sl"],
    "tractusx_edc": ["control_plane", "data_plane"],
}
"""Where a mandatory flow is between hosts of one role, there is no installation without a partner."""


@dataclasses.dataclass(frozen=True)
class Installation:
    """What memberships say. ``opened`` are optional flows."""

    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    version: str | None = None
    opened: tuple[str, ...] = ()


_DOCKER = {"deployment": "docker"}
_EXCHANGE = {**_DOCKER, "routing": "exchange", "osx_port": 9371}

BY_WHEN: dict[str, dict[str, Installation]] = {
    "datashield": {
        "before 4.6.4": Installation(version="4.6.3"),
        "always, behind a front-end proxy on 443": Installation({"opal_https_port": 443, "armadillo_https_port": 10443}),
        **{f"quickstart{what}": Installation(opened=("armadillo_quickstart",)) for what in ("", ", Keycloak", ", Keycloak management")},
    },
    "fate": {
        "KubeFATE, EggRoll": Installation(_DOCKER),
        "KubeFATE, Spark Slim": Installation(_DOCKER),
        "Docker Compose of FATE": Installation(_DOCKER),
        "KubeFATE, Spark": Installation({**_DOCKER, "engine": "rabbitmq"}),
        "KubeFATE, exchange": Installation(_EXCHANGE),
        "KubeFATE, FATE Serving": Installation(_DOCKER),
    },
    "fedbiomed": {
        "VPN and containers": Installation({"deployment": "vpn"}),
        "VPN and containers, second node": Installation({"deployment": "vpn"}),
        "Docker without VPN": Installation(_DOCKER),
    },
    "flower": {
        "before 1.35": Installation(version="1.34"),
        "before 1.40": Installation(version="1.39"),
        "before 1.37": Installation(version="1.36"),
        "before 1.33, Fleet API over REST": Installation({"transport": "rest"}, version="1.32"),
        "since 1.35": Installation(version="1.35"),
        "before 1.40, compose file of several machines": Installation(version="1.39"),
        "before 1.37, compose file of several machines": Installation(version="1.36"),
        "quickstart with Docker, 1.28": Installation({"isolation": "process"}, version="1.28"),
        "quickstart with Docker, 1.28, second SuperNode": Installation({"isolation": "process", "clientappio_port": 9095}, version="1.28"),
        "apps as subprocesses with Docker, 1.28": Installation(version="1.28"),
    },
    "kuscia": {"start_monitor.sh": Installation(opened=("monitor",))},
    "nvflare": {
        "containers, since 2.9, with an admin port": Installation({"server_ports": "two"}),
        "Docker Compose of 2.5": Installation(version="2.5"),
        "before 2.9, listener for own jobs": Installation(version="2.8.1"),
    },
    "openfl": {"agg_port is named": Installation({"aggregator_port_choice": "pinned"})},
    "vantage6": {
        "eduVPN by its defaults": Installation({"vpn": "tcp_443"}),
        "eduVPN by the documents": Installation({"vpn": "tcp_443"}),
    },
    "tractusx_edc": {"access direct": Installation({"access": "direct"})},
}
_OF_PORT = {("fate", 6650): "pulsar", ("fate", 6651): "pulsar", ("fate", 8001): "pulsar"}


def installation(system: str, row: Row) -> Installation:
    """The installation in which the software opens the port of a row."""
    found = BY_WHEN.get(system, {}).get(row["when"], Installation())
    engine = _OF_PORT.get((system, row["port"]))
    return dataclasses.replace(found, options={**found.options, "engine": engine}) if engine else found


def name_of(row: Row) -> str:
    """A row in a message."""
    return f"{row['role']} {row['protocol']}/{row['port']} ({row['when']})"


def one_host(system: str, row: Row, catalogue: Catalogue) -> Variables:
    """One host with all roles of a system."""
    return {"everything": _host(system, row, list(catalogue.matrix(system).roles), catalogue), **_partners(system, row)}


def own_hosts(system: str, row: Row, catalogue: Catalogue) -> Variables:
    """A host for each role of a system. Those of other roles are partners'."""
    roles = list(catalogue.matrix(system).roles)
    hosts = {role: _host(system, row, [role], catalogue, number) for number, role in enumerate(roles, 10)}
    return {**hosts, **_partners(system, row)}


def _host(system: str, row: Row, roles: list[str], catalogue: Catalogue, number: int = 10) -> dict[str, t.Any]:
    flows = [flow for flow in catalogue.matrix(system).flows.values() if flow.necessity == "mandatory"]
    needed = {end.values[0] for flow in flows for end in flow.ends.values() if end.kind == "network"}
    return {
        "connectivity_addresses": [f"198.51.100.{number}", f"2001:db8:1::{number}"],
        "connectivity_networks": {"management": ["198.51.100.30/32", "2001:db8:1::30/128"], **{name: [] for name in sorted(needed)}},
        "connectivity_memberships": [_membership(system, row, roles)],
    }


def _partners(system: str, row: Row) -> Variables:
    if system not in PARTNERS:
        return {}
    membership = _membership(system, row, PARTNERS[system])
    return {
        "partner": {
            "connectivity_managed": False,
            "connectivity_addresses": ["198.51.100.20", "2001:db8:1::20"],
            "connectivity_memberships": [{key: value for key, value in membership.items() if key != "optional_flows"}],
        }
    }


def _membership(system: str, row: Row, roles: list[str]) -> dict[str, t.Any]:
    chosen = installation(system, row)
    membership: dict[str, t.Any] = {"matrix": system, "federation": "f", "roles": roles, "options": dict(chosen.options)}
    if chosen.version:
        membership["version"] = chosen.version
    if chosen.opened:
        membership["optional_flows"] = list(chosen.opened)
    return membership
