# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Results of our own steps on the controller, told from what managed hosts return.

Playbooks pass the plan's directory on by ``register``, and Ansible keeps what hosts return in the same store. So a step on the controller
records its result in a file of this run, under a random name that the result carries. What is believed is the file, never the variable.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import re
import secrets
import typing as t
from collections.abc import Mapping

from ansible import constants

KEY = "controller_record"
_RECORD = re.compile(r"[0-9a-f]{32}\Z")


class NotOfThisRun(Exception):
    """A value should be the result of an earlier step of this run, and is not. The text says which one, and what to do."""


def record_result(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """Record a result of a step on the controller.

    Returns:
        The result, with the name of its record under :data:`KEY`.
    """
    name = secrets.token_hex(16)
    directory = pathlib.Path(_directory())
    directory.mkdir(mode=0o700, exist_ok=True)
    recorded = {**result, KEY: name}
    descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(recorded, file, default=str)  # YAML makes dates of days without quotes
    return recorded


def recorded_result(value: object) -> dict[str, t.Any] | None:
    """What was recorded of a registered variable's value; None if it is not the result of a step of ours in this run."""
    name = value.get(KEY) if isinstance(value, Mapping) else None
    if not isinstance(name, str) or not _RECORD.match(name):
        return None
    return _read(f"{_directory()}/{name}")


def of_this_run(value: object, option: str) -> dict[str, t.Any]:
    """What was recorded of the value of an option.

    Raises:
        NotOfThisRun: the value comes from another run, or a managed host has returned it.
    """
    recorded = recorded_result(value)
    if recorded is None:
        raise NotOfThisRun(
            f"{option} is not the result of an earlier task of this run: a fact cache, another run or a managed host has left it. Run the "
            "whole playbook, without --start-at-task; --flush-cache empties the fact cache"
        )
    return recorded


@functools.lru_cache(maxsize=16)
def _read(path: str) -> dict[str, t.Any] | None:
    try:
        recorded: dict[str, t.Any] = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return recorded


def _directory() -> str:
    """A directory in Ansible's own directory of this run, which only this user can enter and Ansible removes at the end."""
    return f"{t.cast(t.Any, constants).DEFAULT_LOCAL_TMP}/federated_connectivity"
