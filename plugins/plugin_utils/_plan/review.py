# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Checks a plan that somebody has reviewed, as a whole and before any host is touched: everything that is wrong with it, at once."""

from __future__ import annotations

import itertools
import pathlib
import typing as t
from collections.abc import Iterator, Mapping

from .._common.directory_files import UnsafePlace
from .._common.problems import Problems
from .identity import DIGEST, FORMAT, digest_of
from .reader import INDEX_FILE, PlanOfFiles, PlanUnreadable, faults, file_of, files_of_note, opened, unfit
from .shape import FINDINGS, HOST, INDEX, shown

FAULTS_SHOWN = 5
"""How many faults of one file are named."""
_AGAIN = "restore the file from git, or make the plan again"


class Review(t.NamedTuple):
    """A plan that may be applied: how many hosts it has, and what is worth a warning."""

    managed: int
    unmanaged: int
    warnings: list[str]


def review(directory: pathlib.Path, wanted: Mapping[str, str], problems: Problems) -> Review:
    """Check all of a plan.

    Args:
        directory: Where it is.
        wanted: The hosts of the run that are ours to configure, and their platforms in the inventory.
        problems: Gets what is wrong; the caller stops.
    """
    try:
        with opened(directory) as plan:
            index = _index(plan, problems)
            if index is None:
                return Review(0, 0, [])
            for host, entry in index["hosts"].items():
                for fault in _of_host(plan, host, entry, index, wanted.get(host)):
                    problems.error(fault, [host])
                if _is_edited(plan, host, entry):
                    problems.warn(
                        f"the file in hosts/ was edited after the plan was made: it does not agree with its digest in {INDEX_FILE}", [host]
                    )
            noted = {host for host in index["hosts"] if host not in wanted or _has_note(plan, host)}
    except PlanUnreadable as error:
        problems.error(str(error))
        return Review(0, 0, [])
    planned = {host: entry.get("managed") is True for host, entry in index["hosts"].items()}
    for host in wanted:
        if host not in planned:
            problems.error(
                f"managed in this run, but without a part in the plan: {INDEX_FILE} does not name this host. "
                "Make the plan again from the whole inventory, or leave such hosts out of this run with --limit",
                [host],
            )
        elif not planned[host]:
            problems.error(
                "managed in this run, but a partner's host in the plan, so without rules to apply. "
                "Make the plan again, or set connectivity_managed to false",
                [host],
            )
    for host in planned.keys() - noted:
        problems.warn("the note in inspection/hosts/ is missing or cannot be read, so the role dpi_exclusion would stop there", [host])
    return Review(sum(planned.values()), len(planned) - sum(planned.values()), problems.warnings)


def _index(plan: PlanOfFiles, problems: Problems) -> Mapping[str, t.Any] | None:
    """The index, or None if the hosts' files cannot be judged by it."""
    if not plan.has(INDEX_FILE):
        problems.error(f"there is no {INDEX_FILE}: give the directory of a plan, as federated.connectivity.plan writes it")
        return None
    index = plan.load(INDEX_FILE)
    for fault in unfit(index):
        problems.error(fault)
    if index.get("format", FORMAT) != FORMAT:
        return None
    damaged = list(itertools.islice(faults(index, {**INDEX, **FINDINGS}, ("address_sets", "hosts")), FAULTS_SHOWN))
    for fault in damaged:
        problems.error(f"{INDEX_FILE}: {fault}; {_AGAIN}")
    return None if damaged else index


def _of_host(plan: PlanOfFiles, host: str, entry: Mapping[str, t.Any], index: Mapping[str, t.Any], platform: str | None) -> Iterator[str]:
    """What is wrong with one host's file; of several causes the one that explains the others. ``platform``: the host's in the inventory."""
    try:
        name = file_of(host)
        if not plan.has(name):
            yield f"{INDEX_FILE} names this host, but the file in hosts/ is missing; {_AGAIN}"
            return
        content = plan.load(name)
    except (PlanUnreadable, UnsafePlace) as error:
        yield str(error)
        return
    if content.get("host", host) != host:
        yield f"the file in hosts/ holds the rules of another host, {shown(content['host'])}; {_AGAIN}"
    elif damaged := list(itertools.islice(faults(content, HOST, ("managed", "rules"), complete=True), FAULTS_SHOWN)):
        yield from (f"the file in hosts/ is damaged: {fault}; {_AGAIN}" for fault in damaged)
    else:
        if content["managed"] is not entry.get("managed", content["managed"]):
            yield f"{INDEX_FILE} and the file in hosts/ do not agree on whether the host is managed; {_AGAIN}"
        if platform not in (None, content["platform"]):
            yield (
                f"its rules in the plan are for {shown(content['platform'])}, but its platform in the inventory is {shown(platform)}. "
                "Make the plan again, or correct connectivity_platform or connectivity_firewall"
            )
        named = {one for rule in content["rules"] for one in rule["peers"]["address_sets"]}
        for one in sorted(named.difference(index["address_sets"])):
            yield f"a rule in the file in hosts/ names the address set {one}, which {INDEX_FILE} lacks; {_AGAIN}"


def _is_edited(plan: PlanOfFiles, host: str, entry: Mapping[str, t.Any]) -> bool:
    """Whether a host's file is not as it was when the plan was made. Such a file is read like any other."""
    try:
        data = plan.bytes_of(file_of(host))
    except (PlanUnreadable, UnsafePlace):
        return False
    return data is not None and entry.get(DIGEST, digest_of(data)) != digest_of(data)


def _has_note(plan: PlanOfFiles, host: str) -> bool:
    try:
        return all(plan.has(name) for name in files_of_note(host))
    except (PlanUnreadable, UnsafePlace):
        return False
