"""Runs the cases: an inventory in, then rules, warnings or errors out. Each file of cases is meant to be read.

A case has ``title``, ``inventory`` (the variables of each host) and, where needed, ``select`` and ``matrices`` (the user's own
files, by name) and ``replaced`` (host -> values that others replace), then exactly one of

- ``rules``: host -> its rules, one line each, as :func:`shown` writes them; hosts that are left out do not matter. Besides them, where they
  matter, ``address_sets``, and ``hosts``: host -> other keys of its file;
- ``warnings``: all warnings but the findings among them;
- ``findings``: all findings, one line each, an accepted one with its reason behind it, and its last day where it has one;
- ``errors``: all errors; ``{catalogue}`` stands for the names of the catalogue's files, in alphabetical order.
"""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.findings import shown as shown_finding
from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.replaced import Replaced
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan

HERE = pathlib.Path(__file__).parent
SYSTEMS = sorted(path.stem for path in (HERE.parents[1] / "plugins" / "plugin_utils" / "matrices").glob("*.yml"))
EXPECTATIONS = {"rules", "warnings", "findings", "errors"}
KEYS = {"title", "inventory", "matrices", "select", "replaced", "address_sets", "hosts", "proxies"} | EXPECTATIONS

Case = dict[str, t.Any]


def cases() -> list[t.Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['title']}")
        for path in sorted(HERE.glob("*.yml"))
        if path.name != "statements.yml"  # the documents' statements, which name cases
        for case in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]


def shown(rule: dict[str, t.Any]) -> str:
    """A rule on one line: what most rules have in common is left out."""
    peers = [*rule["peers"]["address_sets"], *rule["peers"]["names"]] or ["nobody"]
    notes = [
        rule["placement"] if rule["placement"] != "host" else "",
        "open to others" if rule["direction"] == "ingress" and not rule["closed_to_others"] else "",
        "via proxy" if rule["via_proxy"] else "",
        f"until {rule['until']}" if "until" in rule else "",
    ]
    notes = [note for note in notes if note]
    preposition = "from" if rule["direction"] == "ingress" else "to"
    traffic = " ".join(filter(None, (rule["protocol"], ", ".join((*rule["ports"], *rule.get("types", ()))))))
    line = f"{rule['id']}: {traffic} {preposition} {', '.join(peers)}"
    return f"{line} ({', '.join(notes)})" if notes else line


@pytest.mark.parametrize("case", cases())
def test_case(case: Case, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert case.keys() <= KEYS
    (expectation,) = case.keys() & EXPECTATIONS
    for name, text in case.get("matrices", {}).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "matrices").symlink_to(HERE / "matrices")
    monkeypatch.chdir(tmp_path)
    catalogue = Catalogue([str(tmp_path)])
    if expectation == "errors":
        with pytest.raises(PlanRefused) as refused:
            compute_plan(case["inventory"], catalogue, select=case.get("select"))
        assert list(refused.value.messages) == [line.replace("{catalogue}", ", ".join(SYSTEMS)) for line in case["errors"]]
        return
    replaced = {host: [Replaced(**one) for one in values] for host, values in case.get("replaced", {}).items()}
    plan = compute_plan(case["inventory"], catalogue, select=case.get("select"), replaced=replaced)
    lines = [(finding["accepted"], shown_finding(finding)) for finding in plan.index["findings"]]
    if expectation == "warnings":
        assert [warning for warning in plan.index["warnings"] if (None, warning) not in lines] == case["warnings"]
    elif expectation == "findings":
        days = [f" until {finding['until']}" if "until" in finding else "" for finding in plan.index["findings"]]
        shown_lines = [f"{line} (accepted{day}: {reason})" if reason else line for (reason, line), day in zip(lines, days, strict=True)]
        assert shown_lines == case["findings"]
        assert {line for reason, line in lines if reason is None} <= set(plan.index["warnings"])
        assert {line for reason, line in lines if reason}.isdisjoint(plan.index["warnings"])
    else:
        check_rules(plan, case)


def check_rules(plan: Plan, case: Case) -> None:
    hosts = {name: plan.host(name) for name in plan.index["hosts"]}
    assert {host: [shown(rule) for rule in hosts[host]["rules"]] for host in case["rules"]} == case["rules"]
    if "address_sets" in case:
        assert plan.index["address_sets"] == case["address_sets"]
    for host, keys in case.get("hosts", {}).items():
        assert {key: hosts[host][key] for key in keys} == keys
    for host, keys in case.get("proxies", {}).items():
        assert {key: hosts[host]["proxy"][key] for key in keys} == keys
