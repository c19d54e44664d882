# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the tables in docs/proxies.md that say what real programs did with no_proxy: from what the tests have recorded."""

from __future__ import annotations

import json
import pathlib
import typing as t

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.markdown import code, table, text

ROOT = pathlib.Path(__file__).parents[1]
RECORD = ROOT / "tests" / "packets" / "no_proxy" / "outcomes.json"
PAGE = ROOT / "docs" / "proxies.md"
BEGIN, END = "<!-- made by make docs from tests/packets/no_proxy/outcomes.json -->\n", "<!-- end -->\n"
PLANS_LIST = "the plan's list"
READERS = {
    "curl": "curl",
    "wget": "wget",
    "urllib": "urllib",
    "requests": "requests",
    "httpx": "httpx",
    "grpc": "gRPC",
    "Go": "Go",
    "Java": "Java",
}

Outcomes = dict[str, dict[str, list[str]]]


def load() -> dict[str, t.Any]:
    """What each client of each release did."""
    return t.cast(dict[str, t.Any], json.loads(RECORD.read_text(encoding="utf-8")))


def reader_of(client: str) -> str:
    """The reader that a client is: ``grpc of PyPI, old`` is ``grpc``."""
    return client.partition(" of ")[0]


def by_case(recorded: dict[str, t.Any]) -> dict[str, Outcomes]:
    """For each case and reader the outcomes, each with the versions that had it."""
    found: dict[str, Outcomes] = {}
    for clients in recorded.values():
        for name, client in clients.items():
            for case, outcome in client["outcomes"].items():
                versions = found.setdefault(case, {}).setdefault(reader_of(name), {}).setdefault(outcome, [])
                if client["version"] not in versions:
                    versions.append(client["version"])
    return found


def versions(recorded: dict[str, t.Any]) -> dict[str, list[str]]:
    """The versions of each reader that were tried."""
    found: dict[str, list[str]] = {reader: [] for reader in READERS}
    for clients in recorded.values():
        for name, client in clients.items():
            if client["version"] not in found[reader_of(name)]:
                found[reader_of(name)].append(client["version"])
    return {reader: sorted(each, key=lambda version: [int(part) for part in version.split(".")]) for reader, each in found.items()}


def tables() -> str:
    """The tables, between their marks."""
    recorded = load()
    cases = by_case(recorded)
    tried = [[text(READERS[reader]), code(", ".join(each))] for reader, each in versions(recorded).items()]
    lines = [
        "",
        *table(("program", "versions"), tried),
        "With the list that a plan has for a partner by name, a partner by address and a suffix of your own, asked for each of them:",
        "",
        *table(("asked for", *READERS.values()), _rows(cases, of_plan=True)),
        "With one entry alone. Entries that the collection refuses are here for comparison.",
        "",
        *table(("entry", "asked for", *READERS.values()), _rows(cases, of_plan=False)),
    ]
    return BEGIN + "\n".join(lines).rstrip("\n") + "\n\n" + END


def _rows(cases: dict[str, Outcomes], of_plan: bool) -> list[list[str]]:
    rows = []
    for case, readers in cases.items():
        entry, _arrow, target = case.partition(" -> ")
        if (entry == PLANS_LIST) == of_plan:
            cells = [_cell(readers[reader]) for reader in READERS]
            rows.append([*([] if of_plan else [code(entry)]), code(target), *cells])
    return rows


def _cell(outcomes: dict[str, list[str]]) -> str:
    said: dict[str, list[str]] = {}
    for outcome, each in outcomes.items():
        said.setdefault("error" if outcome.startswith("nothing") else outcome, []).extend(each)
    if len(said) == 1:
        return next(iter(said))
    return text("; ".join(f"{outcome}: {', '.join(sorted(each))}" for outcome, each in sorted(said.items())))


def page() -> str:
    """The whole page with its tables."""
    written = PAGE.read_text(encoding="utf-8")
    before, _begin, rest = written.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return before + tables() + after


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
