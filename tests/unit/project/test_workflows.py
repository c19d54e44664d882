# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workflows run other people's code only at commits that somebody looked at, and may do no more than they need."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.y*ml"))
USES = re.compile(r"^\s*(?:- )?uses: (\S+)(.*)$", re.MULTILINE)
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}\Z")
VERSION = re.compile(r" # v\d+\.\d+\.\d+\Z")

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=[path.name for path in WORKFLOWS])


def read(path: pathlib.Path) -> dict[t.Any, t.Any]:
    return t.cast("dict[t.Any, t.Any]", yaml.safe_load(path.read_text(encoding="utf-8")))


def steps(path: pathlib.Path) -> list[dict[str, t.Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def test_there_are_workflows() -> None:
    assert WORKFLOWS


@every_workflow
def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(path: pathlib.Path) -> None:
    uses = USES.findall(path.read_text(encoding="utf-8"))
    assert [action for action, _rest in uses] == [step["uses"] for step in steps(path) if "uses" in step]
    assert [action for action, rest in uses if not (PINNED.match(action) and VERSION.match(rest))] == []


@every_workflow
def test_a_job_has_the_permissions_it_needs_and_none_that_writes(path: pathlib.Path) -> None:
    assert read(path)["permissions"] == {}
    for job in read(path)["jobs"].values():
        assert set(job["permissions"].values()) <= {"read"}


@every_workflow
def test_a_checkout_leaves_no_token_behind(path: pathlib.Path) -> None:
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@every_workflow
def test_what_a_pull_request_says_is_no_program_and_sees_no_secret(path: pathlib.Path) -> None:
    events = read(path)["on"]
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(events)
    text = path.read_text(encoding="utf-8")
    assert "secrets." not in text
    assert not [step for step in steps(path) if "${{" in step.get("run", "")]
