# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes docs/real.md: which real software ran behind the rules of its matrix, and what was seen of it."""

from __future__ import annotations

import pathlib
import typing as t
from collections.abc import Iterator, Mapping

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.markdown import code, link, table, text
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.tests.real.seen import Arrangement, anchor, read, systems

PAGE = pathlib.Path(__file__).parent / "real.md"

_COLUMNS = ("system", "software", "seen on", "what ran", "rules needed", "what the vendor's documentation says otherwise")

HEAD = """\
# Real software behind the rules

`make real SYSTEM=flower` runs the real software of a system on hosts of Debian in network namespaces. It plans, applies and verifies
as users do, with both defaults denied. Then a job of the software has to end. The run keeps what it saw in `tests/real/<system>/seen.yml`:

- Sockets: what the software listened on, from `ss`.
- Connections: who opened what to whom, from `conntrack`. The server's first answer shows the kind of TLS.
- Refused attempts: what the software tried and our rules refused. The job ended without them.
- Rules that were taken away: a rule that carried a connection is removed, and the job is run again. Rules that open the same port to the
  same peers stand in for each other, so they are removed together. Connections within a host need no rule.

`make unit` compares all of this with the matrix. A difference that nobody explained is an error. Questions to name servers are left out,
because the baseline has them. `make docs` makes this page from what was seen. A rule is needed if the job fails without it.
"""


NOT_RUN = {
    "Fed-BioMed before 5.4": """PyPI has no version before 6.2, so its negotiation for secure aggregation (the flows secagg and
        secagg_in_vpn) was not run.""",
    "Fed-BioMed with mutual TLS": "No released version has it. The researcher of 6.4 cannot ask a node for a certificate.",
    "vantage6 4.15": """Where no Docker runs, its commands v6 server start and v6 node start end with "Cannot reach the Docker engine!",
        and so does the program of the node. The hosts of these runs have no Docker. So the server's application was run without its
        container, with a server of Python instead of uWSGI, and the sites used vantage6's own client for nodes. The program of the node,
        images, algorithms, store, user interface, VPN, message queue and mail were not run.""",
    "vantage6 5.0": "Its node runs in Kubernetes, which these runs do not have.",
    "COINSTAC": "The whole system needs containers on each host. Its transport was run with a real broker.",
}


def real_page(seen: Mapping[str, Mapping[str, t.Any]]) -> str:
    """The page.

    Args:
        seen: The content of each system's ``seen.yml``.
    """
    return "\n".join(_page(seen)).rstrip("\n") + "\n"


def read_all() -> dict[str, dict[str, t.Any]]:
    return {system: read(system) for system in systems()}


def _page(seen: Mapping[str, Mapping[str, t.Any]]) -> Iterator[str]:
    yield HEAD
    rows = (
        (
            link(each["title"], f"#{each['anchor']}"),
            text(f"{each['software']} {each['version']}"),
            text(str(each["date"])),
            text(each["job"]),
            text(", ".join(each["needed"]) or "none was taken away"),
            text(" ".join(each.get("otherwise") or ()) or "nothing"),
        )
        for each in map(_summary, seen, seen.values())
    )
    yield from table(_COLUMNS, rows)
    for system, each in seen.items():
        yield from _system(system, each)
    yield from ("## What was not run", "")
    yield from table(("system", "why"), ((text(system), text(" ".join(why.split()))) for system, why in NOT_RUN.items()))


def _summary(system: str, seen: Mapping[str, t.Any]) -> dict[str, t.Any]:
    rules = [rule for arrangement in seen["arrangements"].values() for rule in arrangement.get("without", ()) if _failed(rule)]
    needed = {flows[0] if len(flows) == 1 else f"one of {' / '.join(flows)}" for flows in (rule["flows"] for rule in rules)}
    title = Catalogue().matrix(seen["matrix"]).title
    return {**seen, "title": title, "anchor": anchor(title), "needed": sorted(needed)}


def _failed(rule: Mapping[str, t.Any]) -> bool:
    return rule["then"] == "the job fails"


def _system(system: str, seen: Mapping[str, t.Any]) -> Iterator[str]:
    matrix = Catalogue().matrix(seen["matrix"])
    yield f"## {matrix.title}"
    yield ""
    documented = link("as documented", f"matrices/{seen['matrix']}.md")
    yield f"{text(seen['software'])} {text(seen['version'])}, {documented}. {text(seen['job'])}."
    yield ""
    for name, content in seen["arrangements"].items():
        arrangement = Arrangement(name, content, matrix, seen["version"])
        yield f"### {matrix.title}: {text(name)}"
        yield ""
        hosts = (f"{code(host)} ({text(_part(each))})" for host, each in content["hosts"].items())
        yield f"Hosts: {', '.join(hosts)}."
        yield ""
        rows = (
            (code(one["initiator"]), code(one["responder"]), _port(one), one.get("tls", ""), _flows(arrangement, one))
            for one in content["connections"]
        )
        yield from table(("from", "to", "port", "TLS", "flows of the matrix"), rows)
        if content["refused"]:
            refused = ((code(one["initiator"]), code(one["responder"]), _port(one), _flows(arrangement, one)) for one in content["refused"])
            yield from table(("refused", "to", "port", "flows of the matrix"), refused)
        sockets = (f"{code(one['host'])} on {code(_place(one))}/{one['protocol']}" for one in content["sockets"])
        yield f"Sockets: {', '.join(sockets)}."
        yield ""
        if content.get("without"):
            yield from table(
                ("host", "rules that were taken away", "then"),
                (
                    (code(one["host"]), f"{', '.join(map(code, one['flows']))}, {one['direction']}", one["then"])
                    for one in content["without"]
                ),
            )
        elif all(one["initiator"] == one["responder"] for one in content["connections"]):
            yield "All connections stay on one host. They need no rule, so none was taken away."
            yield ""
    if seen.get("explained"):
        yield f"### {matrix.title}: differences from the matrix"
        yield ""
        yield from table(("difference", "explanation"), ((code(key), text(why)) for key, why in seen["explained"].items()))


def _part(host: Mapping[str, t.Any]) -> str:
    return ", ".join(host.get("roles", ())) or str(host.get("network", ""))


def _port(one: Mapping[str, t.Any]) -> str:
    return f"{one['port']}/{one['protocol']}"


def _place(socket: Mapping[str, t.Any]) -> str:
    address = str(socket["address"])
    return f"[{address}]:{socket['port']}" if ":" in address else f"{address}:{socket['port']}"


def _flows(arrangement: Arrangement, one: Mapping[str, t.Any]) -> str:
    return ", ".join(code(flow.id) for flow in arrangement.flows_of(one)) or "none"


def main() -> None:
    PAGE.write_text(real_page(read_all()), encoding="utf-8")
    print(f"{PAGE.name} written")


if __name__ == "__main__":
    main()
