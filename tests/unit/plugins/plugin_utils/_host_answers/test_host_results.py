# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a managed host may answer, and what becomes of everything else."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.shapes import Unusable
from ansible_collections.federated.connectivity.plugins.plugin_utils._host_answers.results import (
    ANSWER_MAXIMUM,
    ROWS,
    judge_answer,
    read_answer,
)

OUTCOME = {"protocol": "tcp", "destination": "198.51.100.2", "port": 8443, "outcome": "open", "source": "198.51.100.1", "by": ""}
PROBED = {"outcomes": [{**OUTCOME, "answered_by": "", "detail": ""}]}
POLICY = {"changed": True, "backend": "ufw", "allowed": ["ingress"], "changes": ["ufw"], "diff": {"before": "a\tb\n", "after": "c\n"}}
TRIAL = {"token": "0a1b", "seconds": 60}


def probed(**changes: t.Any) -> dict[str, t.Any]:
    return {"outcomes": [{**PROBED["outcomes"][0], **changes}]}


@pytest.mark.parametrize(
    ("module", "answer"), [("flow_probe", PROBED), ("firewall_policy", POLICY), ("firewall_confirm", {"outcome": "failed"})]
)
def test_a_usable_answer_stays_as_it_is(module: str, answer: dict[str, t.Any]) -> None:
    assert judge_answer(module, answer) == (answer, ())


@pytest.mark.parametrize(
    ("module", "answer", "why"),
    [
        ("flow_probe", [], "it is not a mapping"),
        ("flow_probe", {}, "it lacks outcomes"),
        ("flow_probe", {"outcomes": "x"}, "outcomes is not a list"),
        ("flow_probe", {"outcomes": ["x"]}, r"outcomes\[0\] is not a mapping"),
        ("flow_probe", probed(port=True), r"outcomes\[0\]\.port is not a whole number"),
        ("flow_probe", probed(port=-1), r"outcomes\[0\]\.port is not a number from 1 to 65535"),
        ("flow_probe", probed(port=10**5000), "is not a number from 1 to 65535"),
        ("flow_probe", probed(port=1.0), "is not a whole number"),
        ("flow_probe", probed(outcome="proven"), "outcome is 'proven', and not one of 'open'"),
        ("flow_probe", probed(outcome=10**5000), "outcome is a large number, and not one of"),
        ("flow_probe", probed(outcome=["open"]), "outcome is a list, and not one of"),
        ("flow_probe", probed(source="alpha"), "source is 'alpha', which is not an IP address"),
        ("flow_probe", probed(source=None), "source is not a string"),
        ("flow_probe", probed(detail=["x"]), "detail is not a string"),
        ("firewall_policy", {**POLICY, "changed": "yes"}, "changed is not true or false"),
        ("firewall_policy", {**POLICY, "changes": "ufw"}, "changes is not a list"),
        ("firewall_policy", {**POLICY, "backend": "$(id)"}, r"backend is '\$\(id\)', and not one of"),
        ("firewall_policy", {**POLICY, "on_trial": {**TRIAL, "seconds": 10**9}}, "on_trial.seconds is not a number from 1 to"),
        ("firewall_policy", {**POLICY, "on_trial": {**TRIAL, "token": "../x"}}, "on_trial.token is '../x', which is not expected there"),
        ("firewall_policy", {**POLICY, "on_trial": {**TRIAL, "token": "a" * 2000}}, "on_trial.token has more than 1000 characters"),
        ("firewall_policy", {**POLICY, "allowed": [""] * 20_001}, "allowed has more than 20000 elements"),
        ("firewall_policy", {"failed": "no", "changed": True}, "failed is not true or false"),
        ("listening_info", {"sockets": [{"protocol": "tcp"}]}, r"sockets\[0\] lacks family, address"),
        ("firewall_confirm", {"outcome": "kept"}, "outcome is 'kept'"),
    ],
)
def test_any_other_answer_is_refused_with_its_place(module: str, answer: object, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        judge_answer(module, answer)


@pytest.mark.parametrize("module", ROWS)
def test_a_failure_needs_no_more_than_its_reason(module: str) -> None:
    assert judge_answer(module, {"failed": True, "msg": "why"}).content == {"failed": True, "msg": "why"}


def test_what_ansible_acts_upon_is_left_out_and_named() -> None:
    acted_upon = {"ansible_facts": {}, "add_host": {}, "add_group": "x", "ansible_stats": {}, "_ansible_notify": [], "results": []}
    others = {"skipped": True, "unreachable": True, "rc": 1, "ansible_loop_var": "x", "invocation": {"secret": "x"}, "\x1b[2J": 1}
    content, ignored = judge_answer("flow_probe", {**PROBED, **acted_upon, **others})
    assert content == PROBED
    assert ignored == tuple(sorted([*acted_upon, "skipped", "unreachable", "rc", "ansible_loop_var", "\\x1b[2J"]))


def test_text_is_escaped_and_cut() -> None:
    answer = probed(detail="a\x1b[2J\n\u202eb", answered_by="x" * 5000)
    (outcome,) = judge_answer("flow_probe", {**answer, "msg": "one\ntwo\x07"}).content["outcomes"]
    assert outcome["detail"] == r"a\x1b[2J\n\u202eb"
    assert len(outcome["answered_by"]) == 1000
    content = judge_answer("flow_probe", {"failed": True, "msg": "one\ntwo\x07\ud800", "exception": "trace\x1b\n"}).content
    assert (content["msg"], content["exception"]) == ("one\ntwo\\x07\\ud800", "trace\\x1b\n")


def test_warnings_of_all_versions_of_ansible_are_texts() -> None:
    event = {"__ansible_type": "WarningSummary", "event": {"__ansible_type": "Event", "msg": "two\x1b"}}
    found = judge_answer(
        "flow_probe", {**PROBED, "warnings": ["one\x07", event, 3, {"event": 4}], "deprecations": [{"msg": "old", "date": 1}]}
    )
    assert found.content["warnings"] == ["one\\x07", "two\\x1b"]
    assert found.content["deprecations"] == [{"msg": "old"}]
    many = judge_answer("flow_probe", {**PROBED, "warnings": ["x"] * 60}).content["warnings"]
    assert (len(many), many[-1]) == (51, "10 further warnings of the same task are left out")


def test_an_answer_is_found_behind_what_a_login_shell_wrote() -> None:
    assert read_answer(f"Welcome\n{json.dumps(PROBED)}\nlogout\n") == PROBED


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "it holds no JSON"),
        ("Segmentation fault", "it holds no JSON"),
        ("{", "it is not JSON that can be read"),
        ('{"a": NaN}', "NaN is not a number of JSON"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "it is not JSON that can be read"),
        ("{" + " " * ANSWER_MAXIMUM, f"it has more than {ANSWER_MAXIMUM} characters"),
    ],
)
def test_what_is_not_an_answer_is_told(output: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        read_answer(output)
