# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Well-formed lies: what a hostile host says of others is never taken for what these have said."""

from __future__ import annotations

import json
import typing as t

import pytest
from hostile_scene import Scene
from play import HOSTS

from ansible_collections.federated.connectivity.plugins.plugin_utils._host_answers.run_marks import password_of, words_of

BETA = HOSTS["beta"][0]


def told(scene: Scene, host: str, module: str, **more: t.Any) -> dict[str, t.Any]:
    """What a host's tasks registered that adds something to one module's honest answer."""
    behaviour = {"raw": None, "changes": [], "more": more, "before": "", "after": "", "errors": ""}
    return scene.play.ask(host, {module: behaviour})


def outcomes(scene: Scene, host: str, **more: t.Any) -> list[dict[str, t.Any]]:
    """What a host says that met the same thing at each of its probes."""
    probes = scene.play.chosen["hosts"][host]["probes"]
    usual = {"source": HOSTS[host][0], "by": "", "answered_by": "", "detail": "", "outcome": "open"}
    return [{**usual, **probe, **more} for probe in probes]


def lines(scene: Scene, host: str, answers: dict[str, t.Any], about: str) -> list[str]:
    """What the verdict says of a connection of one host, by its first word."""
    verify, _audit = scene.play.judge({**scene.answers, host: answers}, scene.directory)
    return [line.split()[0] for found in verify["hosts"].values() for line in found["lines"] if about in line]


def test_no_host_is_told_the_token_of_the_run_or_the_words_of_another_one(scene: Scene) -> None:
    asked: list[str] = []
    remember = scene.play.remember
    scene.play.remember = lambda **said: (asked.append(json.dumps(said, default=str)), remember(**said))[1]
    scene.play.ask("evil", {})
    scene.play.remember = remember
    token = scene.play.chosen["token"]
    assert any(password_of(token) in said for said in asked)
    assert any(words_of(token, "evil") in said for said in asked)
    assert not any(token in said or words_of(token, other) in said for said in asked for other in HOSTS if other != "evil")


@pytest.mark.parametrize("words", ["beta", "federated.connectivity beta", "0" * 32 + " beta"])
def test_a_flow_is_proven_only_by_the_listeners_own_words(scene: Scene, words: str) -> None:
    forged = told(scene, "evil", "flow_probe", outcomes=outcomes(scene, "evil", answered_by=words))
    assert set(lines(scene, "evil", forged, f"evil -> beta {BETA}")) == {"failed"}
    honest = scene.answers["evil"]
    assert set(lines(scene, "evil", honest, f"evil -> beta {BETA}")) == {"proven"}


def test_a_stranger_that_says_it_got_through_has_to_know_the_listeners_words(scene: Scene) -> None:
    own = words_of(scene.play.chosen["token"], "mallory")
    for words in ("", "beta", own):
        forged = told(scene, "mallory", "flow_probe", outcomes=outcomes(scene, "mallory", answered_by=words))
        states = set(lines(scene, "mallory", forged, f"mallory -> beta {BETA}"))
        assert states == ({"failed"} if words == own else {"unproven"})
    assert set(lines(scene, "mallory", scene.answers["mallory"], f"mallory -> beta {BETA}")) == {"closed"}


@pytest.mark.parametrize(
    ("step", "module", "more", "why"),
    [
        ("probed", "flow_probe", {"token": "another"}, "it does not have the token of this run"),
        ("probed", "flow_probe", {"outcomes": []}, "its outcomes are not those of the probes that it was asked for"),
        ("listening", "flow_listener", {"token": "another"}, "it does not have the token of this run"),
        ("listening", "flow_listener", {"ports": []}, "its ports are not those that it was asked for"),
        (
            "listening",
            "flow_listener",
            {"ports": [{"protocol": "tcp", "family": 4, "port": 22, "state": "listening", "detail": ""}] * 2},
            "its ports are not those that it was asked for",
        ),
        ("seen", "tls_handshake_info", {"token": "another"}, "it does not have the token of this run"),
        ("seen", "tls_handshake_info", {"handshakes": []}, "its handshakes are not those of the endpoints that it was asked for"),
        (
            "enforced",
            "firewall_policy",
            {"on_trial": {"token": "a", "seconds": 61}},
            "it waits 61 s to be confirmed, and nobody asked for that",
        ),
        (
            "in_force",
            "firewall_policy",
            {"on_trial": {"token": "a", "seconds": 1}},
            "it waits 1 s to be confirmed, and nobody asked for that",
        ),
    ],
)
def test_an_answer_that_does_not_fit_the_question_fails_its_host(
    scene: Scene, step: str, module: str, more: dict[str, t.Any], why: str
) -> None:
    result = told(scene, "evil", module, **more)[step]
    assert result["failed"]
    assert result["msg"] == f"host evil: its answer to {module} is not usable: {why}"


@pytest.mark.parametrize("word", ["skipped", "not_asked"])
def test_a_host_cannot_say_that_its_step_was_skipped_or_that_nobody_asked(scene: Scene, word: str) -> None:
    results = told(scene, "evil", "firewall_policy", changed=True, **{word: True})
    assert word not in results["in_force"]
    assert any("evil" in line for line in lines_of_failures(scene, results))


def lines_of_failures(scene: Scene, answers: dict[str, t.Any]) -> list[str]:
    verify, _audit = scene.play.judge({**scene.answers, "evil": answers}, scene.directory)
    failures: list[str] = verify["hosts"]["evil"]["failures"]
    return failures
