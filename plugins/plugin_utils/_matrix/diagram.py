# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A matrix as a Mermaid flowchart: who opens connections to whom, one arrow for each pair of ends."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping

from ...module_utils._plan.protocols import traffic
from .._common.markdown import label
from .services import outside_services

Data = Mapping[str, t.Any]
NAMES_SHOWN = 2


def diagram(data: Data) -> str:
    """The flowchart of a matrix's plain data: what runs between hosts in the current version, dotted inside a tunnel.

    What only the installation needs is left out.
    """
    nodes: dict[str, str] = {}
    arrows: dict[tuple[str, str, bool], list[str]] = {}
    for flow in data["flows"].values():
        inside_host = flow["exposure"] in ("loopback", "host") or "local" in {**flow["initiator"], **flow["responder"]}
        if inside_host or flow["phases"] == ["install"] or "until" in flow:
            continue
        initiators, responders = (_nodes(flow[end]) for end in ("initiator", "responder"))
        nodes |= initiators | responders
        for initiator in initiators:
            for responder in responders:
                ports = arrows.setdefault((initiator, responder, "inside" in flow), [])
                ports += [port for port in _ports(data, flow) if port not in ports]
    return "\n".join(["flowchart LR", *(f"  {node}{shape}" for node, shape in nodes.items()), *_drawn(arrows)])


def _drawn(arrows: Mapping[tuple[str, str, bool], list[str]]) -> Iterator[str]:
    for (initiator, responder, inside), ports in arrows.items():
        arrow = "-.->" if inside else "-->"
        yield f"  {initiator} {arrow}|{label(', '.join(ports))}| {responder}"


def _nodes(end: Data) -> dict[str, str]:
    """The nodes of an endpoint, by id, with their shapes: roles are boxes, networks rounded, what is outside a hexagon."""
    if "services" in end:
        titles = [*end.get("names", ()), *(outside_services()[service].title for service in end["services"])]
        return {"services_" + "_".join([*map(_id, end.get("names", ())), *end["services"]]): "{{" + label(", ".join(titles)) + "}}"}
    ((kind, value),) = end.items()
    if kind == "roles":
        return {f"role_{role}": f"[{label(role)}]" for role in value}
    if kind == "network":
        return {f"network_{value}": f"([{label(value)}])"}
    if kind == "any":
        return {"anybody": "{{" + label("anybody") + "}}"}
    more = f" and {len(value) - NAMES_SHOWN} more" if len(value) > NAMES_SHOWN else ""
    node = "names_" + "_".join(map(_id, value))
    return {node: "{{" + label(", ".join(value[:NAMES_SHOWN]) + more) + "}}"}


def _id(name: str) -> str:
    return name.replace(".", "_").replace("-", "_")


def _ports(data: Data, flow: Data) -> Iterator[str]:
    if not flow.get("ports"):
        yield traffic(flow["protocol"], (), map(str, flow.get("types", ())))
    for port in flow.get("ports", ()):
        if not isinstance(port, Mapping):
            yield f"{flow['protocol']} {port}"
        elif "cases" not in port:
            yield f"{flow['protocol']} {data['options'][port['option']]['default']}"
        else:
            yield from (f"{flow['protocol']} {case}" for case in port["cases"].values())
