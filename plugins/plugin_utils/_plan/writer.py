# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Writes a plan as a directory of JSON files that people review and keep in git."""

from __future__ import annotations

import json
import pathlib
import re
import stat
import typing as t
from collections.abc import Iterable, Iterator

from .._common.directory_files import LARGEST, PlanFiles, UnsafePlace
from .._common.plan_marker import MARK
from .._common.problems import PlanRefused
from .._inspection.notes import notes
from .._inspection.sites import DIRECTORY as INSPECTION
from .._native.previews import FILES as NATIVE
from .._windows.scripts import FILES as SCRIPTS
from .._windows.scripts import scripts
from .computed import ComputedPlan
from .host_pages import FILES as PAGES
from .host_pages import host_pages
from .identity import COLLECTION_VERSION, DIGEST, digest_of, own_version
from .proxy_allow_lists import FILES as PROXIES
from .proxy_allow_lists import allow_lists
from .traps import FILE as TRAPS
from .traps import traps_file

INDEX = "plan.json"
HOSTS = "hosts"
PATTERNS = (f"{HOSTS}/*.json", *PAGES, *PROXIES, *SCRIPTS, *NATIVE)
"""The files of plans besides the index, the known problems and those below INSPECTION, which may have any name."""
TOPS = tuple(sorted({INSPECTION, *(pattern.partition("/")[0] for pattern in PATTERNS)}))
_NOTES = tuple(f"{INSPECTION}/{kind}/*" for kind in ("hosts", "sites", "exports", "exports/*"))


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(pattern).replace(r"\*", "[^/]+") for pattern in patterns))


FILES = _any_of(PATTERNS)
PLACES = _any_of(
    {str(place) for pattern in (*PATTERNS, *_NOTES) for path in (pathlib.PurePath(pattern),) for place in (path, *path.parents)}
)
"""Where plans have files and directories; nothing else may stand there than these."""
DIFFS_KEPT = 50


class Written(t.NamedTuple):
    """What changed in a directory: all files by name, and the first of them with their text before and after."""

    changed: list[str]
    diffs: list[tuple[str, str, str]]

    def note(self, name: str, before: str, after: str) -> None:
        self.changed.append(name)
        if len(self.diffs) < DIFFS_KEPT:
            self.diffs.append((name, before, after))


def render_plan(plan: ComputedPlan) -> Iterator[tuple[str, str]]:
    """The files of a plan as (path inside the directory, text). The same plan gives the same bytes."""
    digests: dict[str, str] = {}
    for hosts, part in plan.hosts:
        before, between, after = _text({**part.to_json(), "addresses": "\0", "host": "\0"}).split('"\\u0000"', 2)
        for host in hosts:
            addresses = _text(list(host.addresses or ())).rstrip("\n").replace("\n", "\n  ")
            text = f"{before}{addresses}{between}{json.dumps(host.name)}{after}"
            digests[host.name] = digest_of(text.encode())
            yield f"{HOSTS}/{host.name}.json", text
    hosts_of_index = {name: {**entry, DIGEST: digests[name]} for name, entry in plan.index["hosts"].items()}
    yield INDEX, _text({**plan.index, "hosts": hosts_of_index, COLLECTION_VERSION: own_version()})
    yield TRAPS, traps_file(plan.matrices)
    yield from host_pages(plan)
    yield from allow_lists(plan)
    yield from scripts(plan)
    yield from notes(plan)
    yield from sorted(plan.exports.items())
    yield from sorted(plan.native.items())


def write_plan(plan: ComputedPlan, directory: pathlib.Path, dry: bool = False) -> Written:
    """Bring a directory in line with a plan.

    Files that are right already are left alone, and so is what no plan ever wrote. Files of hosts that are not in the plan go.
    Where a plan has its files there must be no links and no special files; otherwise nothing is read or written.

    Args:
        plan: The plan.
        directory: Where it should be; made if it is not there. It may be a link itself.
        dry: Only tell what would change.

    Raises:
        PlanRefused: if the directory cannot be read or written.
    """
    try:
        with PlanFiles(directory) as files:
            places = _Places(files)
            if not dry:
                files.make()
            return _write(plan, files, places, dry)
    except UnsafePlace as unsafe:
        raise PlanRefused([str(unsafe)]) from None
    except (OSError, UnicodeError) as error:
        raise PlanRefused([f"the plan cannot be written to {directory}: {error}"]) from error


def _write(plan: ComputedPlan, files: PlanFiles, places: _Places, dry: bool) -> Written:
    written = Written([], [])
    wanted = set[str]()
    for name, text in render_plan(plan):
        wanted.add(name)
        data, before = text.encode(), files.read(name)
        if before != data:
            written.note(name, _shown(before), text)
            if not dry:
                files.write(name, data)
    for name in sorted(places.candidates - wanted, key=lambda name: name.split("/")):
        text = _shown(files.read(name))
        if _is_of_a_plan(text, name):
            written.note(name, text, "")
            if not dry:
                files.remove(name)
    return written


class _Places:
    """What the places of a plan hold before it is written; raises UnsafePlace for what may not be there.

    Attributes:
        candidates: The files that an earlier plan may have written, as paths inside the directory; others may be among them.
    """

    def __init__(self, files: PlanFiles) -> None:
        self.candidates: set[str] = set()
        for place in (INDEX, TRAPS, *TOPS):
            status = files.status(place)
            if status is not None:
                files.refuse_unusual(place, status)
        for place in TOPS:
            for name, status in files.below(place):
                if PLACES.fullmatch(name):
                    files.refuse_unusual(name, status)
                usual = stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_size <= LARGEST
                if usual and (place == INSPECTION or FILES.fullmatch(name)):
                    self.candidates.add(name)


def _text(data: object) -> str:
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def _shown(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")


def _is_of_a_plan(text: str, name: str) -> bool:
    if name.startswith(f"{HOSTS}/") and name.endswith(".json"):
        return _is_host_of_a_plan(text, pathlib.PurePosixPath(name).stem)
    return MARK in "".join(text.splitlines(keepends=True)[:3])


def _is_host_of_a_plan(text: str, name: str) -> bool:
    try:
        data = json.loads(text)
    except ValueError:
        return False
    return isinstance(data, dict) and data.get("host") == name and {"rules", "defaults"} <= data.keys()
