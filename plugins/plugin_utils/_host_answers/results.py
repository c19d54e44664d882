# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What our modules may answer from a managed host, one row for each, and the judge of every answer.

A managed host may be in the hands of somebody else, so its answer is a stranger's input. What has not the shape of its row is
refused, and fails that host alone. Keys that no row has are left out, among them all that Ansible itself acts upon: facts,
statistics, hosts to add, results of loops, whether the task was skipped. Text that people will see is cut and escaped.
"""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Mapping

from ...module_utils._change.presence import STATES
from ...module_utils._host.printable import printable
from .._common.shapes import (
    Shape,
    Unusable,
    address,
    empty_or,
    exact,
    flag,
    lines,
    list_of,
    nothing_or,
    number,
    one_of,
    printable_lines,
    record,
    text,
)

ANSWER_MAXIMUM = 16 * 2**20
"""How many characters an answer may have; the largest are differences of rules with thousands of addresses."""

WARNINGS_MAXIMUM = 50
_TIDINGS = {"msg", "warnings", "deprecations", "exception", "invocation"}
"""What Ansible's own part of every module adds to an answer."""

_DETAIL = 300
_PROTOCOL = one_of("tcp", "udp")
_FAMILY = one_of(4, 6)
_PORT = number(1, 65535)
_TOKEN = exact(r"[!-~]*", 64)
_LINES = list_of(text(4000), 20_000)
_DIFF = record({"before": lines(2**22), "after": lines(2**22)}, {"before_header": text(4000), "after_header": text(4000)})

_TRIAL = record({"token": exact(r"[0-9a-f]{1,64}"), "seconds": number(1, 10**7)})
_OUTCOME = record(
    {
        "protocol": _PROTOCOL,
        "destination": text(),
        "port": _PORT,
        "outcome": one_of("open", "refused", "rejected", "silent", "unroutable", "unresolved"),
        "source": empty_or(address),
        "by": empty_or(address),
        "answered_by": text(),
        "detail": text(_DETAIL),
    },
    {"address": text()},
)
_LISTENED = record(
    {
        "protocol": _PROTOCOL,
        "family": _FAMILY,
        "port": _PORT,
        "state": one_of("listening", "free", "in_use", "failed"),
        "detail": text(_DETAIL),
    }
)
_SOCKET = record(
    {"protocol": _PROTOCOL, "family": _FAMILY, "address": address, "port": _PORT, "process": text(_DETAIL), "loopback": flag},
)
_TRACE = record({"destination": text(), "port": _PORT, "output": lines(20_000)})
_PUBLISHED = record(
    {"protocol": _PROTOCOL, "address": address, "port": _PORT, "inner_port": _PORT, "container": text(_DETAIL), "loopback": flag},
)
_REFUSED = record({"rule": text(400), "address": address})
_PRESENCE = record({"rule": text(400), "place": text(400), "disk": one_of(*STATES), "kernel": one_of(*STATES)})
_PLACEMENT = one_of("host", "published")
_PROGRAM = exact(r"[A-Za-z0-9_.+:@-]*", 64)
_OBSERVED_SOCKET = record(
    {
        "protocol": _PROTOCOL,
        "address": address,
        "port": _PORT,
        "placement": _PLACEMENT,
        "program": _PROGRAM,
        "tls": one_of("", "none", "server", "mutual"),
    }
)
_OBSERVED_CONNECTION = record(
    {
        "protocol": _PROTOCOL,
        "incoming": flag,
        "own": flag,
        "peer": empty_or(address),
        "port": _PORT,
        "placement": _PLACEMENT,
        "program": _PROGRAM,
        "opened": number(1, 100_000),
        "looks": number(1, 10**6),
        "answered": flag,
    }
)
HANDSHAKE = record(
    {
        "outcome": one_of("completed", "alert", "reset", "closed", "silent", "not_tls", "failed", "unreachable", "not_tried"),
        "detail": text(_DETAIL),
        "version": exact(r"[\w.]*", 20),
        "alpn": nothing_or(exact(r"[!-~]*", 255)),
        "client_certificate": nothing_or(flag),
        "sha256": exact(r"([0-9a-f]{64})?"),
        "certificate": exact(r"(-----BEGIN CERTIFICATE-----[\w+/=\s]*-----END CERTIFICATE-----\s*)?", 2**19),
        "publicly_trusted": nothing_or(flag),
        "untrusted": text(_DETAIL),
    },
    {"destination": text(), "port": _PORT, "server_name": text(), "own": flag, "address": text(), "offered": exact(r"[\w.]*", 20)},
)


class Row(t.NamedTuple):
    """What a module may answer besides what all may.

    Attributes:
        required: Keys that its answer has, unless it failed.
        optional: Keys that it may have.
        seconds: How long the controller waits for it.
    """

    required: Mapping[str, Shape]
    optional: Mapping[str, Shape] = {}
    seconds: float = 1800


ROWS: Mapping[str, Row] = {
    "firewall_policy": Row(
        {"changed": flag},
        {
            "backend": one_of("", "nftables", "ufw", "firewalld", "windows"),
            "allowed": _LINES,
            "changes": _LINES,
            "rules": list_of(_PRESENCE, 100_000),
            "on_trial": _TRIAL,
            "diff": _DIFF,
            "differences": _DIFF,
        },
    ),
    "firewall_confirm": Row({"outcome": one_of("confirmed", "restored", "failed", "")}, seconds=600),
    "docker_proxy": Row(
        {"changed": flag, "changes": _LINES, "restarts": _LINES, "said": _LINES},
        {"diff": list_of(_DIFF, 1000)},
    ),
    "flow_probe": Row({"outcomes": list_of(_OUTCOME, 100_000)}, {"token": _TOKEN}),
    "flow_listener": Row(
        {},
        {"ports": list_of(_LISTENED, 200_000), "token": _TOKEN, "listener": one_of("stopped", "ended", "absent")},
    ),
    "listening_info": Row({"sockets": list_of(_SOCKET, 2000)}, {"published": list_of(_PUBLISHED, 2000)}),
    "tls_handshake_info": Row({"handshakes": list_of(HANDSHAKE, 100_000)}, {"token": _TOKEN}),
    "observation_info": Row(
        {
            "sockets": list_of(_OBSERVED_SOCKET, 1000),
            "connections": list_of(_OBSERVED_CONNECTION, 5000),
            "looks": number(1, 10**6),
            "tracked": flag,
            "cut": flag,
            "unmatched": list_of(text(300), 300),
            "hidden": list_of(_PROGRAM, 1000),
        },
        seconds=4500,
    ),
    "trace_info": Row({"traces": list_of(_TRACE, 100), "missing": flag}, seconds=3600),
    "refused_info": Row({"refused": list_of(_REFUSED, 50_000), "missing": list_of(text(400), 2000)}),
    "inspection_note": Row({"changed": flag}, {"changes": _LINES, "diff": list_of(_DIFF, 10)}),
    "firewall_packages": Row({"changed": flag}, {"missing": _LINES}),
}


class Answer(t.NamedTuple):
    """A judged answer: ``content`` as it goes on, and the ``ignored`` keys that the module has no business to return."""

    content: dict[str, t.Any]
    ignored: tuple[str, ...]


def read_answer(output: str) -> dict[str, t.Any]:
    """The answer in what a module wrote, whatever a login shell wrote before it.

    Raises:
        Unusable: it is not an answer.
    """
    if len(output) > ANSWER_MAXIMUM:
        raise Unusable(f"it has more than {ANSWER_MAXIMUM} characters")
    start = re.search(r"^[ \t]*\{", output, re.MULTILINE)
    if not start:
        raise Unusable("it holds no JSON")
    try:
        found, _end = json.JSONDecoder(parse_constant=_refuse).raw_decode(output, start.end() - 1)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else printable(str(error), 200)
        raise Unusable(f"it is not JSON that can be read ({why})") from None
    return t.cast(dict[str, t.Any], found)


def names_in_facts(answer: object) -> list[str]:
    """The names of the facts that an answer would set."""
    facts = answer.get("ansible_facts") if isinstance(answer, Mapping) else None
    return [name for name in facts if isinstance(name, str)] if isinstance(facts, Mapping) else []


def judge_answer(module: str, answer: object) -> Answer:
    """Judge an answer by the row of its module.

    Raises:
        Unusable: it does not have the shape of the row.
    """
    row = ROWS[module]
    if not isinstance(answer, Mapping):
        raise Unusable("it is not a mapping")
    head = record({}, {"changed": flag, "failed": flag, "msg": lines(20_000), "errors": list_of(text(4000), 1000)})(answer, "")
    shapes = {**row.required, **row.optional}
    failed = head.get("failed", False)
    content = head | (record({}, shapes) if failed else record(row.required, row.optional))(answer, "")
    if isinstance(answer.get("exception"), str) and failed:
        content["exception"] = printable_lines(answer["exception"], 20_000)
    warnings = list(_warnings(answer.get("warnings")))
    if warnings:
        content["warnings"] = warnings
    deprecations = list(_warnings(answer.get("deprecations")))
    if deprecations:
        content["deprecations"] = [{"msg": text} for text in deprecations]
    ignored = sorted(printable(str(key), 60) for key in answer if key not in content and key not in _TIDINGS)
    return Answer(content, tuple(ignored))


def _warnings(found: object) -> t.Iterator[str]:
    """The texts of warnings, which Ansible's versions send as texts or as mappings."""
    if not isinstance(found, (list, tuple)):
        return
    for entry in found[:WARNINGS_MAXIMUM]:
        event = entry.get("event", entry) if isinstance(entry, Mapping) else entry
        message = event.get("msg") if isinstance(event, Mapping) else event
        if isinstance(message, str) and message:
            yield printable(message)
    if len(found) > WARNINGS_MAXIMUM:
        yield f"{len(found) - WARNINGS_MAXIMUM} further warnings of the same task are left out"


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError(f"{constant} is not a number of JSON")
