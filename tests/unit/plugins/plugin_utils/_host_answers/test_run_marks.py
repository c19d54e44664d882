# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No host of a run can speak for another one."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._proof.probe import banner
from ansible_collections.federated.connectivity.plugins.plugin_utils._host_answers.run_marks import (
    is_token,
    listener_in,
    password_of,
    words_of,
)

TOKEN = "1f3870be274f6c49"


@pytest.mark.parametrize("name", ["alpha", "alpha.example.org", "klinik köln", "a b", "x" * 200])
def test_a_listener_is_known_by_its_words(name: str) -> None:
    words = words_of(TOKEN, name)
    assert listener_in(TOKEN, words) == name
    assert words.encode("ascii").decode().isprintable()
    assert listener_in("another run's", words) == ""


def test_what_one_host_is_told_tells_nothing_of_others() -> None:
    told = {password_of(TOKEN), *words_of(TOKEN, "evil").split()}
    assert TOKEN not in told
    assert not any(listener_in(TOKEN, f"{mark} beta") for mark in told)
    assert listener_in(TOKEN, "beta") == listener_in(TOKEN, "") == listener_in(TOKEN, "\ud800 beta") == ""


def test_words_fit_into_what_a_probe_reads() -> None:
    assert len(banner(password_of(TOKEN), words_of(TOKEN, "x" * 253))) <= 512


@pytest.mark.parametrize(
    ("token", "can"), [(TOKEN, True), ("spring-rollout", True), ("", False), ("a b", False), ("x" * 65, False), ("x\n", False)]
)
def test_a_token_is_printable(token: str, can: bool) -> None:
    assert is_token(token) is can
