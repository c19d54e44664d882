# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What ``roles/firewall/files/windows/state.ps1`` read on a host: profiles and rules in force, those of Group Policy included."""

from __future__ import annotations

import contextlib
import ipaddress
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ...module_utils._plan.ports import bounds
from .._common.shapes import Shape, exact, flag, list_of, mapping_of, one_of, record

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import netaddr

PROFILES = ("Domain", "Private", "Public")
DIRECTIONS = {"in": "Inbound", "out": "Outbound"}
_PROTOCOLS = {"6": "tcp", "17": "udp"}

_TEXT = exact(r"[^\x00-\x1f\x7f-\x9f]*", 2000)
_TEXTS = list_of(_TEXT, 20_000)
_DEFAULT = one_of("Block", "Allow", "NotConfigured")
_CONFIGURED = mapping_of(PROFILES, record({"inbound": _DEFAULT, "outbound": _DEFAULT}))
_REMEMBERED = mapping_of(PROFILES, mapping_of(("inbound", "outbound"), _DEFAULT))
_PROFILE = record(dict.fromkeys(("name", "enabled", "inbound", "outbound", "local_rules", "inbound_rules"), _TEXT))
_PLACES = dict.fromkeys(("local_ports", "remote_ports", "remote_addresses"), _TEXTS)
_RULE = record({**dict.fromkeys(("name", "direction", "action", "source", "protocol", "program", "package", "service"), _TEXT), **_PLACES})
_FOUND: Shape = record(
    {
        "profiles": list_of(_PROFILE, 10),
        "others": list_of(_RULE, 20_000),
        "ours": _TEXTS,
        "taken": _TEXTS,
        "configured": _CONFIGURED,
        "remembered": _REMEMBERED,
        "pending": flag,
        "directory": _TEXT,
    }
)


class Profile(t.NamedTuple):
    """A profile as it is in force.

    Attributes:
        inbound: What happens to connections that no rule names: ``Block`` or ``Allow``.
        local_rules: Whether rules of the host itself count, and not those of Group Policy alone.
        inbound_rules: Whether rules that allow count; not so where everything is refused ("shields up").
    """

    name: str
    enabled: bool
    inbound: str
    outbound: str
    local_rules: bool
    inbound_rules: bool


class OthersRule(t.NamedTuple):
    """A rule in force that is not ours.

    Attributes:
        direction: ``in`` or ``out``.
        ports: Ranges of the responder's ports; None where the rule names none, or names them by keyword.
        addresses: The peers; None where the rule names none, or names them by keyword.
        program: The program that it is limited to, or "".
        scoped: Whether it is limited to a service or to an app of the store.
    """

    name: str
    direction: str
    allows: bool
    protocol: str
    ports: tuple[tuple[int, int], ...] | None
    addresses: netaddr.IPSet | None
    program: str
    scoped: bool
    source: str


class State(t.NamedTuple):
    """What was read on one host.

    Attributes:
        ours: Names of the rules in our group.
        taken: Names like ours in another group.
        configured: Profile -> direction (``inbound``, ``outbound``) -> the default that the host itself has configured.
        remembered: The same, as it was before a default of deny was first enforced.
        pending: Whether an earlier change still waits to be confirmed or taken back.
    """

    profiles: tuple[Profile, ...]
    others: tuple[OthersRule, ...]
    ours: tuple[str, ...]
    taken: tuple[str, ...]
    configured: Mapping[str, Mapping[str, str]]
    remembered: Mapping[str, Mapping[str, str]]
    pending: bool
    directory: str


def read_state(found: object) -> State:
    """Read the script's result, which is a stranger's word.

    Raises:
        Unusable: it does not have the shape of the script's result.
    """
    data = _FOUND(found, "")
    return State(
        tuple(_profile(entry) for entry in data["profiles"]),
        tuple(_others_rule(entry) for entry in data["others"]),
        tuple(sorted(data["ours"])),
        tuple(sorted(data["taken"])),
        data["configured"],
        data["remembered"],
        data["pending"],
        data["directory"],
    )


def addresses_of(texts: Iterable[str]) -> netaddr.IPSet | None:
    """Addresses, CIDRs, address/mask and ranges as one set; None where one of them is a keyword such as LocalSubnet, or ``Any``."""
    found: list[netaddr.IPRange | netaddr.IPNetwork] = []
    for text in texts:
        first, dash, last = text.partition("-")
        try:
            found.append(netaddr.IPRange(first, last) if dash else netaddr.IPNetwork(str(ipaddress.ip_network(text, strict=False))))
        except (ValueError, netaddr.AddrFormatError):
            return None
    return netaddr.IPSet(found)


def _profile(entry: Mapping[str, t.Any]) -> Profile:
    return Profile(
        entry["name"],
        entry["enabled"] == "True",
        entry["inbound"],
        entry["outbound"],
        entry["local_rules"] != "False",
        entry["inbound_rules"] != "False",
    )


def _others_rule(entry: Mapping[str, t.Any]) -> OthersRule:
    inbound = entry["direction"] == DIRECTIONS["in"]
    protocol = str(entry["protocol"]).casefold()
    return OthersRule(
        entry["name"],
        "in" if inbound else "out",
        entry["action"] == "Allow",
        _PROTOCOLS.get(protocol, protocol),
        _ports(entry["local_ports" if inbound else "remote_ports"]),
        addresses_of(entry["remote_addresses"]),
        "" if entry["program"] in ("Any", "System") else entry["program"],
        entry["service"] != "Any" or bool(entry["package"]),
        entry["source"],
    )


def _ports(texts: Sequence[str]) -> tuple[tuple[int, int], ...] | None:
    try:
        return tuple(map(bounds, texts))
    except ValueError:
        return None
