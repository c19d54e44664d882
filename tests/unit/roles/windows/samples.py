# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Windows host in the words of state.ps1, as it is after an installation, and plans for it."""

from __future__ import annotations

import typing as t

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan

STATION = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
PROXY = {"http_proxy": "http://198.51.100.126:3128", "https_proxy": "http://198.51.100.126:3128"}
NETWORKS = {
    "management": ["198.51.100.128/28", "2001:db8:1:f::/64"],
    "dns_servers": ["198.51.100.53"],
    "ntp_servers": ["198.51.100.123"],
    "domain_controllers": ["198.51.100.64/31", "2001:db8:1:d::/64"],
}
DENIED = {
    "connectivity_defaults": {"ingress": "deny", "egress": "deny"},
    "connectivity_forward_proxy": PROXY,
    "connectivity_networks": NETWORKS,
}


def planned(**more: t.Any) -> Plan:
    """The plan of one Windows data station and one of a partner."""
    station = {
        "connectivity_platform": "windows",
        "connectivity_memberships": [STATION],
        "connectivity_addresses": ["198.51.100.20", "2001:db8:1::20"],
        **more,
    }
    partner = {
        "connectivity_memberships": [STATION],
        "connectivity_managed": False,
        "connectivity_addresses": ["203.0.113.200", "2001:db8:3::200"],
    }
    return compute_plan({"station": station, "institute": partner}, Catalogue())


def found(**changes: t.Any) -> dict[str, t.Any]:
    """What state.ps1 tells of a host without rules of ours."""
    profiles = [
        {"name": name, "enabled": "True", "inbound": "Block", "outbound": "Allow", "local_rules": "True", "inbound_rules": "True"}
        for name in ("Domain", "Private", "Public")
    ]
    configured = {name: {"inbound": "NotConfigured", "outbound": "NotConfigured"} for name in ("Domain", "Private", "Public")}
    usual = {"profiles": profiles, "others": [], "ours": [], "taken": [], "configured": configured, "remembered": {}, "pending": False}
    return {**usual, "directory": "C:\\Program Files\\federated.connectivity", **changes}


def others_rule(**changes: t.Any) -> dict[str, t.Any]:
    """A rule of somebody else, that lets anybody in at port 8443."""
    usual = {"name": "Vendor", "direction": "Inbound", "action": "Allow", "source": "Local", "protocol": "TCP", "local_ports": ["8443"]}
    scope = {"remote_ports": ["Any"], "remote_addresses": ["Any"], "program": "Any", "package": "", "service": "Any"}
    return {**usual, **scope, **changes}
