# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Makes the model of a matrix from the data of its file."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping

from ...module_utils._plan.protocols import type_names
from ...module_utils._plan.words import PHASES
from .._common.texts import one_line
from .data import Data, decider
from .model import ENDS, ByOption, Condition, Containment, Endpoint, Flow, Matrix, NamesByText, Option, OptionValues, Source, Trap, Versions
from .services import names_with_services, used_services
from .versions import Span, Version


def build(data: Data, file: str) -> Matrix:
    """The model of a matrix in which nothing is wrong: :func:`schema_findings` and :func:`cross_findings` found nothing in its data."""
    options = {name: _option(name, option) for name, option in data.get("options", {}).items()}
    versions = data.get("versions", {})
    return Matrix(
        name=data["matrix"],
        title=data["title"],
        file=file,
        roles={name: tuple(role.get("default_deny", ())) for name, role in data["roles"].items()},
        options=options,
        networks=tuple(data.get("networks", ())),
        essential_networks=frozenset(name for name, network in data.get("networks", {}).items() if network.get("essential")),
        flows={flow_id: _flow(flow_id, flow, options, data.get("documents", {})) for flow_id, flow in data["flows"].items()},
        versions=Versions(Version(versions["oldest"]), Version(versions["current"])) if "oldest" in versions else None,
        role_conditions={name: _values(role["when"]) for name, role in data["roles"].items() if "when" in role},
        containments={name: _containment(role["contained"]) for name, role in data["roles"].items() if "contained" in role},
        traps=tuple(Trap(one_line(trap["trap"]), tuple(trap.get("flows", ()))) for trap in data.get("traps", ())),
    )


def _containment(contained: Data) -> Containment:
    impossible = tuple((one["option"], one["value"], one_line(one["advice"])) for one in contained.get("impossible", ()))
    bridge, known_by = contained["bridge"], contained.get("known_by", {})
    return Containment(
        _values(contained["when"]),
        bridge["option"],
        bridge["usual"],
        one_line(contained["advice"]),
        impossible,
        known_by.get("flow", ""),
        tuple(map(str, sorted(known_by.get("container_ports", ())))),
    )


def _option(name: str, option: Data) -> Option:
    choices = tuple(option.get("choices", ()))
    default = choices[0] if choices else option.get("default")
    return Option(name, option["owner"], choices, default, option.get("pattern"), option.get("example", ""))


def _names_by_text(data: Data) -> NamesByText:
    return NamesByText(data["option"], tuple(data["names"]))


def _values(data: Data) -> OptionValues:
    return {name: tuple(values) for name, values in data.items()}


def _flow(flow_id: str, flow: Data, options: Mapping[str, Option], documents: Data) -> Flow:
    return Flow(
        id=flow_id,
        purpose=flow["purpose"],
        ends={end: _endpoint(flow[end]) for end in ENDS},
        protocol=flow["protocol"],
        ports=tuple(_by_option(port) for port in flow.get("ports", ())),
        conditions=tuple(
            Condition(option, tuple(values), t.cast(str, decider(flow, options[option].owner)))
            for option, values in flow.get("when", {}).items()
        ),
        placements={end: _by_option(placement) for end, placement in flow.get("placement", {}).items()},
        application=flow["application"],
        tls=flow["tls"],
        necessity=flow["necessity"],
        phases=tuple(phase for phase in PHASES if phase in flow["phases"]),
        fallback_for=flow.get("fallback_for"),
        proxy=flow["proxy"],
        proxy_mechanisms=_mechanisms(flow.get("proxy_mechanisms", ())),
        tunnel_networks=tuple(flow.get("tunnel_networks", ())),
        inspection=flow["inspection"],
        inspection_reason=flow.get("inspection_reason"),
        exposure=flow["exposure"],
        inside=flow.get("inside"),
        dynamic=flow.get("dynamic", False),
        closed_to_others=flow.get("closed_to_others", True),
        listens=_by_option(flow.get("listens")),
        confidence=flow.get("confidence"),
        disputed="disputed_by" in flow,
        long_lived=flow.get("long_lived", False),
        middleboxes={key: value for key, value in flow.get("middleboxes", {}).items() if key != "citations"},
        documents=tuple(_sources(flow, documents)),
        versions=Span(*(Version(flow[key]) if key in flow else None for key in ("since", "until"))),
        notes=one_line(flow.get("notes", "")),
        responder_names=_names_by_text(flow["responder_names"]) if "responder_names" in flow else None,
        opened_by=_values(flow.get("opened_by", {})),
        without_tls=_values(flow.get("without_tls", {})),
        types=type_names(flow["protocol"], map(str, flow.get("types", ()))),
    )


def _sources(flow: Data, documents: Data) -> Iterator[Source]:
    sections: dict[str, list[str]] = {}
    for citation in (*flow.get("citations", ()), *flow.get("middleboxes", {}).get("citations", ())):
        document, _colon, section = citation.partition(": ")
        sections.setdefault(document, []).append(section)
    for document, found in sections.items():
        yield Source(documents[document]["title"], documents[document].get("url"), tuple(dict.fromkeys(found)))
    for service in used_services(flow[end] for end in ENDS):
        yield from service.documents


def _endpoint(end: Data) -> Endpoint:
    if "services" in end:
        return Endpoint("names", names_with_services(end))
    ((kind, values),) = end.items()
    return Endpoint(kind, () if values is True else (values,) if isinstance(values, str) else tuple(values))


def _mechanisms(value: t.Any) -> tuple[str, ...] | ByOption:
    return ByOption(value["option"], value["cases"]) if isinstance(value, Mapping) else tuple(value)


def _by_option(value: t.Any) -> t.Any:
    return ByOption(value["option"], value.get("cases")) if isinstance(value, Mapping) else value
