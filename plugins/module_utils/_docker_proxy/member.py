# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The member ``proxies`` of Docker's JSON files: ours put in, ours taken out again, and what was there given back."""

from __future__ import annotations

import copy
import json
import typing as t

from .._errors import PolicyRefused
from .._host.host import Host
from .._host.printable import printable_lines
from .._host.regular_file import SMALL
from .json_text import JsonBroken, JsonText, JsonTwice
from .proxies import Proxies
from .secrets import hide_in

MEMBER = "proxies"
_Object = t.Dict[str, t.Any]


class Reader(t.NamedTuple):
    """Who reads a file, and hence how it spells a proxy.

    Attributes:
        path: Where in the member the values are.
        names: What the values are called: for HTTP, for HTTPS, for what must not go through them.
        mode: The mode of a new file. Credentials are for its owner alone in any case.
    """

    path: t.Tuple[str, ...]
    names: t.Tuple[str, str, str]
    mode: int


# docs.docker.com/engine/daemon/proxy (Engine 23.0 and later); docs.docker.com/engine/cli/proxy: what containers and builds get
DAEMON = Reader((), ("http-proxy", "https-proxy", "no-proxy"), 0o644)
CLIENT = Reader(("default",), ("httpProxy", "httpsProxy", "noProxy"), 0o600)


class Memory(t.NamedTuple):
    """What a file was like before we came.

    Attributes:
        before: The member's text, if there was one.
        ours: What we wrote.
        mode: The file's mode, if there was a file.
        blank: The file's text, if it was an object without members, or held nothing.
    """

    before: t.Optional[str]
    ours: t.Mapping[str, str]
    mode: t.Optional[int]
    blank: t.Optional[str] = None


def recall(path: str, data: t.Any) -> t.Optional[Memory]:
    """What a run wrote down, from JSON.

    Raises:
        PolicyRefused: it is something else.
    """
    if data is None:
        return None
    try:
        memory = Memory(**data)
        sound = isinstance(json.loads(memory.before or "{}") or {}, dict) and isinstance(memory.ours, dict)
    except (TypeError, ValueError, RecursionError):
        sound = False
    if not sound or not isinstance(memory.mode, (int, type(None))) or not isinstance(memory.blank, (str, type(None))):
        raise damaged(path)
    return memory


def recorded(path: str, host: Host) -> t.Any:
    """The JSON of a file in which runs remember something; None where there is no file. Raises PolicyRefused."""
    content = host.read(path, SMALL)
    try:
        return None if content is None else json.loads(content)
    except (ValueError, RecursionError):
        raise damaged(path) from None


def damaged(path: str) -> PolicyRefused:
    """The error where what runs remember is not what they wrote."""
    return PolicyRefused(
        "%s is damaged, so what was there before this collection came is not known; check Docker's proxies by hand, then remove this file"
        % path
    )


class Found(t.NamedTuple):
    """A JSON file of Docker's as it is.

    Attributes:
        path: Where it is.
        content: Its bytes; None: there is no file.
        text: The same as JSON.
        mode: Its mode, if there is a file.
    """

    path: str
    content: t.Optional[bytes]
    text: JsonText
    mode: t.Optional[int]


class Merged(t.NamedTuple):
    """What a file should be.

    Attributes:
        content: Its bytes; None: there should be none.
        mode: Its mode.
        memory: What to remember; None as soon as nothing of ours is in it.
    """

    content: t.Optional[bytes]
    mode: int
    memory: t.Optional[Memory]


def read(path: str, host: Host) -> Found:
    """The file; no file is an empty one.

    Raises:
        PolicyRefused: it is broken; the message says where.
    """
    content = host.read(path, SMALL)
    try:
        text = JsonText.from_bytes(content or b"")
    except JsonTwice as error:
        raise PolicyRefused("%s:%s; nothing was changed. Remove one of the two: Docker uses only the last one" % (path, error)) from None
    except JsonBroken as error:
        raise PolicyRefused("%s:%s; nothing was changed. Fix the file first: Docker cannot read it either" % (path, error)) from None
    return Found(path, content, text, host.mode(path))


def merge(found: Found, reader: Reader, wanted: Proxies, memory: t.Optional[Memory]) -> Merged:
    """Put the wanted values into a file, and take out what we put there earlier and is not wanted any more.

    Values that somebody else changed since are not ours any more, and stay.

    Args:
        found: The file.
        reader: Who reads it.
        wanted: What should be in it of ours.
        memory: What an earlier run returned.

    Raises:
        PolicyRefused: the member is not of the form that Docker wants.
    """
    path, _content, text, mode = found
    values = wanted.spelled(reader.names)
    if not values and memory is None:
        return Merged(None if mode is None else text.to_bytes(), mode or reader.mode, None)
    memory = memory or Memory(text.raw(MEMBER), {}, mode, text.blank)
    before: _Object = (json.loads(memory.before) if memory.before else None) or {}
    member = copy.deepcopy(
        _object(path, {} if text.value.get(MEMBER) is None else text.value[MEMBER], MEMBER)
    )  # null: as if it were not there
    holder = _descend(path, member, reader.path)
    earlier = _descend(path, copy.deepcopy(before), reader.path)
    for name in reader.names:
        if name in values:
            holder[name] = values[name]
        elif name in memory.ours and holder.get(name) == memory.ours[name]:
            holder.pop(name)
            holder.update({name: earlier[name]} if name in earlier else {})
    _prune(member, reader.path, before)
    new = _with(text, member, before, memory.before)
    if not values and memory.mode is None and not new.value:
        return Merged(None, reader.mode, None)
    if not values and memory.blank is not None and not new.value:
        new = new.with_text(memory.blank)
    own = mode if mode is not None else reader.mode
    if wanted.secret:
        own &= 0o600
    elif memory.mode is not None and own == memory.mode & 0o600:
        own = memory.mode
    return Merged(new.to_bytes(), own, memory._replace(ours=values) if values else None)


def shown(content: t.Optional[bytes]) -> str:
    """The member as a difference may show it; the rest of such files holds secrets of others."""
    member = JsonText.from_bytes(content or b"").value.get(MEMBER)
    return "" if member is None else printable_lines(json.dumps({MEMBER: hide_in(member)}, indent=2, ensure_ascii=False)) + "\n"


def _with(text: JsonText, member: _Object, before: _Object, raw: t.Optional[str]) -> JsonText:
    if member == text.value.get(MEMBER):
        return text
    if raw is not None and member == before:
        return text.with_raw(MEMBER, raw)
    return text.with_member(MEMBER, member) if member else text.without(MEMBER)


def _descend(path: str, member: _Object, keys: t.Sequence[str]) -> _Object:
    for key in keys:
        member = _object(path, member.setdefault(key, {}), "%s.%s" % (MEMBER, key))
    return member


def _object(path: str, value: t.Any, name: str) -> _Object:
    if not isinstance(value, dict):
        raise PolicyRefused("%s: %s has to be an object, {...}; nothing was changed" % (path, name))
    return value


def _prune(member: _Object, keys: t.Sequence[str], before: _Object) -> None:
    """Take empty objects away that were not there before us."""
    for key in keys[:1]:
        _prune(member[key], keys[1:], before.get(key, {}))
        if not member[key] and key not in before:
            del member[key]
