# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The page of a matrix, for those who have to open its ports: everything that the YAML says, in Markdown."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping

from .._common.markdown import code, fenced, link, table, text
from .diagram import Data, diagram
from .middleboxes import LONG_LIVED, demands
from .model import ENDS, Source
from .services import Service, outside_services, used_services

TLS = {
    "none": "no TLS",
    "optional": "TLS if the operator wants it",
    "server": "TLS, the server has a certificate",
    "mutual": "TLS, both have certificates",
    "tofu": "TLS, the certificate is trusted on first use",
    "sasl_ssl": "TLS with SASL",
    "wireguard": "WireGuard",
    "unknown": "not documented",
}
PROXY = {"allowed": "possible", "forbidden": "not possible", "unknown": "not documented"}
INSPECTION = {
    "exclude": "to be excluded",
    "allowed_with_ca": "possible, if the initiator trusts the middlebox's CA",
    "not_applicable": "does not concern it",
    "unknown": "not documented",
}
EXPOSURE = {
    "loopback": "the host itself, on loopback addresses",
    "host": "processes and containers of the host",
    "site": "the site",
    "partners": "partners",
    "internet": "the Internet",
}


LISTENS = {
    "all": "on all addresses",
    "loopback": "on loopback addresses",
    "in_use": "only where the flow is used",
}


class Seen(t.NamedTuple):
    """What was seen of the real software. ``software``: its name and version; ``link``: where the page about it is; ``flows``: in words."""

    software: str
    link: str
    flows: Mapping[str, str]


def matrix_page(data: Data, example: str | None = None, seen: Seen | None = None) -> str:
    """The page.

    Args:
        data: The plain data of a matrix that was found to be valid.
        example: An example inventory, as YAML text.
        seen: What was seen of the real software, if it has been run.
    """
    return "\n".join(_page(data, example, seen)).rstrip("\n") + "\n"


def matrix_index(matrices: Iterable[Data]) -> str:
    """The list of pages, one row for each matrix, which is at ``<name>.md``."""
    rows = [
        (f"[{text(data['title'])}]({data['matrix']}.md)", code(data["matrix"]), str(len(data["flows"])), text(data["description"]))
        for data in matrices
    ]
    head = [
        "# Communication matrices",
        "",
        "Made from the YAML files of the catalogue by `make docs`. `make docs MATRIX=path` makes the page of a file of your own beside it.",
        "",
    ]
    services = [
        (text(service.title), code(name), ", ".join(map(code, service.names)), "; ".join(map(_source, service.documents)))
        for name, service in outside_services().items()
    ]
    shared = ["## Outside services", "", "Matrices refer to these by the short name. The host names stand in one file for all of them.", ""]
    tables = [
        *table(("system", "`matrix:`", "flows", ""), rows),
        *shared,
        *table(("service", "`services:`", "host names", "source"), services),
    ]
    return "\n".join([*head, *tables]).rstrip("\n") + "\n"


def _page(data: Data, example: str | None, seen: Seen | None) -> Iterator[str]:
    yield from (f"# {text(data['title'])}", "", text(data["description"]), "")
    if "versions" in data:
        yield from (_versions(data["versions"]), "")
    if seen is not None:
        yield from (f"The rules were tried with the real software: {link(seen.software, seen.link)}.", "")
    yield from ("What runs between hosts, from the end that opens the connection; dotted inside a tunnel:", "")
    yield from fenced("mermaid", diagram(data))
    yield from ("## Node roles", "")
    yield from table(
        ("role", ""),
        (
            (
                code(name),
                text(role["description"]) + _role_needs(role),
            )
            for name, role in data["roles"].items()
        ),
    )
    if data.get("options"):
        yield from ("## Options", "")
        yield from table(("option", "whose value counts", "values, the default first", ""), _options(data["options"]))
    if data.get("networks"):
        yield from ("## Networks", "", "Each host says in `connectivity_networks` what they are there.", "")
        yield from table(("network", ""), ((code(name), text(network["description"])) for name, network in data["networks"].items()))
    yield from ("## Flows", "", "Each connection once, from the end that opens it. Replies are no flows.", "")
    yield from table(
        ("flow", "initiator", "responder", "port", "TLS", "necessity", "phases"),
        (
            (
                _to(name),
                _end(flow["initiator"]),
                _end(flow["responder"]),
                _ports(data, flow),
                code(flow["tls"]),
                flow["necessity"],
                ", ".join(flow["phases"]),
            )
            for name, flow in data["flows"].items()
        ),
    )
    for name, flow in data["flows"].items():
        yield from _flow(data, name, flow, seen)
    yield from _ending(data, example)


def _versions(versions: Data) -> str:
    if "described" in versions:
        return f"Versions: {text(versions['described'])}"
    oldest, current = text(versions["oldest"]), text(versions["current"])
    return f"Version {current}." if oldest == current else f"Versions {oldest} to {current}."


def _ending(data: Data, example: str | None) -> Iterator[str]:
    if data.get("traps"):
        yield from ("## Known traps", "")
        for trap in data["traps"]:
            flows = ", ".join(_to(flow) for flow in trap.get("flows", ()))
            yield f"- {text(trap['trap'])}{' ' + flows + '.' if flows else ''} {_cited(data, trap['citations'])}"
        yield ""
    if data.get("questions"):
        yield from ("## Questions people ask", "")
        for question in data["questions"]:
            flows = ", ".join(_to(flow) for flow in question.get("flows", ()))
            yield f"**{text(question['question'])}**"
            yield from ("", f"{text(question['answer'])}{' ' + flows + '.' if flows else ''} {_cited(data, question['citations'])}", "")
    if example is not None:
        yield from ("## Example inventory", "", *fenced("yaml", example))
    if data.get("documents"):
        yield from ("## Documents", "")
        for name, document in data["documents"].items():
            more = [f"version {document['version']}"] if "version" in document else []
            more += [document["notes"].rstrip(".")] if "notes" in document else []
            yield f"- {code(name)}: {link(document['title'], document.get('url'))}{text('. ' + '. '.join(more)) if more else ''}"


def _options(options: Data) -> Iterator[tuple[str, ...]]:
    for name, option in options.items():
        if option.get("type") == "text":
            values = f"unset, or a text such as {code(option['example'])}"
        else:
            values = ", ".join(map(code, option.get("choices", [option.get("default")])))
        yield code(name), option["owner"], values, text(option["description"])


def _role_needs(role: Data) -> str:
    only = f" Only where {_values(role['when'])}." if "when" in role else ""
    return only + (f" Demands deny for {' and '.join(role['default_deny'])}." if "default_deny" in role else "")


def _values(values: Data) -> str:
    """Options and the values that are meant, in words."""
    return " and ".join(f"{code(name)} is {' or '.join(map(code, wanted))}" for name, wanted in values.items())


def _flow(data: Data, name: str, flow: Data, seen: Seen | None) -> Iterator[str]:
    yield from (f'<a id="{anchor(name)}"></a>', "", f"### {code(name)}", "", f"{text(flow['purpose'])}.", "")
    yield from (f"- {line}" for line in _facts(data, flow))
    if seen is not None and name in seen.flows:
        yield f"- {link(f'seen with {seen.software}', seen.link)}: {text(seen.flows[name])}"
    yield ""
    if "notes" in flow:
        yield from (text(flow["notes"]), "")


def _facts(data: Data, flow: Data) -> Iterator[str]:
    yield f"{_end(flow['initiator'])} → {_end(flow['responder'])}, {_ports(data, flow)}, {code(flow['application'])}"
    yield from map(_service, used_services(flow[end] for end in ENDS))
    if "responder_names" in flow:
        option = flow["responder_names"]["option"]
        names = ", ".join(code(name.replace("{}", option.upper())) for name in flow["responder_names"]["names"])
        yield f"where {code(option)} is set, the responder is {names}"
    if "when" in flow:
        yield f"only where {_values(flow['when'])}"
    if "since" in flow:
        yield f"since version {text(flow['since'])}"
    if "until" in flow:
        yield f"removed in version {text(flow['until'])}"
    if "inside" in flow:
        yield f"inside {_to(flow['inside'])}, without a rule of its own"
    without = f"; no TLS where {_values(flow['without_tls'])}" if "without_tls" in flow else ""
    yield f"protection: {TLS[flow['tls']]}{without}"
    fallback = f" for {_to(flow['fallback_for'])}" if "fallback_for" in flow else ""
    condition = f": {text(flow['condition'])}" if "condition" in flow else ""
    yield f"necessity: {flow['necessity']}{fallback}{condition}"
    if "opened_by" in flow:
        yield f"opened without optional_flows where {_values(flow['opened_by'])}"
    yield f"phases: {', '.join(flow['phases'])}; reached by {EXPOSURE[flow['exposure']]}"
    if "listens" in flow:
        yield f"by default the software listens {_listens(flow['listens'])}"
    reason = f". {text(flow['inspection_reason'])}" if "inspection_reason" in flow else ""
    yield f"forward proxy: {PROXY[flow['proxy']]}; TLS inspection: {INSPECTION[flow['inspection']]}{reason}"
    if flow.get("long_lived"):
        yield LONG_LIVED
    if "middleboxes" in flow:
        cited = f" ({_cited(data, flow['middleboxes']['citations'])})" if "citations" in flow["middleboxes"] else ""
        yield f"middleboxes on the way: {'; '.join(demands(flow['middleboxes']))}{cited}"
    if flow.get("dynamic"):
        yield "the port is picked from the range at run time"
    if "citations" in flow:
        yield f"source: {_cited(data, flow['citations'])}; confidence {flow.get('confidence', 'not given')}"
    for dispute in flow.get("disputed_by", ()):
        yield f"**disputed** by {_cited(data, [dispute['citation']])}: {text(dispute['claim'])}"


def anchor(flow: str) -> str:
    """Where the page has a flow: ``linksight.md#flow-peer_http``."""
    return f"flow-{flow}"


def _to(flow: str) -> str:
    return f"[{code(flow)}](#{anchor(flow)})"


def _end(end: Mapping[str, t.Any]) -> str:
    if "services" in end:
        return ", ".join([*map(code, end.get("names", ())), *(text(service.title) for service in used_services([end]))])
    ((kind, value),) = end.items()
    if kind == "network":
        return f"network {code(value)}"
    return {"any": "anybody", "local": "the same host"}.get(kind) or ", ".join(map(code, value))


def _ports(data: Data, flow: Data) -> str:
    parts = [*(_port(data, port) for port in flow.get("ports", ())), *(code(str(kind)) for kind in flow.get("types", ()))]
    return " ".join(filter(None, (flow["protocol"], ", ".join(parts))))


def _port(data: Data, port: t.Any) -> str:
    if not isinstance(port, Mapping):
        return code(port)
    if "cases" not in port:
        return f"{code(data['options'][port['option']]['default'])} ({code(port['option'])})"
    return ", ".join(f"{code(value)} with {code(case)}" for case, value in port["cases"].items())


def _service(service: Service) -> str:
    notes = f". {text(service.notes.rstrip('.'))}" if service.notes else ""
    return f"{text(service.title)}: {', '.join(map(code, service.names))} ({'; '.join(map(_source, service.documents))}){notes}"


def _source(document: Source) -> str:
    return f"{link(document.title, document.url)}: {text(', '.join(document.sections))}"


def _listens(value: t.Any) -> str:
    if not isinstance(value, Mapping):
        return LISTENS[value]
    return ", ".join(f"{LISTENS[where]} with {code(case)}" for case, where in value["cases"].items())


def _cited(data: Data, citations: Iterable[str]) -> str:
    parts = []
    for citation in citations:
        document, _colon, section = citation.partition(": ")
        known = data["documents"][document]
        parts.append(f"{link(known['title'], known.get('url'))}: {text(section)}")
    return "; ".join(parts)
