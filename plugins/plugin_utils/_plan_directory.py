# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Writes a plan as a directory of JSON files that people review and keep in git."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import typing as t
from collections.abc import Iterator, Set

from ._inspection_notes import notes
from ._inspection_sites import DIRECTORY as INSPECTION
from ._mark import MARK
from ._plan import Plan
from ._problems import PlanRefused
from ._proxy_allow_lists import FILES as PROXIES
from ._proxy_allow_lists import allow_lists
from ._windows_scripts import FILES as SCRIPTS
from ._windows_scripts import scripts

INDEX = "plan.json"
HOSTS = "hosts"
PATTERNS = (f"{HOSTS}/*.json", *PROXIES, *SCRIPTS)
"""The files of plans besides the index and those below INSPECTION, which may have any name."""
DIFFS_KEPT = 50


class Written(t.NamedTuple):
    """What changed in a directory: all files by name, and the first of them with their text before and after."""

    changed: list[str]
    diffs: list[tuple[str, str, str]]

    def note(self, name: str, before: str, after: str) -> None:
        self.changed.append(name)
        if len(self.diffs) < DIFFS_KEPT:
            self.diffs.append((name, before, after))


def render_plan(plan: Plan) -> Iterator[tuple[str, str]]:
    """The files of a plan as (path inside the directory, text). The same plan gives the same bytes."""
    for hosts, common in plan.hosts:
        before, between, after = _text({**common, "addresses": "\0", "host": "\0"}).split('"\\u0000"', 2)
        for host in hosts:
            addresses = _text(list(host.addresses or ())).rstrip("\n").replace("\n", "\n  ")
            yield f"{HOSTS}/{host.name}.json", f"{before}{addresses}{between}{json.dumps(host.name)}{after}"
    yield INDEX, _text(plan.index)
    yield from allow_lists(plan)
    yield from scripts(plan)
    yield from notes(plan)
    yield from sorted(plan.exports.items())


def write_plan(plan: Plan, directory: pathlib.Path, dry: bool = False) -> Written:
    """Bring a directory in line with a plan.

    Files that are right already are left alone, and so is what no plan ever wrote. Files of hosts that are not in the plan go.

    Args:
        plan: The plan.
        directory: Where it shall be; made if it is not there.
        dry: Only tell what would change.

    Raises:
        PlanRefused: if the directory cannot be read or written.
    """
    written = Written([], [])
    wanted, made = set[str](), {HOSTS}
    try:
        if not dry:
            (directory / HOSTS).mkdir(parents=True, exist_ok=True)
        for name, text in render_plan(plan):
            wanted.add(name)
            before = _read(directory, name)
            if before != text:
                written.note(name, before or "", text)
                if not dry:
                    parent = os.path.dirname(name)
                    if parent not in made:
                        (directory / parent).mkdir(exist_ok=True, parents=True)
                        made.add(parent)
                    with open(f"{directory}/{name}", "wb") as file:
                        file.write(text.encode())
        for name in sorted(_candidates(directory, wanted), key=lambda name: name.split("/")):
            text = _read(directory, name) or ""
            if _is_of_a_plan(text, name):
                written.note(name, text, "")
                if not dry:
                    (directory / name).unlink()
                    with contextlib.suppress(OSError):  # other files are there, too
                        (directory / name).parent.rmdir()
    except (OSError, UnicodeDecodeError) as error:
        raise PlanRefused([f"the plan cannot be written to {directory}: {error}"]) from error
    return written


def _text(data: object) -> str:
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def _read(directory: pathlib.Path, name: str) -> str | None:
    """A file's text with the line ends that it has, or None if it is not there."""
    try:
        with open(f"{directory}/{name}", "rb", buffering=0) as file:
            return file.read().decode()
    except FileNotFoundError:
        return None


def _candidates(directory: pathlib.Path, wanted: Set[str]) -> Iterator[str]:
    """The files that an earlier plan may have written, as paths inside the directory; others may be among them."""
    for place in {INSPECTION, *(pattern.partition("/")[0] for pattern in PATTERNS)}:
        for name in _below(directory, place):
            if name not in wanted and (place == INSPECTION or _fits(name)):
                yield name


def _fits(name: str) -> bool:
    path = pathlib.PurePosixPath("/", name)
    return any(path.match(f"/{pattern}") for pattern in PATTERNS)


def _below(directory: pathlib.Path, place: str) -> Iterator[str]:
    """The files below a place that is a directory and can be read; links to other directories are not followed."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError), os.scandir(directory / place) as entries:
        for entry in entries:
            if entry.is_file():
                yield f"{place}/{entry.name}"
            elif entry.is_dir(follow_symlinks=False):
                yield from _below(directory, f"{place}/{entry.name}")


def _is_of_a_plan(text: str, name: str) -> bool:
    if name.startswith(f"{HOSTS}/"):
        return _is_host_of_a_plan(text, pathlib.PurePosixPath(name).stem)
    return MARK in "".join(text.splitlines(keepends=True)[:3])


def _is_host_of_a_plan(text: str, name: str) -> bool:
    try:
        data = json.loads(text)
    except ValueError:
        return False
    return isinstance(data, dict) and data.get("host") == name and {"rules", "defaults"} <= data.keys()
