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

    A connection that several flows explain, such as those of one port, counts for each of them.
    """
    carried: dict[str, set[str]] = {}
    refused: set[str] = set()
    without: dict[str, set[str]] = {}
    for name, content in seen["arrangements"].items():
        arrangement = Arrangement(name, content, matrix, seen["version"])
        for each in content["connections"]:
            for flow in arrangement.flows_of(each):
                carried.setdefault(flow.id, set()).update([each["tls"]] if "tls" in each else [])
        refused.update(flow.id for each in content["refused"] for flow in arrangement.flows_of(each))
        for each in content.get("without", ()):
            without.setdefault(each["flow"], set()).add(each["then"])
    found = {flow: _carried(kinds, without.get(flow, set())) for flow, kinds in carried.items()}
    return {**dict.fromkeys(sorted(refused - carried.keys()), f"it was refused, and {FINISHES}"), **found}


def _carried(kinds: t.Collection[str], then: t.Collection[str]) -> str:
    parts = ["connections" + (f" with tls {' and '.join(sorted(kinds))}" if kinds else "")]
    if then == {FAILS}:
        parts.append("without its rule the job fails")
    elif then:
        parts.append("the job finishes without its rule")
    return "; ".join(parts)
