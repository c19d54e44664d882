# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of real software says about each flow of a matrix, for the pages of the matrices."""

from __future__ import annotations

import typing as t

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Matrix
from ansible_collections.federated.connectivity.tests.real.seen import FAILS, FINISHES, Arrangement


def evidence(seen: t.Mapping[str, t.Any], matrix: Matrix) -> dict[str, str]:
    """For each flow that was seen: what was seen of it.

    A connection that several flows explain, such as those of one port, counts for each of them, and the text names the others.
    """
    carried: dict[str, set[str]] = {}
    alone: set[str] = set()
    shared: dict[str, set[str]] = {}
    refused: set[str] = set()
    without: dict[str, list[t.Mapping[str, t.Any]]] = {}
    for name, content in seen["arrangements"].items():
        arrangement = Arrangement(name, content, matrix, seen["version"])
        for each in content["connections"]:
            flows = {flow.id for flow in arrangement.flows_of(each)}
            alone |= flows if len(flows) == 1 else set()
            for flow in flows:
                carried.setdefault(flow, set()).update([each["tls"]] if "tls" in each else [])
                shared.setdefault(flow, set()).update(flows - {flow})
        refused.update(flow.id for each in content["refused"] for flow in arrangement.flows_of(each))
        for each in content.get("without", ()):
            for flow in each["flows"]:
                without.setdefault(flow, []).append(each)
    found = {
        flow: _carried(flow, kinds, () if flow in alone else shared[flow], without.get(flow, ())) for flow, kinds in sorted(carried.items())
    }
    return {**dict.fromkeys(sorted(refused - carried.keys()), f"it was refused, and {FINISHES}"), **found}


def _carried(flow: str, kinds: t.Collection[str], shared: t.Collection[str], without: t.Collection[t.Mapping[str, t.Any]]) -> str:
    whose = f" of this flow, or of {', '.join(sorted(shared))}, which use the same port" if shared else ""
    parts = ["connections" + (f" with tls {' and '.join(sorted(kinds))}" if kinds else "") + whose]
    others = sorted({other for each in without for other in each["flows"]} - {flow})
    rules = f"its rule and those of {', '.join(others)}" if others else "its rule"
    if without:
        parts.append(f"without {rules} the job fails" if all(each["then"] == FAILS for each in without) else f"{FINISHES} without {rules}")
    return "; ".join(parts)
