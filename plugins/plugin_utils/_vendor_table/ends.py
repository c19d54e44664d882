# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Who stands in a source or destination column: everybody, a network, host names, components of the system, or nobody."""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t

from .refusals import is_optional, when
from .unclear import FQDN, End, RowUnclear, component, is_ditto, shown, split_outside, without_footnote, word_list
from .vocabulary import Vocabulary

EVERY_ADDRESS = {"0.0.0.0/0", "0.0.0.0", "::/0", "::", "*", "0/0", "0.0.0.0/0.0.0.0"}
LOOPBACK = {"localhost", "loopback", "127.0.0.1", "127.0.0.0/8", "::1", "::1/128"}
URL = re.compile(r"(?<![a-z])[a-z]{1,12}://([^/\s,;]+)[^\s,;]*")
HOST = re.compile(rf"({FQDN.pattern})\.?(?::(\d{{1,5}}))?(?:/([^\s,;]*))?")
ARROW = re.compile(r"\s*(?:->|=>|[\u2190-\u21ff\u27f5-\u27ff])\s*")
ADDRESS_AND_PORT = re.compile(r"(?<![\w.:\]])((?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:]+\]):(\d{1,5})(?![\w.:])")
ADDRESS_BEHIND = re.compile(r"(?<=[a-z])/(?=(?:\d{1,3}\.){3}\d)|(?<=[a-z]\d)/(?=(?:\d{1,3}\.){3}\d)|(?<=[a-z]\d\d)/(?=(?:\d{1,3}\.){3}\d)")
PLURAL = re.compile(r"(?<=[a-z])\((?:e?s|e?n)\)")
WILD_NETWORK = re.compile(r"\d{1,3}(\.(\d{1,3}|[x*])){0,2}\.[x*]")
RANGE = re.compile(r"([0-9a-f.:]+) ?[-\u2013] ?([0-9a-f.:]+)")


class _Part(t.NamedTuple):
    kind: str
    values: tuple[str, ...]


def read_end(column: str, text: str, words: Vocabulary) -> End:
    """Read a cell.

    Raises:
        RowUnclear: if it names nobody, or things that need rows of their own.
    """
    is_wild = text.strip("\\ ") == "*" or bool(WILD_NETWORK.fullmatch(text.lower()))
    plain = (text.lower() if is_wild else without_footnote(text.lower())).strip("[]<>{}\u201c\u201d\"'\\ ")
    if not text:
        raise RowUnclear(f"the {column} is empty")
    if not re.search(r"[^\W_]|\*|::", plain) or word_list(plain) in words.nobody or is_ditto(plain, words):
        raise RowUnclear(f"the {column} {shown(text)} names nobody; write who it is, or leave the row out")
    if word_list(plain) in words.self:
        return End("self", (), text)
    if ARROW.search(plain):
        raise RowUnclear(f"the {column} {shown(text)} has an arrow; write both ends, each in a column of its own")
    plain = re.sub(r" \[([^\[\]]*)\]?$", lambda found: "" if _is_remark(found[1], words) else found[0], plain)
    _no_exception(column, text, plain, words)
    plain, ports = _bare_hosts(_bare_addresses(URL.sub(r"\1", _tight_ranges(PLURAL.sub("", plain)))))
    parts = [_part(column, text, outside, inside, words) for outside, inside in split_outside(_apart(words), plain) if outside or inside]
    if not parts:
        raise RowUnclear(f"the {column} {shown(text)} names nobody; write who it is, or leave the row out")
    return _joined(column, text, plain, parts)._replace(ports=ports)


def _joined(column: str, text: str, plain: str, parts: list[_Part]) -> End:
    kinds = {part.kind for part in parts}
    if len(kinds) > 1:
        if "names" in kinds:
            raise RowUnclear(f"the {column} {shown(text)} is a host name and something else; give each a row")
        meant = {"any": "everybody", "local": "the host itself", "network": "an address or network", "roles": "a component"}
        raise RowUnclear(f"the {column} {shown(text)} is {' and '.join(meant[kind] for kind in sorted(kinds))}; give each a row")
    (kind,) = kinds
    if kind in ("any", "local"):
        return End(kind, (), text)
    if kind == "network":
        return End(kind, (component(plain, "network") or "network",), text)
    return End(kind, tuple(dict.fromkeys(value for part in parts for value in part.values)), text)


def _part(column: str, text: str, outside: str, inside: str, words: Vocabulary) -> _Part:
    """One of the things that a cell lists: what stands outside of parentheses, and what stands in them."""
    if any(_is_wild(word) for word in f"{outside} {inside}".split()):
        raise RowUnclear(f"the {column} {shown(text)} has a wildcard, which no firewall can look up; name the hosts")
    if not outside:
        return _plain(column, text, inside, words)
    main = _plain(column, text, outside, words)
    if not inside or word_list(inside) == word_list(outside):
        return main
    if _is_remark(inside, words) or (word_list(inside) and set(word_list(inside).split()) <= words.addressing):
        return main
    tokens = re.split(r"[\s,;/&+]+|\band\b", inside)
    listed = all(map(_address, filter(None, tokens)))
    beside = _plain(column, text, " ".join(tokens) if listed else inside, words) if re.search(r"[^\W_]|::", inside) else main
    if main.kind == beside.kind and main.kind in ("any", "local", "names"):
        return main
    if main.kind == "roles" and beside.kind == "roles":
        return _Part("roles", (component(f"{outside} {inside}", "role"),))
    if beside.kind == "roles" and main.kind == "network" and not _addresses(outside):
        return main
    if main.kind in ("any", "names") and beside.kind == "roles":
        return main
    if beside.kind == "roles" and main.kind == "network":
        return beside  # an address, and in parentheses who has it
    if beside.kind == "network" and (listed or _addresses(inside)) and main.kind in ("roles", "network", "names"):
        return main
    if main.kind == "network" and beside.kind == "network":
        return main
    raise RowUnclear(f"the {column} {shown(text)} says two things, outside of the parentheses and in them; write the one that is meant")


def _plain(column: str, text: str, words_of_part: str, words: Vocabulary) -> _Part:
    """A part without parentheses."""
    if word_list(words_of_part) in words.self:
        raise RowUnclear(f"the {column} {shown(text)} is the machine itself and something else; give each a row")
    tokens = [token.strip("[]<>{}.") if not _address(token) else token for token in words_of_part.split()]
    addresses = [token for token in tokens if _address(token)]
    names = [token for token in tokens if token not in addresses and FQDN.fullmatch(token)]
    rest = [token for token in tokens if token not in addresses and token not in names and re.search(r"[^\W_]", token)]
    said = [token for token in rest if token.strip(":") not in words.addressing]
    if word_list(words_of_part) in LOOPBACK or tokens == ["::1"]:
        return _Part("local", ())
    everybody = bool(set(addresses) & EVERY_ADDRESS)
    if _is_anybody(rest, words) or (everybody and not said):
        if set(addresses) - EVERY_ADDRESS or names:
            raise RowUnclear(f"the {column} {shown(text)} is everybody and an address or a host name; give each a row")
        return _Part("any", ())
    if not said:
        if names:
            return _Part("names", tuple(dict.fromkeys(names)))
        if addresses and set(addresses) <= LOOPBACK:
            return _Part("local", ())
        if not addresses:
            raise RowUnclear(f"the {column} {shown(text)} names nobody; write who it is, or leave the row out")
        return _Part("network", ())
    if names:
        raise RowUnclear(f"the {column} {shown(text)} is a host name and something else; give each a row")
    if everybody:
        raise RowUnclear(f"the {column} {shown(text)} is a component and everybody; write the one that is meant")
    if {*word_list(rest[-1]).split()[-1:], *word_list(said[-1]).split()[-1:]} & words.networks:
        return _Part("network", ())
    if said[0] in words.quantifiers and len(said) > 1:
        said = said[1:]
    name = component(" ".join(said), "role")
    if name == "role" and word_list(" ".join(said)) != "role":
        raise RowUnclear(f"the {column} {shown(text)} has no letters that a matrix may have in names; write it with a to z")
    return _Part("roles", (name,))


def is_place(text: str) -> bool:
    """Whether a cell has addresses, networks and host names alone."""
    tokens = [token for token in re.split(r"[\s,;]+", text.lower()) if token]
    return bool(tokens) and all(_address(token) or FQDN.fullmatch(token) for token in tokens)


def _is_remark(inside: str, words: Vocabulary) -> bool:
    """Whether parentheses say something about the connection, and not who it is."""
    said = word_list(inside).split()
    return bool(said) and (is_optional(inside, words) or bool(when(inside, words)) or said[0] == "see")


def _is_wild(word: str) -> bool:
    return ("*" in word and "." in word and not WILD_NETWORK.fullmatch(word)) or (word[:1] == "." and bool(FQDN.fullmatch(word[1:])))


def _no_exception(column: str, text: str, plain: str, words: Vocabulary) -> None:
    """An end that takes something away: "any except guests", "!10.0.0.0/8"."""
    for clause in re.split(r"[,;()]", plain):
        said = f" {word_list(clause)} "
        phrases = [phrase for phrase in words.exceptions if f" {phrase} " in said]
        if any(phrase == said.strip() or len(phrase.split()) == 1 or phrase == "other than" for phrase in phrases) or re.search(
            r"(?:^|\s)[!\u00ac\u2260]", clause
        ):
            raise RowUnclear(f"the {column} {shown(text)} has an exception, which no rule can say; name who is meant")


def _is_anybody(rest: list[str], words: Vocabulary) -> bool:
    plain = word_list(" ".join(rest))
    of_somebody = plain.split()[:1] != ["any"] and bool(set(plain.split()) & words.machines)
    bare = plain if of_somebody else " ".join(word for word in plain.split() if word not in words.addressing | words.hosts | words.machines)
    return bool(rest) and (plain in words.anybody or bare in words.anybody)


def _bare_hosts(text: str) -> tuple[str, tuple[str, ...]]:
    """A text whose host names have no ports, paths and dots behind them, and the ports that they had."""
    ports: list[str] = []

    def bare_address(match: re.Match[str]) -> str:
        ports.append(str(int(match[2])))
        return match[1].strip("[]")

    def bare(match: re.Match[str]) -> str:
        token = match[0].strip("()<>")
        host = HOST.fullmatch(token)
        if not host or _address(token):
            return match[0]
        if host[4]:
            ports.append(str(int(host[4])))
        path = host[5] or ""
        bare_host = f"{host[1]}, {path}" if FQDN.fullmatch(path) else host[1]
        return match[0].replace(token, bare_host)

    found = re.sub(r"[^\s,;]+", bare, ADDRESS_AND_PORT.sub(bare_address, text))
    return found, tuple(dict.fromkeys(ports))


def _bare_addresses(text: str) -> str:
    """A text in which an address that stands after a name and a slash stands apart from it."""
    return ADDRESS_BEHIND.sub(" ", text) if re.search(r"[a-z]", text) else text


def _tight_ranges(text: str) -> str:
    """A text in which a range of addresses has no blanks."""
    return re.sub(r"((?:\d{1,3}\.){3}\d{1,3}) (?:[-\u2013]|to) (?=\d)", r"\1-", text)


def _addresses(text: str) -> bool:
    return any(map(_address, text.split()))


@functools.lru_cache(maxsize=4096)
def _address(text: str) -> bool:
    """Whether it is an address, a network, or a range of addresses."""
    if text in EVERY_ADDRESS or WILD_NETWORK.fullmatch(text):
        return True
    found = RANGE.fullmatch(text)
    try:
        if not found or not re.search(r"[.:]", found[1]):
            ipaddress.ip_network(text, strict=False)
        else:
            ipaddress.ip_address(found[1])
            if not found[2].isdecimal():
                ipaddress.ip_address(found[2])
    except ValueError:
        return False
    return True


@functools.cache
def _apart_of(ands: tuple[str, ...], ors: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"[,;+&]|/(?!\d)|\b(?:{'|'.join((*ands, *ors))})\b")


def _apart(words: Vocabulary) -> re.Pattern[str]:
    return _apart_of(tuple(words.ands), tuple(words.ors))
