# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads ``connectivity_expected_certificates`` and what adds to it: which certificates TLS servers show where nobody is in between.

destination (an inventory name, an address or a host name) -> port -> ``sha256`` and ``issuer``, each one or a list.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Mapping

from .._common.problems import did_you_mean
from .names import parts_of

VARIABLE = "connectivity_expected_certificates"

_KEYS = ("sha256", "issuer")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Expected(t.NamedTuple):
    """What is expected at one port: fingerprints of certificates, or issuers' common names. One of them has to fit."""

    sha256: frozenset[str]
    issuers: frozenset[str]


Expectations = Mapping[tuple[str, int], Expected]
"""(Destination, port) -> what is expected there."""


class ExpectationsRefused(Exception):
    """The variable has mistakes; the text names them all."""


def expectations_of(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, t.Any]]) -> dict[str, Expectations]:
    """What each host's variables expect.

    Raises:
        ExpectationsRefused: with every mistake of every host and how to fix it.
    """
    found: dict[str, Expectations] = {}
    problems: list[str] = []
    for name in hosts:
        try:
            own = hostvars[name]
            found[name] = _together(read_expectations(own[part], part) for part in parts_of(VARIABLE, own))
        except ExpectationsRefused as error:
            problems += [f"host {name}: {problem}" for problem in str(error).splitlines()]
    if problems:
        raise ExpectationsRefused("\n".join(problems))
    return found


def _together(parts: Iterable[Expectations]) -> Expectations:
    """What several variables expect: at one port, what any of them says."""
    found: dict[tuple[str, int], Expected] = {}
    for part in parts:
        for where, expected in part.items():
            before = found.get(where, Expected(frozenset(), frozenset()))
            found[where] = Expected(before.sha256 | expected.sha256, before.issuers | expected.issuers)
    return found


def read_expectations(value: object, variable: str = VARIABLE) -> Expectations:
    """Read one host's variable, or one that adds to it.

    Raises:
        ExpectationsRefused: with every mistake and how to fix it.
    """
    problems: list[str] = []
    found: dict[tuple[str, int], Expected] = {}
    for destination, ports in _mapping(value, variable, "destinations", problems).items():
        for port, entry in _mapping(ports, f"{variable}.{destination}", "ports", problems).items():
            place = f"{variable}.{destination}.{port}"
            if not str(port).isascii() or not str(port).isdigit() or not 1 <= int(port) <= 65535:
                problems.append(f"{place}: {port!r} is not a valid port; give a number from 1 to 65535")
                continue
            expected = _expected(_mapping(entry, place, "sha256 or issuer", problems), place, problems)
            found[str(destination), int(port)] = expected
    if problems:
        raise ExpectationsRefused("\n".join(problems))
    return found


def _expected(entry: Mapping[t.Any, t.Any], place: str, problems: list[str]) -> Expected:
    for key in entry:
        if key not in _KEYS:
            problems.append(f"{place}: unknown key {key!r}; give sha256 or issuer{did_you_mean(str(key), _KEYS)}")
    prints = [re.sub(r"[:\s]", "", text).lower() for text in _texts(entry.get("sha256", ()), f"{place}.sha256", problems)]
    for fingerprint in prints:
        if not _SHA256.fullmatch(fingerprint):
            problems.append(f"{place}.sha256: {fingerprint!r} is not a SHA-256 value; give 64 hexadecimal digits, with or without colons")
    issuers = _texts(entry.get("issuer", ()), f"{place}.issuer", problems)
    if not (prints or issuers):
        problems.append(f"{place}: nothing is expected; give sha256 or issuer")
    return Expected(frozenset(prints), frozenset(issuers))


def _mapping(value: object, place: str, what: str, problems: list[str]) -> Mapping[t.Any, t.Any]:
    if isinstance(value, Mapping):
        return value
    problems.append(f"{place}: is not a mapping; give {what}")
    return {}


def _texts(value: object, place: str, problems: list[str]) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, (list, tuple)) and all(isinstance(text, str) and text for text in texts):
        return list(texts)
    problems.append(f"{place}: is not a string; give one, or a list, in quotes")
    return []
