# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the JSON files of a plan look like. Plans are kept in git and reviewed, so that somebody may have edited one."""

from __future__ import annotations

import contextlib
import re
import socket
import typing as t
from collections.abc import Callable, Iterator, Mapping

from ...module_utils._plan.ports import is_port_range
from ...module_utils._plan.protocols import WITH_TYPES, type_number
from ...module_utils._plan.words import FIREWALLS, PLATFORMS, PROTOCOLS
from .._common.days import EXAMPLE, parse_day
from .._common.texts import first_unseen, shortened, unseen_message
from .identity import COLLECTION_VERSION, DIGEST

Check = Callable[[t.Any], t.Optional[str]]
Shape = t.Union[Check, "list[Shape]", Mapping[str, "Shape"]]
"""A check of one value, a list of one shape, or a mapping: key -> shape; the key ``*`` stands for any."""

SELECTION = "selection"
"""The key of plan.json that only a narrowed plan has: the expression that chose its rules."""
DEPTH = 16
_LENGTH = re.compile(r"[0-9]{1,3}")


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return f"must be a string, not {shown(value)}"
    char = first_unseen(value)
    return unseen_message(char) if char else None


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else f"must be true or false, not {shown(value)}"


def _limit(value: object) -> str | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535
    return None if fits else f"must be a number from 0 to 65535, not {shown(value)}"


def _list(value: object) -> str | None:
    return None if isinstance(value, list) else f"must be a list, not {shown(value)}"


def _ports(value: object) -> str | None:
    fits = isinstance(value, str) and len(value) <= 11 and is_port_range(value)
    return None if fits else f"must be a port or an ascending range of ports, not {shown(value)}"


def _type(value: object) -> str | None:
    fits = isinstance(value, str) and any(type_number(protocol, value) is not None for protocol in WITH_TYPES)
    return None if fits else f"must be a type of ICMP, by name or number, not {shown(value)}"


def _port(value: object) -> str | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535
    return None if fits else f"must be a port, not {shown(value)}"


def _network(value: object) -> str | None:
    """As quick as can be: sets have thousands of networks, and every host's part of a plan is read with them."""
    if isinstance(value, str):
        address, _slash, length = value.partition("/")
        family, bits = (socket.AF_INET6, 128) if ":" in address else (socket.AF_INET, 32)
        with contextlib.suppress(OSError, ValueError):
            packed = int.from_bytes(socket.inet_pton(family, address), "big")
            if not _slash or (_LENGTH.fullmatch(length) and int(length) <= bits and not packed & ((1 << (bits - int(length))) - 1)):
                return None
    return f"must be an address or a network, not {shown(value)}"


def _day(value: object) -> str | None:
    fits = isinstance(value, str) and parse_day(value) is not None
    return None if fits else f"must be {EXAMPLE}, not {shown(value)}"


def _text_or_null(value: object) -> str | None:
    return None if value is None else _text(value)


def _one_of(*words: str) -> Check:
    return lambda value: None if value in words else f"must be {' or '.join(words)}, not {shown(value)}"


_DIRECTION = _one_of("ingress", "egress")
_PROTOCOL = _one_of(*PROTOCOLS)
_PEERS: Shape = {"address_sets": [_text], "names": [_text]}
_RULE: Shape = {
    **dict.fromkeys(("id", "matrix", "federation", "flow", "application", "tls", "inspection", "purpose"), _text),
    "direction": _DIRECTION,
    "protocol": _PROTOCOL,
    "ports": [_ports],
    "peers": _PEERS,
    "placement": _one_of("host", "published"),
    "closed_to_others": _flag,
    "via_proxy": _flag,
    "flows": [_text],
    "until": _day,
    "types": [_type],
}
_LISTENER: Shape = {
    **dict.fromkeys(("matrix", "federation", "flow", "bind"), _text),
    "protocol": _PROTOCOL,
    "ports": [_ports],
    "dynamic": _flag,
}
_FRONT: Shape = {"names": [_text], "ports": {"*": _port}, "sources": [_network], "health_checks": [_network]}
HOST: Shape = {
    "host": _text,
    "managed": _flag,
    "platform": _one_of(*PLATFORMS),
    "firewall": _one_of(*FIREWALLS),
    "log_refused": _flag,
    "connection_limit": _limit,
    "contained_bridges": [_text],
    "computations": [{"flow": _text, "protocol": _PROTOCOL, "ports": [_ports]}],
    "containers_apart": [{"flow": _text, "protocol": _PROTOCOL, "ports": [_ports]}],
    "addresses": [_network],
    "defaults": {"*": _one_of("unchanged", "deny")},
    "rules": [_RULE],
    "listeners": [_LISTENER],
    "front": _FRONT,
}
_OF_INDEX: dict[str, Shape] = {"hosts": {"*": {DIGEST: _text}}, SELECTION: _text, COLLECTION_VERSION: _text}
INDEX: dict[str, Shape] = {"address_sets": {"*": [_network]}, **_OF_INDEX}
SETS: dict[str, Shape] = {"address_sets": {"*": _list}, **_OF_INDEX}
"""As much of an index as one host's policy needs: the host itself checks every network of its sets."""

FINDINGS: dict[str, Shape] = {
    "findings": [
        {
            **dict.fromkeys(("id", "about", "text"), _text),
            "hosts": [_text],
            "accepted": _text_or_null,
            "until": _day,
            "known_problems": [_text],
        }
    ]
}
"""What tells in an index which exceptions end."""

TRAPS: Shape = {"traps": {"*": [{"trap": _text, "flows": [_text]}]}}
"""The file of the systems' known problems."""

OPTIONAL = frozenset(
    (
        "flows",
        "until",
        "types",
        "dynamic",
        "firewall",
        "front",
        "known_problems",
        "log_refused",
        "connection_limit",
        "containers_apart",
        "contained_bridges",
        "computations",
        SELECTION,
        COLLECTION_VERSION,
        DIGEST,
        "*",
    )
)
"""Keys that are not always there."""


def problems(value: object, shape: Shape, complete: bool = False, path: str = "") -> Iterator[str]:
    """What does not fit, as "where: what is wrong"; with ``complete``, also the keys that are missing."""
    if callable(shape):
        said = shape(value)
        if said:
            yield f"{path.lstrip('.')}: {said}"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path.lstrip('.')}: must be a list, not {shown(value)}"
            return
        (each,) = shape
        for index, item in enumerate(value):
            if not callable(each):
                yield from problems(item, each, complete, f"{path}[{index}]")
            elif (said := each(item)) is not None:
                yield f"{path.lstrip('.')}[{index}]: {said}"
    elif not isinstance(value, dict):
        yield f"{path.lstrip('.') or 'the content'}: must be a mapping, not {shown(value)}"
    else:
        for key, inner in value.items():
            expected = shape.get(key, shape.get("*"))
            if "*" in shape and (char := first_unseen(key)):
                yield f"{path.lstrip('.')}: the key {shown(key)} {unseen_message(char)}"
            if expected is not None:
                yield from problems(inner, expected, complete, f"{path}.{key}")
        if complete:
            yield from (f"{f'{path}.{key}'.lstrip('.')} is missing" for key in shape if key not in value and key not in OPTIONAL)


def too_deep(value: object) -> bool:
    """Whether data are nested deeper than any of a plan."""
    level = [value]
    for _depth in range(DEPTH):
        level = [inner for outer in level for inner in _inner(outer) if isinstance(inner, (dict, list))]
    return bool(level)


def shown(value: object) -> str:
    """A value in a message."""
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else shortened(repr(value), 80)


def _inner(value: object) -> t.Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
