# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hosts of four answer whatever was drawn. They may fail, by name; nobody else notices."""

from __future__ import annotations

import re
import typing as t

from draws import CHARACTERS
from hostile_scene import HOSTILE, Scene
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from play import Character

UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
DRAWN = {"deadline": None, "derandomize": True, "database": None, "phases": [Phase.generate], "suppress_health_check": list(HealthCheck)}
KEYS = {"changed", "failed", "msg", "errors", "warnings", "deprecations", "exception", "unusable", "_ansible_parsed"}
RETURNED = {
    "enforced": {"backend", "allowed", "changes", "diff", "differences", "rules", "outcome"},
    "packages": {"missing"},
    "docker": {"changes", "restarts", "said", "diff"},
    "note": {"changes", "diff"},
    "in_force": {"backend", "allowed", "changes", "diff", "differences", "rules"},
    "loopback": {"sockets"},
    "observed": {"sockets", "connections", "looks", "tracked", "cut", "unmatched", "hidden"},
    "refused": {"refused", "missing", "lines"},
    "listening": {"ports", "token"},
    "probed": {"outcomes", "token"},
    "stopped": {"listener", "ports", "token"},
    "seen": {"handshakes", "token"},
}


def test_honest_hosts_are_proven(scene: Scene) -> None:
    lines = scene.usual["lines"]
    assert [line for line in lines["verify", "alpha"] if line.startswith("proven") and "alpha -> beta" in line]
    assert scene.usual["failures"] == {"alpha": [], "beta": [], "gamma": []}
    assert [line for line in lines["audit", "alpha"] if line.startswith("direct") and "alpha -> beta" in line]
    assert [line for line in lines["verify", "alpha"] if line.startswith("closed") and "gamma -> alpha" in line]
    assert scene.usual["planned"] == scene.play.answered["lines"]
    assert scene.usual["live"]["state"] == "in force"
    (places,) = scene.usual["live"]["rules"].values()
    assert places == [{"name": "nftables table", "disk": "present", "kernel": "present"}]


def check(scene: Scene, characters: t.Mapping[str, Character]) -> None:
    scene.play.displayed.clear()
    told = {name: scene.play.ask(name, character) for name, character in characters.items()}
    assert scene.concluded({**scene.answers, **told}) == scene.usual
    assert scene.content() == scene.files
    for answers in told.values():
        for step, result in answers.items():
            assert result.keys() <= KEYS | RETURNED[step], step
            assert isinstance(result.get("failed", False), bool)
            if result.get("failed"):
                assert isinstance(result["msg"], str)
    shown = [scene.last, (scene.directory / "v.json").read_text(encoding="utf-8"), (scene.directory / "a.json").read_text(encoding="utf-8")]
    for text in [*shown, *scene.play.displayed, *_texts(told)]:
        assert not UNPRINTABLE.search(text), text[:200]
    assert sum(map(len, shown)) < 10**6


def test_whatever_two_hosts_answer_the_others_are_judged_as_ever(scene: Scene, whole: bool) -> None:
    @settings(max_examples=5000 if whole else 200, **t.cast(t.Any, DRAWN))
    @given(st.fixed_dictionaries(dict.fromkeys(HOSTILE, CHARACTERS)))
    def each(characters: dict[str, Character]) -> None:
        check(scene, characters)

    each()


def _texts(found: object) -> t.Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for key, value in found.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(found, list):
        for value in found:
            yield from _texts(value)
