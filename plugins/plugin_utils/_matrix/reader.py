# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads a matrix file: syntax, schema, then whatever one place says about another. Every problem is named with its line."""

from __future__ import annotations

import contextlib
import itertools
import typing as t
from collections.abc import Iterator, Mapping

from ...module_utils._plan.ports import bounds
from .._common.addresses import parse_network
from .._common.problems import PlanRefused, did_you_mean, unknown
from .._common.schema import SHOWN, shown, validator
from .._common.texts import escaped, shortened
from .located_yaml import Document, Path, read_yaml
from .model import ENDS, FEDERATION, PHASES, ByOption, Condition, Endpoint, Flow, Matrix, Option, Source, Versions
from .texts import plain_texts
from .versions import Span, Version

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import jsonschema.exceptions

Data = Mapping[str, t.Any]
Finding = tuple[Path, str]

KINDS = {"array": "a list, in brackets", "object": "a mapping", "string": "a string", "integer": "a number"}
"""The types of the schema, as users call them."""

PROBLEMS_SOUGHT = 300
PROBLEMS_SHOWN = 100
LONGEST = 1000
"""The most characters of a message, most of which are the user's own."""


def read_matrix(text: str, file: str, name: str, schema: Data) -> Matrix:
    """Read a matrix.

    Args:
        text: The file's content.
        file: The file, as messages shall name it.
        name: The file's name without ``.yml``; the matrix must be called that.
        schema: The JSON Schema of matrices.

    Raises:
        PlanRefused: with every problem as "file:line: path: what is wrong".
    """
    return _build(read_matrix_data(text, file, name, schema), file)


def read_matrix_data(text: str, file: str, name: str, schema: Data) -> Data:
    """The same as :func:`read_matrix`, as the plain data that the file has; each text of it is on one line."""
    document = read_yaml(text)
    problems = list(document.problems)
    data = document.data
    if not problems:
        data, unfit = plain_texts(data)
        checks = (lambda: unfit, lambda: _against_schema(data, schema), lambda: _against_itself(t.cast(Data, data), name))
        found = next(filter(None, (list(itertools.islice(check(), PROBLEMS_SOUGHT)) for check in checks)), [])
        problems = [_located(document, finding) for finding in found]
    if problems:
        problems.sort(key=lambda problem: problem[0])
        messages = [escaped(f"{file}:{line}: {shortened(problem, LONGEST)}") for line, problem in problems[:PROBLEMS_SHOWN]]
        more = len(problems) - PROBLEMS_SHOWN
        raise PlanRefused([*messages, *([f"{file}: {more} or more further errors"] if more > 0 else [])])
    return t.cast(Data, data)


def _located(document: Document, finding: Finding) -> tuple[int, str]:
    path, text = finding
    written = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")
    return document.line(path), f"{written + ': ' if written else ''}{text}"


def _against_schema(data: object, schema: Data) -> Iterator[Finding]:
    for error in validator(schema).iter_errors(data):
        yield from _explain(error)


def _explain(error: jsonschema.exceptions.ValidationError) -> Iterator[Finding]:
    """Put an error of the schema into a user's words."""
    path: Path = tuple(error.absolute_path)
    rule: t.Any = error.validator_value
    schema: t.Any = error.schema
    described = schema.get("description", "") if isinstance(schema, Mapping) else ""
    wanted = f"; wanted: {described[0].lower()}{described[1:].rstrip('.')}" if described else ""
    if error.validator in ("oneOf", "anyOf") and error.context:
        deepest = max(error.context, key=lambda inner: len(inner.absolute_path))
        if len(deepest.absolute_path) > len(path):
            yield from _explain(deepest)
        else:
            yield path, f"{shown(error.instance)} does not fit{wanted}"
    elif error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = list(schema["properties"])
        for key in error.instance:
            if key not in known:
                yield (*path, key), f"unknown key; known are {', '.join(known)}{did_you_mean(key, known)}"
    elif error.validator == "enum":
        yield path, f"{shown(error.instance)} is none of {', '.join(map(str, rule))}{_read_otherwise(error.instance)}"
    elif error.validator == "type":
        yield path, f"must be {KINDS[rule]}, not {shown(error.instance)}{wanted}{_read_otherwise(error.instance)}"
    elif error.validator == "uniqueItems":
        yield path, f"{shown(error.message)} stands here twice; keep one"
    elif error.validator == "pattern":
        key = (str(error.instance),) if "propertyNames" in error.absolute_schema_path else ()
        yield (*path, *key), f"{shown(error.instance)} does not fit{wanted or f'; wanted: {rule}'}"
    elif error.validator == "required":
        for key in rule:
            if key not in t.cast(Data, error.instance):
                yield path, f"{key} is missing"
    elif schema is False:
        yield path, f"{shown(error.instance)} does not belong here; remove its key"
    else:
        yield path, f"{shortened(error.message, SHOWN)}{wanted}"


def _read_otherwise(value: object) -> str:
    """YAML's own reading of what was meant as a text."""
    if isinstance(value, bool):
        return "; YAML reads yes, no, on and off as true or false: put quotes around a string"
    return "; nothing stands behind the colon" if value is None else ""


def _against_itself(data: Data, name: str) -> Iterator[Finding]:
    """What the schema cannot say: the names of one place that another refers to, and what makes no sense together."""
    if data["matrix"] != name:
        yield ("matrix",), f"the file is called {name}.yml; name the matrix {name!r} or rename the file"
    if "versions" in data and not _version(data["versions"], "oldest") < _version(data["versions"], "current"):
        yield ("versions", "oldest"), "must come before current; leave versions out where they make no difference"
    for flow_id, flow in data["flows"].items():
        for path, text in (*_flow_findings(data, flow_id, flow), *_version_findings(data, flow)):
            yield ("flows", flow_id, *path), text
    for index, trap in enumerate(data.get("traps", ())):
        for path, text in _trap_findings(data, trap):
            yield ("traps", index, *path), text


def _trap_findings(data: Data, trap: Data) -> Iterator[Finding]:
    for index, flow in enumerate(trap.get("flows", ())):
        if flow not in data["flows"]:
            yield ("flows", index), unknown("flow", flow, "the matrix", data["flows"])
    yield from _citation_findings(data, [(("citations", index), citation) for index, citation in enumerate(trap["citations"])])


def _flow_findings(data: Data, flow_id: str, flow: Data) -> Iterator[Finding]:
    yield from _end_findings(data, flow)
    yield from _option_findings(data, flow)
    for key in ("inside", "fallback_for"):
        if key in flow and flow[key] not in data["flows"]:
            yield (key,), unknown("flow", flow[key], "the matrix", data["flows"])
    for index, port in enumerate(flow["ports"]):
        for written in port.get("cases", {}).values() if isinstance(port, Mapping) else (port,):
            low, high = bounds(str(written))
            if isinstance(written, str) and not low < high <= 65535:
                yield ("ports", index), f"{written!r} is not an ascending range of ports up to 65535"
    if flow["proxy"] == "allowed" and flow["protocol"] != "tcp":
        yield ("proxy",), f"an HTTP forward proxy does not carry {flow['protocol']}; say forbidden"
    yield from _tunnel_findings(data, flow_id, flow)
    cited: list[tuple[Path, str]] = [(("citations", index), citation) for index, citation in enumerate(flow.get("citations", ()))]
    needed = flow.get("middleboxes", {}).get("citations", ())
    cited += [(("middleboxes", "citations", index), citation) for index, citation in enumerate(needed)]
    cited += [(("disputed_by", index), dispute["citation"]) for index, dispute in enumerate(flow.get("disputed_by", ()))]
    yield from _citation_findings(data, cited)


def _tunnel_findings(data: Data, flow_id: str, flow: Data) -> Iterator[Finding]:
    if "tunnel_networks" in flow and not any(other.get("inside") == flow_id for other in data["flows"].values()):
        yield ("tunnel_networks",), "no flow is inside of this one, so it carries no networks"
    for index, network in enumerate(flow.get("tunnel_networks", ())):
        try:
            parse_network(network)
        except ValueError as error:
            yield ("tunnel_networks", index), str(error)


def _citation_findings(data: Data, cited: list[tuple[Path, str]]) -> Iterator[Finding]:
    for path, citation in cited:
        document = citation.partition(":")[0]
        if document not in data.get("documents", {}):
            yield path, unknown("document", document, "documents", data.get("documents", {}))


def _version_findings(data: Data, flow: Data) -> Iterator[Finding]:
    bounds = {key: Version(flow[key]) for key in ("since", "until") if key in flow}
    if bounds and "versions" not in data:
        yield (min(bounds),), "the matrix does not say which versions it describes; add versions: {oldest: ..., current: ...}"
        return
    for key, bound in bounds.items():
        if not _version(data["versions"], "oldest") < bound:
            rest = {"since": "leave it out, as all have the flow", "until": "leave the flow out, as none has it"}[key]
            yield (key,), f"the matrix describes no version before {data['versions']['oldest']}; {rest}"
    if len(bounds) == 2 and not bounds["since"] < bounds["until"]:
        yield ("until",), "must come after since: it is the first version that has the flow no more"


def _end_findings(data: Data, flow: Data) -> Iterator[Finding]:
    for end in ENDS:
        for index, role in enumerate(flow[end].get("roles", ())):
            if role not in data["roles"]:
                yield (end, "roles", index), unknown("role", role, "the matrix", data["roles"])
        network = flow[end].get("network")
        if network is not None and network not in data.get("networks", {}):
            yield (end, "network"), unknown("network", network, "the matrix", data.get("networks", {}))
    if not any("roles" in flow[end] for end in ENDS):
        yield (), "neither end has roles, so nobody would get a rule; give one end its roles"


def _option_findings(data: Data, flow: Data) -> Iterator[Finding]:
    options = data.get("options", {})
    conditions = flow.get("when", {})
    uses: list[tuple[Path, str, Data | None]] = [(("when", option), option, dict.fromkeys(values)) for option, values in conditions.items()]
    uses += [(("ports", index), port["option"], port.get("cases")) for index, port in enumerate(flow["ports"]) if isinstance(port, Mapping)]
    uses += [
        (("placement", end), placement["option"], placement["cases"])
        for end, placement in flow.get("placement", {}).items()
        if isinstance(placement, Mapping)
    ]
    mechanisms = flow.get("proxy_mechanisms")
    if isinstance(mechanisms, Mapping):
        uses.append((("proxy_mechanisms",), mechanisms["option"], mechanisms["cases"]))
    for path, name, cases in uses:
        if name not in options:
            yield path, unknown("option", name, "the matrix", options)
            continue
        choices = options[name].get("choices", ())
        if cases is None and choices:
            yield path, f"option {name} is not a port; say with cases which port belongs to {', '.join(choices)}"
        if cases is not None:
            for value in cases:
                if value not in choices:
                    yield path, unknown("value", value, f"option {name}", choices)
            missing = [value for value in conditions.get(name, choices) if value not in cases and value in choices]
            if path[0] != "when" and missing:
                yield path, f"no case for {', '.join(missing)} of option {name}"
        owner = options[name]["owner"]
        if owner != FEDERATION and _decider(flow, owner) is None:
            yield path, f"option {name} belongs to the {owner}, which has no roles here"
        elif path[0] == "placement" and owner not in (FEDERATION, path[1]) and "local" not in flow[owner]:
            yield path, f"option {name} belongs to the {owner}, so it cannot place the {path[1]}"
        elif path[0] == "proxy_mechanisms" and owner == "responder":
            yield path, f"option {name} belongs to the responder, but the initiator uses the proxy"
        elif path[0] == "ports" and owner == "initiator" and "roles" in flow["responder"] and "local" not in flow["initiator"]:
            yield path, f"option {name} belongs to the initiator, but a port is where the responder listens"


def _decider(flow: Data, owner: str) -> str | None:
    """Whose value of an option counts in a flow: the owner's, or where the owner is the same host, the other end's."""
    if owner == FEDERATION or "roles" in flow[owner]:
        return owner
    other = next(end for end in ENDS if end != owner)
    return other if "local" in flow[owner] else None


def _build(data: Data, file: str) -> Matrix:
    options = {name: _option(name, option) for name, option in data.get("options", {}).items()}
    versions = data.get("versions")
    return Matrix(
        name=data["matrix"],
        title=data["title"],
        file=file,
        roles={name: tuple(role.get("default_deny", ())) for name, role in data["roles"].items()},
        options=options,
        networks=tuple(data.get("networks", ())),
        essential_networks=frozenset(name for name, network in data.get("networks", {}).items() if network.get("essential")),
        flows={flow_id: _flow(flow_id, flow, options, data.get("documents", {})) for flow_id, flow in data["flows"].items()},
        versions=Versions(_version(versions, "oldest"), _version(versions, "current")) if versions else None,
    )


def _option(name: str, option: Data) -> Option:
    choices = tuple(option.get("choices", ()))
    return Option(name, option["owner"], choices, choices[0] if choices else option["default"])


def _flow(flow_id: str, flow: Data, options: Mapping[str, Option], documents: Data) -> Flow:
    return Flow(
        id=flow_id,
        purpose=flow["purpose"],
        ends={end: _endpoint(flow[end]) for end in ENDS},
        protocol=flow["protocol"],
        ports=tuple(_by_option(port) for port in flow["ports"]),
        conditions=tuple(
            Condition(option, tuple(values), t.cast(str, _decider(flow, options[option].owner)))
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
        confidence=flow.get("confidence"),
        disputed="disputed_by" in flow,
        long_lived=flow.get("long_lived", False),
        middleboxes={key: value for key, value in flow.get("middleboxes", {}).items() if key != "citations"},
        documents=tuple(_sources(flow, documents)),
        versions=Span(*(_version(flow, key) if key in flow else None for key in ("since", "until"))),
    )


def _sources(flow: Data, documents: Data) -> Iterator[Source]:
    sections: dict[str, list[str]] = {}
    for citation in (*flow.get("citations", ()), *flow.get("middleboxes", {}).get("citations", ())):
        document, _colon, section = citation.partition(": ")
        sections.setdefault(document, []).append(section)
    for document, found in sections.items():
        yield Source(documents[document]["title"], documents[document].get("url"), tuple(dict.fromkeys(found)))


def _version(data: Data, key: str) -> Version:
    return Version(data[key])


def _endpoint(end: Data) -> Endpoint:
    ((kind, values),) = end.items()
    return Endpoint(kind, () if values is True else (values,) if isinstance(values, str) else tuple(values))


def _mechanisms(value: t.Any) -> tuple[str, ...] | ByOption:
    return ByOption(value["option"], value["cases"]) if isinstance(value, Mapping) else tuple(value)


def _by_option(value: t.Any) -> t.Any:
    return ByOption(value["option"], value.get("cases")) if isinstance(value, Mapping) else value
