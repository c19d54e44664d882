# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds files of group_vars and host_vars that Ansible does not read: their variables have no effect, and Ansible does not say so."""

from __future__ import annotations

import contextlib
import difflib
import os
import pathlib
import re
from collections.abc import Collection, Iterable, Iterator

from .role_options import PREFIX

_READ = (".yml", ".yaml", ".json")
"""The ends of the names of files that Ansible reads; without an end, too."""
_KINDS = {"group_vars": "group", "host_vars": "host"}
_ALIKE = 0.8
_ALIKE_KINDS = 0.87
_LARGEST = 1 << 20
_MOST = 1000


def unread_files(sources: Iterable[str], playbook: str, groups: Collection[str], hosts: Collection[str]) -> list[str]:
    """What is wrong with each file that sets variables of ours and has no effect, in words.

    Args:
        sources: The inventories.
        playbook: The directory of the playbook.
        groups: The groups of the inventory.
        hosts: Its hosts.
    """
    beside = [pathlib.Path(source if os.path.isdir(source) else os.path.dirname(source)) for source in sources]
    read = list(dict.fromkeys([*beside, pathlib.Path(playbook)]))
    elsewhere = [place for place in dict.fromkeys([*(place.parent for place in beside), pathlib.Path.cwd()]) if place not in read]
    names = {"group": groups, "host": hosts}
    found: list[str] = []
    for place in read:
        for path in _entries(place):
            meant = _misspelt_kind(path.name)
            if meant and path.is_dir() and any(map(_is_ours, _entries(path))):
                found.append(f"{_shown(path)} has no effect: Ansible reads only a directory with the name {meant}; rename it")
    for kind, what in _KINDS.items():
        other = "host" if what == "group" else "group"
        for place in read:
            for path in _entries(place / kind):
                wrong = _wrong(path, what, names[what], other, names[other])
                if wrong and _is_ours(path):
                    found.append(f"{_shown(path)} has no effect: {wrong}")
        for place in elsewhere:
            for path in _entries(place / kind):
                if _stem(path.name) in names[what] and _is_ours(path):
                    places = " and ".join(dict.fromkeys(_shown(one) for one in beside))
                    found.append(f"{_shown(path)} has no effect: Ansible reads {kind} in {places} and beside the playbook; move it there")
    return found


def _misspelt_kind(name: str) -> str | None:
    """Which of the directories that Ansible reads is probably meant; names that are numbered are different names."""
    if name in _KINDS or re.search(r"\d", name):
        return None
    letters = re.sub("[-_]", "", name.lower())
    for kind in _KINDS:
        right = kind.replace("_", "")
        if abs(len(letters) - len(right)) < 2 and difflib.SequenceMatcher(None, letters, right).ratio() >= _ALIKE_KINDS:
            return kind
    return None


def _wrong(path: pathlib.Path, what: str, names: Collection[str], other: str, others: Collection[str]) -> str | None:
    """Why Ansible does not read a file for any group, or any host; None: it does, or it is for a group of another inventory."""
    stem = _stem(path.name)
    if stem in names:
        return None
    base, _dot, end = path.name.rpartition(".")
    if base in names and _close(end.lower(), [read[1:] for read in _READ], 0.6):
        return f"Ansible reads files with the ends {', '.join(_READ)}; rename it to {base}.yml"
    if stem in others:
        return f"{stem} is a {other}, not a {what}; move it to {other}_vars"
    meant = _close(stem, names, _ALIKE)
    if meant and re.sub(r"\d+", "", meant) != re.sub(r"\d+", "", stem):
        return f"the inventory has no {what} {stem} (did you mean {meant}?)"
    return None


def _close(word: str, names: Collection[str], alike: float) -> str | None:
    lowered = {name.lower(): name for name in sorted(names)}
    close = difflib.get_close_matches(word.lower(), list(lowered), 1, alike)
    return lowered[close[0]] if close else None


def _stem(name: str) -> str:
    return next((name.removesuffix(end) for end in _READ if name.endswith(end)), name)


def _entries(directory: pathlib.Path) -> list[pathlib.Path]:
    """The files and directories that may be of a group or a host."""
    with contextlib.suppress(OSError):
        return sorted(path for path in directory.iterdir() if not path.name.startswith(".") and not path.name.endswith("~"))[:_MOST]
    return []


def _is_ours(path: pathlib.Path) -> bool:
    """Whether a file, or one in a directory, sets variables of ours. What is encrypted or cannot be read is not judged."""
    return any(_sets_ours(file) for file in _files(path))


def _files(path: pathlib.Path) -> Iterator[pathlib.Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (inner for inner in sorted(path.iterdir())[:_MOST] if inner.is_file())


def _sets_ours(file: pathlib.Path) -> bool:
    with contextlib.suppress(OSError, UnicodeError):
        if file.stat().st_size <= _LARGEST:
            return re.search(rf"^[ \t\"'{{]*{PREFIX}", file.read_text(encoding="utf-8"), re.MULTILINE) is not None
    return False


def _shown(path: pathlib.Path) -> str:
    return min(os.path.relpath(path), str(path), key=len)
