# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the schema of matrices cannot say: whether one place of a matrix fits the others."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._plan.ports import bounds
from ...module_utils._plan.words import LOOPBACK, PUBLISHED
from .._common.addresses import parse_network
from .._common.problems import unknown
from .data import Data, Finding, decider
from .located_yaml import Path
from .model import ENDS, FEDERATION, INITIATOR, RESPONDER
from .protocol_checks import protocol_findings
from .services import outside_services
from .versions import Version

HOST_NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def cross_findings(data: Data, name: str) -> Iterator[Finding]:
    """What the schema cannot say: the names of one place that another refers to, and what makes no sense together."""
    if data["matrix"] != name:
        yield ("matrix",), f"the file is called {name}.yml; name the matrix {name!r} or rename the file"
    versions = data.get("versions", {})
    if "oldest" in versions and Version(versions["current"]) < Version(versions["oldest"]):
        yield ("versions", "oldest"), "must not come after current; both are the same where the matrix describes one version"
    for option_name, option in data.get("options", {}).items():
        yield from ((("options", option_name, key), text) for key, text in _text_option_findings(option))
    for role, said in data["roles"].items():
        for path, text in _containment_findings(data, said.get("contained")):
            yield ("roles", role, "contained", *path), text
        for path, text in _value_findings(data, said.get("when", {})):
            yield ("roles", role, "when", *path), text
    for flow_id, flow in data["flows"].items():
        for path, text in (*_flow_findings(data, flow_id, flow), *_version_findings(data, flow)):
            yield ("flows", flow_id, *path), text
    for index, trap in enumerate(data.get("traps", ())):
        for path, text in _statement_findings(data, trap):
            yield ("traps", index, *path), text
    for index, question in enumerate(data.get("questions", ())):
        for path, text in _statement_findings(data, question):
            yield ("questions", index, *path), text


def _text_option_findings(option: Data) -> Iterator[tuple[str, str]]:
    if option.get("type") != "text":
        return
    try:
        matches = re.fullmatch(option["pattern"], option["example"])
    except re.error as error:
        yield "pattern", f"is not a valid regular expression: {error}"
        return
    if not matches:
        yield "example", "does not match the pattern of the option"


def _value_findings(data: Data, values: Data) -> Iterator[Finding]:
    """What is wrong with options and their values that decide a role, or whether a flow is open or has TLS."""
    options = data.get("options", {})
    for name, wanted in values.items():
        if name not in options:
            yield (name,), unknown("option", name, "the matrix", options)
        else:
            choices = options[name].get("choices", ())
            yield from (((name,), unknown("value", value, f"option {name}", choices)) for value in wanted if value not in choices)


def _containment_findings(data: Data, contained: Data | None) -> Iterator[Finding]:
    """What a role says about its containers refers to options of the matrix."""
    options = data.get("options", {})
    if contained is None:
        return
    named: list[tuple[Path, str, list[str]]] = [(("when",), name, values) for name, values in contained["when"].items()]
    named += [(("impossible", index), one["option"], [one["value"]]) for index, one in enumerate(contained.get("impossible", ()))]
    for path, name, values in named:
        if name not in options:
            yield path, unknown("option", name, "the matrix", options)
        elif not set(values) <= set(options[name].get("choices", ())):
            yield path, f"the option {name} does not have all of these values: {', '.join(values)}"
    bridge = contained["bridge"]["option"]
    if bridge not in options:
        yield ("bridge", "option"), unknown("option", bridge, "the matrix", options)
    elif options[bridge].get("type") != "text":
        yield ("bridge", "option"), f"the option {bridge} is not a text"
    if "known_by" in contained:
        known_by = contained["known_by"]["flow"]
        flow = data["flows"].get(known_by)
        if flow is None:
            yield ("known_by", "flow"), unknown("flow", known_by, "the matrix", data["flows"])
        elif flow["exposure"] != LOOPBACK or flow.get("placement", {}).get(RESPONDER) != PUBLISHED:
            yield ("known_by", "flow"), f"{known_by} does not have exposure: loopback and placement: {{responder: published}}"


def _statement_findings(data: Data, statement: Data) -> Iterator[Finding]:
    """A trap, or a question with its answer."""
    for index, flow in enumerate(statement.get("flows", ())):
        if flow not in data["flows"]:
            yield ("flows", index), unknown("flow", flow, "the matrix", data["flows"])
    yield from _citation_findings(data, [(("citations", index), citation) for index, citation in enumerate(statement["citations"])])


def _flow_findings(data: Data, flow_id: str, flow: Data) -> Iterator[Finding]:
    yield from _end_findings(data, flow)
    yield from _option_findings(data, flow)
    for key in ("inside", "fallback_for"):
        if key in flow and flow[key] not in data["flows"]:
            yield (key,), unknown("flow", flow[key], "the matrix", data["flows"])
    for index, port in enumerate(flow.get("ports", ())):
        for written in port.get("cases", {}).values() if isinstance(port, Mapping) else (port,):
            low, high = bounds(str(written))
            if isinstance(written, str) and not low < high <= 65535:
                yield ("ports", index), f"{written!r} is not an ascending range of ports up to 65535"
    yield from protocol_findings(flow)
    if flow["proxy"] == "allowed" and flow["protocol"] != "tcp":
        yield ("proxy",), f"an HTTP forward proxy does not carry {flow['protocol']}; say forbidden"
    for key, needed_key, needed_value in (("opened_by", "necessity", "optional"), ("without_tls", "tls", "optional")):
        if key in flow:
            yield from (((key, *path), text) for path, text in _value_findings(data, flow[key]))
            if flow[needed_key] != needed_value:
                yield (key,), f"belongs to a flow with {needed_key}: {needed_value}; this one has {flow[needed_key]}"
    if "responder_names" in flow:
        option = flow["responder_names"]["option"]
        if data.get("options", {}).get(option, {}).get("type") != "text":
            yield ("responder_names", "option"), f"{option} is not an option of the matrix with type: text"
        else:
            if data["options"][option]["owner"] != FEDERATION:
                yield ("responder_names", "option"), f"{option} is not the federation's, so its members may name different hosts"
            example = str(data["options"][option]["example"])
            for index, name in enumerate(flow["responder_names"]["names"]):
                if not HOST_NAME.fullmatch(name.replace("{}", example)):
                    yield ("responder_names", "names", index), f"with {example} this is not a full host name in lower case"
        if "any" not in flow[RESPONDER]:
            yield ("responder_names",), "these names stand in place of the whole Internet, but the responder is not any: true"
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
    if bounds and "oldest" not in data.get("versions", {}):
        yield (min(bounds),), "the matrix does not say which versions it describes; add versions: {oldest: ..., current: ...}"
        return
    for key, bound in bounds.items():
        if not Version(data["versions"]["oldest"]) < bound:
            rest = {"since": "leave it out, as all have the flow", "until": "leave the flow out, as none has it"}[key]
            yield (key,), f"the matrix describes no version before {data['versions']['oldest']}; {rest}"
    if len(bounds) == 2 and not bounds["since"] < bounds["until"]:
        yield ("until",), "must come after since: it is the first version without the flow"


def _end_findings(data: Data, flow: Data) -> Iterator[Finding]:
    for end in ENDS:
        for index, role in enumerate(flow[end].get("roles", ())):
            if role not in data["roles"]:
                yield (end, "roles", index), unknown("role", role, "the matrix", data["roles"])
        for index, service in enumerate(flow[end].get("services", ())):
            if service not in outside_services():
                known = outside_services()
                text = unknown("service", service, "the shared outside services", known)
                yield (end, "services", index), f"{text}; write the host names of any other service in names"
        network = flow[end].get("network")
        if network is not None and network not in data.get("networks", {}):
            yield (end, "network"), unknown("network", network, "the matrix", data.get("networks", {}))
    if not any("roles" in flow[end] for end in ENDS):
        yield (), "neither end has roles, so nobody would get a rule; give one end its roles"


class _Use(t.NamedTuple):
    """A place of a flow whose meaning an option decides; without ``cases`` the option's own value stands there."""

    path: Path
    option: str
    cases: Data | None


def _option_findings(data: Data, flow: Data) -> Iterator[Finding]:
    options = data.get("options", {})
    for use in _uses(flow):
        if use.option not in options:
            yield use.path, unknown("option", use.option, "the matrix", options)
            continue
        option = options[use.option]
        for text in (*_case_errors(use, option.get("choices", ()), flow), *_owner_errors(use, option["owner"], flow)):
            yield use.path, text


def _uses(flow: Data) -> Iterator[_Use]:
    for option, values in flow.get("when", {}).items():
        yield _Use(("when", option), option, dict.fromkeys(values))
    places: list[tuple[Path, t.Any]] = [(("ports", index), port) for index, port in enumerate(flow.get("ports", ()))]
    places += [(("placement", end), placement) for end, placement in flow.get("placement", {}).items()]
    places += [((key,), flow.get(key)) for key in ("proxy_mechanisms", "listens")]
    for path, value in places:
        if isinstance(value, Mapping):
            yield _Use(path, value["option"], value.get("cases"))


def _case_errors(use: _Use, choices: Sequence[str], flow: Data) -> Iterator[str]:
    """What is wrong with the values of an option that a place names."""
    if use.cases is None:
        if choices:
            yield f"option {use.option} is not a port; say with cases which port belongs to {', '.join(choices)}"
        return
    for value in use.cases:
        if value not in choices:
            yield unknown("value", value, f"option {use.option}", choices)
    possible = flow.get("when", {}).get(use.option, choices)
    missing = [value for value in possible if value not in use.cases and value in choices]
    if use.path[0] != "when" and missing:
        yield f"no case for {', '.join(missing)} of option {use.option}"


def _owner_errors(use: _Use, owner: str, flow: Data) -> Iterator[str]:
    """What the owner of an option cannot decide about a flow."""
    place = use.path[0]
    if owner != FEDERATION and decider(flow, owner) is None:
        yield f"option {use.option} belongs to the {owner}, which has no roles here"
    elif place == "placement" and owner not in (FEDERATION, use.path[1]) and "local" not in flow[owner]:
        yield f"option {use.option} belongs to the {owner}, so it cannot place the {use.path[1]}"
    elif place == "proxy_mechanisms" and owner == RESPONDER:
        yield f"option {use.option} belongs to the responder, but the initiator uses the proxy"
    elif place in ("ports", "listens") and owner == INITIATOR and "roles" in flow[RESPONDER] and "local" not in flow[INITIATOR]:
        yield f"option {use.option} belongs to the initiator, but a port is where the responder listens"
