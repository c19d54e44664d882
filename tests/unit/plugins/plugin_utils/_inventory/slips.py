# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A correct inventory, and one slip after the other in it that must be refused, each with a part of the answer."""

from __future__ import annotations

import copy
import typing as t
from collections.abc import Callable

from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.value import Unreadable

Inventory = dict[str, dict[str, t.Any]]
Change = Callable[[Inventory], object]


def inventory() -> Inventory:
    """Three registries of ours, their coordinator, a Windows station, and two partners."""
    networks = {"management": ["192.0.2.128/28"], "users": ["192.0.2.64/27"], "dns_servers": ["192.0.2.53"], "ntp_servers": ["192.0.2.123"]}
    station = {"matrix": "linksight", "federation": "alps", "roles": ["data_station"], "options": {"peer_grpc_port": 9091}}
    registry = {
        "connectivity_memberships": [{"matrix": "shrine", "federation": "cohort", "roles": ["downstream_site"]}],
        "connectivity_memberships_alps": [station],
        "connectivity_networks": networks,
        "connectivity_defaults": {"ingress": "deny"},
        "connectivity_phases": ["run"],
    }
    hosts: Inventory = {name: {**registry, "ansible_host": f"198.51.100.{last}"} for name, last in (("graz", 1), ("linz", 2), ("wels", 3))}
    hosts["graz"]["connectivity_forward_proxy"] = {"https_proxy": "http://proxy.example.org:3128", "username": "graz", "password": "secret"}
    hosts["kiel"] = {
        "ansible_host": "198.51.100.4",
        "connectivity_memberships": [
            {"matrix": "shrine", "federation": "cohort", "roles": ["hub"]},
            {
                **station,
                "roles": ["data_station", "analysis_hub"],
                "options": {**station.get("options", {}), "hub_tls": "own"},
                "optional_flows": ["certificate"],
            },
        ],
        "connectivity_networks": networks,
    }
    hosts["ulm"] = {"ansible_host": "198.51.100.5", "connectivity_platform": "windows", "connectivity_memberships_alps": [station]}
    for name, last in (("brno", 6), ("cork", 7)):
        hosts[name] = {
            "connectivity_managed": False,
            "connectivity_addresses": [f"203.0.113.{last}"],
            "connectivity_memberships": [station],
        }
    return {name: copy.deepcopy(own) for name, own in hosts.items()}


def put(host: str, variable: str, value: object) -> Change:
    """Give a host another value of a variable."""
    return lambda hosts: hosts[host].update({variable: value})


def rename(host: str, variable: str, other: str) -> Change:
    return lambda hosts: hosts[host].update({other: hosts[host].pop(variable)})


def member(host: str, key: str, value: object, variable: str = "connectivity_memberships") -> Change:
    """Change the first membership of a variable."""
    return lambda hosts: hosts[host][variable][0].update({key: value})


def key(host: str, variable: str, old: str, new: str) -> Change:
    """Rename a key of a mapping."""
    return lambda hosts: hosts[host][variable].update({new: hosts[host][variable].pop(old)})


def lose(host: str, *path: str) -> Change:
    def change(hosts: Inventory) -> None:
        mapping = hosts[host]
        for name in path[:-1]:
            mapping = mapping[name]
        del mapping[path[-1]]

    return change


def everywhere(name: str, value: object) -> Change:
    return lambda hosts: [own.update({name: value}) for own in hosts.values()]


ALPS = "connectivity_memberships_alps"
REFUSED: dict[str, tuple[Change, str]] = {
    "matrix misspelt": (
        member("kiel", "matrix", "shrein"),
        "host kiel: connectivity_memberships[0].matrix: unknown matrix 'shrein'; the catalogue has",
    ),
    "matrix in capitals": (member("kiel", "matrix", "SHRINE"), "(did you mean shrine?); name a file of your own by its path"),
    "role in the plural": (member("linz", "roles", ["data_stations"], ALPS), "unknown role 'data_stations'; linksight has data_station,"),
    "role with capitals": (
        member("linz", "roles", ["Data_Station"], ALPS),
        "unknown role 'Data_Station'; linksight has data_station, analysis_hub, supervisor (did you mean data_station?)",
    ),
    "role not in a list": (
        member("linz", "roles", "data_station", ALPS),
        "connectivity_memberships_alps[0].roles: must be a list, such as [data_station], not 'data_station'",
    ),
    "no role at all": (
        member("linz", "roles", [], ALPS),
        "connectivity_memberships_alps[0].roles: no role; linksight has data_station, analysis_hub, supervisor",
    ),
    "key in the singular": (
        lambda hosts: hosts["linz"][ALPS][0].update(role=hosts["linz"][ALPS][0].pop("roles")),
        "unknown key 'role'; it has matrix, federation, roles,",
    ),
    "federation left out": (
        lambda hosts: hosts["linz"][ALPS][0].pop("federation"),
        "connectivity_memberships_alps[0]: federation is missing: the group of hosts that work together",
    ),
    "federation that YAML reads as a boolean": (
        member("linz", "federation", False, ALPS),
        "connectivity_memberships_alps[0].federation: must be a string, not False",
    ),
    "federation with a blank at its end": (member("linz", "federation", "alps ", ALPS), "'alps ' is not a valid name for a federation"),
    "federation of the hub misspelt": (
        member("kiel", "federation", "cohrt"),
        "shrine.cohort: no partner for the flow hub: no other host of the federation is a hub",
    ),
    "wrong role for the hub": (
        member("kiel", "roles", ["kafka_broker"]),
        "hosts graz, linz, wels: shrine.cohort: no partner for the flow hub",
    ),
    "option misspelt": (
        member("linz", "options", {"peer_gprc_port": 9091}, ALPS),
        "unknown option 'peer_gprc_port'; linksight has deployment, hub_tls, peer_http_port, peer_grpc_port,",
    ),
    "option with capitals": (
        member("linz", "options", {"deployment": "Docker"}, ALPS),
        "unknown value 'Docker'; option deployment has docker, native (did you mean docker?)",
    ),
    "options as a list": (
        member("linz", "options", ["peer_grpc_port: 9091"], ALPS),
        "connectivity_memberships_alps[0].options: must be a mapping, not a list",
    ),
    "port beyond all ports": (
        member("linz", "options", {"peer_grpc_port": 90910}, ALPS),
        "options.peer_grpc_port: must be a port, 1 to 65535, not 90910",
    ),
    "two systems on one port": (
        member("linz", "options", {"peer_grpc_port": 6443}, ALPS),
        "both claim tcp 6443; change shrine_port of shrine.cohort or peer_grpc_port of linksight.alps",
    ),
    "a port that is management's": (member("linz", "options", {"peer_grpc_port": 22}, ALPS), "both claim tcp 22"),
    "optional flow misspelt": (
        member("kiel", "optional_flows", ["Certificate"], "connectivity_memberships"),
        "unknown optional flow 'Certificate'",
    ),
    "optional flows as one word": (
        member("linz", "optional_flows", "all", ALPS),
        "optional_flows: must be a list, such as [secagg]",
    ),
    "version of a system that has none": (
        member("linz", "version", "99", ALPS),
        "version: the matrix linksight ",
    ),
    "version without quotes": (
        put("linz", "connectivity_memberships_own", [{"matrix": "flower", "federation": "f", "roles": ["supernode"], "version": 1.3}]),
        "version: must be a string in quotes, such as",
    ),
    "scope misspelt": (
        member("linz", "federation_scope", "Any", ALPS),
        "unknown value 'Any'; federation_scope has members, any (did you mean any?)",
    ),
    "end without an exception": (member("linz", "federation_scope_until", "2031-01-31", ALPS), "only federation_scope: any has an end"),
    "end in the order of Europe": (
        member("linz", "federation_scope_until", "31.01.2031", ALPS),
        "federation_scope_until: must be a day, such as 2026-12-31,",
    ),
    "end that misspells its key": (
        member("linz", "federation_scope_untill", "2031-01-31", ALPS),
        "unknown key 'federation_scope_untill'; it has",
    ),
    "memberships as a mapping": (
        put("linz", ALPS, {"linksight": {"federation": "alps"}}),
        "connectivity_memberships_alps: must be a list, such as",
    ),
    "memberships that are empty": (put("linz", ALPS, None), "connectivity_memberships_alps: must be a list, such as"),
    "the same membership twice": (
        lambda hosts: hosts["linz"][ALPS].append(hosts["linz"][ALPS][0]),
        "this host is in linksight.alps already; put all its roles into one membership",
    ),
    "two versions of one membership": (
        put(
            "linz",
            "connectivity_memberships_own",
            [{"matrix": "linksight", "federation": "alps", "roles": ["data_station"], "options": {"peer_grpc_port": 9092}}],
        ),
        "option peer_grpc_port of linksight.alps is 9092 here, and 9091 in connectivity_memberships_alps[0]",
    ),
    "variable in the singular": (
        rename("linz", ALPS, "connectivity_membership_alps"),
        "connectivity_membership_alps is not a variable of this collection (did you mean connectivity_memberships_alps?)",
    ),
    "variable in capitals": (
        rename("linz", "connectivity_defaults", "CONNECTIVITY_DEFAULTS"),
        "CONNECTIVITY_DEFAULTS is not a variable of this collection (did you mean connectivity_defaults?)",
    ),
    "variable with a capital": (rename("linz", "connectivity_defaults", "Connectivity_defaults"), "(did you mean connectivity_defaults?)"),
    "variable with a hyphen": (rename("linz", "connectivity_defaults", "connectivity-defaults"), "(did you mean connectivity_defaults?)"),
    "variable without an underscore": (rename("linz", ALPS, "connectivity_membershipsalps"), "(did you mean connectivity_memberships?)"),
    "part of a variable without an underscore": (
        rename("linz", ALPS, "connectivitymemberships_alps"),
        "(did you mean connectivity_memberships_alps?)",
    ),
    "variable in one word": (rename("linz", "connectivity_networks", "connectivitynetworks"), "(did you mean connectivity_networks?)"),
    "variable without its beginning": (
        rename("brno", "connectivity_managed", "connectvity_managed"),
        "(did you mean connectivity_managed?)",
    ),
    "variable with letters that changed places": (
        rename("brno", "connectivity_managed", "connectivity_manged"),
        "(did you mean connectivity_managed?)",
    ),
    "name that is left empty": (
        rename("linz", ALPS, "connectivity_memberships_"),
        "connectivity_memberships_ is not a variable of this collection",
    ),
    "option of a role misspelt": (
        put("linz", "firewall_confirm_timout", 60),
        "firewall_confirm_timout is not a variable of this collection (did you mean firewall_confirm_timeout?)",
    ),
    "default that other firewalls have": (
        put("linz", "connectivity_defaults", {"ingress": "drop"}),
        "connectivity_defaults.ingress: unknown default 'drop'; a direction has unchanged, deny",
    ),
    "direction of another firewall": (
        put("linz", "connectivity_defaults", {"inbound": "deny"}),
        "connectivity_defaults: unknown key 'inbound'; it has ingress, egress",
    ),
    "defaults as one word": (put("linz", "connectivity_defaults", "deny"), "connectivity_defaults: must be a mapping, not a string"),
    "phase that is not one": (
        put("linz", "connectivity_phases", ["runtime"]),
        "connectivity_phases[0]: unknown phase 'runtime'; a flow has install, run (did you mean run?)",
    ),
    "phases as one word": (
        put("linz", "connectivity_phases", "run"),
        "connectivity_phases: must be a list, such as [install, run], not 'run'",
    ),
    "platform with a capital": (
        put("ulm", "connectivity_platform", "Windows"),
        "unknown platform 'Windows'; a host has linux, windows (did you mean windows?)",
    ),
    "firewall of another name": (put("linz", "connectivity_firewall", "iptables"), "unknown firewall 'iptables'; a host has"),
    "managed as a word": (put("brno", "connectivity_managed", "partner"), "connectivity_managed: must be true or false, not 'partner'"),
    "managed as a number": (put("brno", "connectivity_managed", 0), "connectivity_managed: must be true or false, not 0"),
    "address beyond 255": (
        put("brno", "connectivity_addresses", ["203.0.113.600"]),
        "connectivity_addresses[0]: '203.0.113.600' is not a valid IPv4 or IPv6 address or network",
    ),
    "address not in a list": (put("brno", "connectivity_addresses", "203.0.113.6"), "connectivity_addresses: must be a list, such as"),
    "two addresses in one string": (
        put("brno", "connectivity_addresses", ["203.0.113.6, 203.0.113.7"]),
        "'203.0.113.6, 203.0.113.7' is not a valid IPv4 or IPv6 address",
    ),
    "address with the length of its network": (
        put("brno", "connectivity_addresses", ["203.0.113.6/24"]),
        "has host bits set; write 203.0.113.6 (one host) or 203.0.113.0/24 (the network)",
    ),
    "address with zeros before": (
        put("brno", "connectivity_addresses", ["203.000.113.006"]),
        "'203.000.113.006' is not a valid IPv4 or IPv6 address",
    ),
    "everybody's address": (put("brno", "connectivity_addresses", ["0.0.0.0/0"]), "name the host's own"),
    "loopback address": (put("brno", "connectivity_addresses", ["127.0.0.1"]), "is loopback, not an address that others can reach"),
    "no address": (
        put("brno", "connectivity_addresses", []),
        "host brno: linksight.alps: partners need its address; define connectivity_addresses",
    ),
    "name in place of an address": (
        put("linz", "ansible_host", "linz.example.org"),
        "host linz: linksight.alps, shrine.cohort: partners need its address; define connectivity_addresses",
    ),
    "host that a group misspells": (
        lambda hosts: hosts.update(wles={ALPS: hosts["wels"][ALPS]}),
        "host wles: linksight.alps: partners need its address; define connectivity_addresses (neither ansible_host nor its name is one) (",
    ),
    "network misspelt": (
        key("linz", "connectivity_networks", "users", "user"),
        "connectivity_networks: no matrix in use has a network 'user' (did you mean users?)",
    ),
    "network with a capital": (
        key("linz", "connectivity_networks", "users", "Users"),
        "connectivity_networks: no matrix in use has a network 'Users' (did you mean users?)",
    ),
    "network left out": (
        lose("linz", "connectivity_networks", "users"),
        "host linz: shrine.cohort needs the network users for site_users; define connectivity_networks.users",
    ),
    "network not in a list": (
        put("linz", "connectivity_networks", {"users": "192.0.2.64/27"}),
        "connectivity_networks.users: must be a list",
    ),
    "networks as a list": (put("linz", "connectivity_networks", ["192.0.2.64/27"]), "connectivity_networks: must be a mapping, not a list"),
    "network with host bits": (
        put("linz", "connectivity_networks", {"users": ["192.0.2.65/27"]}),
        "'192.0.2.65/27' has host bits set; write 192.0.2.65 (one host) or 192.0.2.64/27 (the network)",
    ),
    "network that is too long": (
        put("linz", "connectivity_networks", {"users": ["192.0.2.64/33"]}),
        "'192.0.2.64/33' is not a valid IPv4 or IPv6 address or network",
    ),
    "proxy without its port": (
        put("graz", "connectivity_forward_proxy", {"https_proxy": "http://proxy.example.org"}),
        "https_proxy: must be the URL of a proxy with its port, such as http://proxy.example.org:3128",
    ),
    "proxy as a URL alone": (
        put("graz", "connectivity_forward_proxy", "http://proxy.example.org:3128"),
        "connectivity_forward_proxy: must be a mapping, not a string",
    ),
    "proxy with a misspelt key": (
        put("graz", "connectivity_forward_proxy", {"https_porxy": "http://proxy.example.org:3128"}),
        "unknown key 'https_porxy'; it has http_proxy, https_proxy, username, password, no_proxy, only (did you mean https_proxy?)",
    ),
    "exceptions of the proxy as one string": (
        put(
            "graz", "connectivity_forward_proxy", {"https_proxy": "http://proxy.example.org:3128", "no_proxy": ".example.org,192.0.2.0/24"}
        ),
        "no_proxy: must be a list, such as [.example.org]",
    ),
    "password without a user": (
        put("graz", "connectivity_forward_proxy", {"https_proxy": "http://proxy.example.org:3128", "password": "secret"}),
        "has a password, but no username",
    ),
    "template of an undefined variable": (
        put("graz", "connectivity_forward_proxy", Unreadable("cannot be templated: 'proxy_pasword' is undefined", "")),
        "connectivity_forward_proxy: cannot be templated: 'proxy_pasword' is undefined",
    ),
    "acceptance without a reason": (
        put("linz", "connectivity_accepted_findings", [{"id": "uncertain-flow", "about": "x"}]),
        "connectivity_accepted_findings[0]: reason is missing",
    ),
    "acceptance of what does not exist": (
        put("linz", "connectivity_accepted_findings", [{"id": "Uncertain_Flow", "about": "x", "reason": "y"}]),
        "unknown finding 'Uncertain_Flow'",
    ),
    "acceptance that ends on no day": (
        put("linz", "connectivity_accepted_findings", [{"id": "uncertain-flow", "about": "x", "reason": "y", "until": "2031-02-30"}]),
        "until: must be a day, such as 2026-12-31",
    ),
    "site with a slash": (put("linz", "connectivity_site", "linz/north"), "'linz/north' is not a valid name for a site"),
    "host with a slash": (
        lambda hosts: hosts.update({"../linz": hosts.pop("linz")}),
        "a name with slashes or a leading dot cannot be a file of the plan; rename it in the inventory",
    ),
    "nobody is a member": (
        lambda hosts: [own.clear() for own in hosts.values()],
        "no host defines connectivity_memberships, so there is nothing to plan; is this the right inventory?",
    ),
}
