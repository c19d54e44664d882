# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The age of a plan: of the commit that holds it, or else of its file."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.age import DAY, Made, made, old

COMMITTED = 1_700_000_000
WRITTEN = 1_600_000_000


@pytest.fixture
def plan(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "plan").mkdir()
    write(tmp_path / "plan", b'{\n  "format": 1\n}\n')
    return tmp_path / "plan"


def write(plan: pathlib.Path, content: bytes) -> None:
    (plan / "plan.json").write_bytes(content)
    os.utime(plan / "plan.json", (WRITTEN, WRITTEN))


def git(directory: pathlib.Path, *arguments: str, seconds: int = COMMITTED) -> None:
    who = {f"GIT_{role}_{what}": "somebody" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    when = {f"GIT_{role}_DATE": f"@{seconds} +0000" for role in ("AUTHOR", "COMMITTER")}
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    environment = {**os.environ, **who, **when, **nothing}
    subprocess.run(["git", "-C", str(directory), *arguments], env=environment, check=True, capture_output=True)


def commit(plan: pathlib.Path, *options: str, seconds: int = COMMITTED) -> None:
    git(plan.parent, "init", "-q", *options)
    git(plan.parent, "add", "-A")
    git(plan.parent, "commit", "-q", "-m", "plan", seconds=seconds)


def test_without_git_the_file_counts(plan: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(plan.parent))
    assert made(plan) == Made(WRITTEN, False)
    commit(plan)
    monkeypatch.setenv("PATH", str(plan))
    assert made(plan) == Made(WRITTEN, False)


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_the_commit_that_holds_the_plan_counts(plan: pathlib.Path, options: tuple[str, ...]) -> None:
    commit(plan, *options)
    (plan.parent / "other").write_text("later", encoding="utf-8")
    git(plan.parent, "add", "-A")
    git(plan.parent, "commit", "-q", "-m", "other", seconds=COMMITTED + 5 * DAY)
    assert made(plan) == Made(COMMITTED, True)
    write(plan, (plan / "plan.json").read_bytes().replace(b"\n", b"\r\n"))
    assert made(plan) == Made(COMMITTED, True)


def test_a_plan_that_was_changed_after_its_commit_has_the_age_of_its_file(plan: pathlib.Path) -> None:
    commit(plan)
    write(plan, b"{}")
    assert made(plan) == Made(WRITTEN, False)


def test_a_hook_of_another_repository_does_not_matter(plan: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(plan)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert made(plan) == Made(COMMITTED, True)


@pytest.mark.parametrize("name", ["plan", "nowhere"])
def test_where_there_is_no_plan_nothing_tells(tmp_path: pathlib.Path, name: str) -> None:
    (tmp_path / "plan").mkdir()
    assert made(tmp_path / name) is None
    (tmp_path / "plan/plan.json").symlink_to("/etc/hostname")
    assert made(tmp_path / name) is None


@given(st.integers(0, 2**33), st.integers(-(2**33), 2**33), st.integers(0, 400), st.booleans())
def test_the_warning_comes_above_the_number_of_days(then: int, later: int, days: int, committed: bool) -> None:
    said = old(Made(then, committed), then + later, days)
    assert bool(said) == (days > 0 and later // DAY > days)
    if said:
        assert f"{later // DAY} days old" in said
        assert f"connectivity_reviewed_plan_days, which is {days}," in said
        assert ("committed on" in said) == committed
