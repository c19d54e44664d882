# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Words of a systemd unit as systemd reads them: quotes, escapes, specifiers, variables; and the variables of an environment file.

systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers"; systemd.service(5), "Command lines"; systemd.exec(5), EnvironmentFile=.
"""

from __future__ import annotations

import re
import typing as t

from .._host.host import BYTES

_BLANK = " \t\n\r"
_SIMPLE = {**dict(zip("abfnrtv", "\a\b\f\n\r\t\v")), "s": " ", "\\": "\\", '"': '"', "'": "'"}
_NUMERIC = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")
_SPECIFIER = re.compile(r"%(.)", re.DOTALL)
_WHOLE = re.compile(r"\$(\w+)\Z", re.ASCII)
_BRACED = re.compile(r"\$\$|\$\{(\w+)\}", re.ASCII)
_PREFIXES = "-@:+!|"


class Word(t.NamedTuple):
    """A word with everything in it replaced; ``resolved`` unless something in it is not known here, and stands as it is written."""

    text: str
    resolved: bool = True


def split(value: str) -> t.List[str]:
    """The words of a value. Where a quote or an escape is not complete, systemd ignores the line; its words may still explain something."""
    try:
        return list(_split(value))
    except ValueError:
        return value.replace('"', " ").replace("'", " ").split()


def _split(value: str) -> t.Iterator[str]:
    word: t.Optional[t.List[str]] = None
    quote, place = "", 0
    while place < len(value):
        character = value[place]
        place += 1
        if character == "\\":
            text, place = _unescaped(value, place)
            word = word or []
            word.append(text)
        elif character == quote:
            quote = ""
        elif not quote and character in "\"'":
            quote, word = character, word or []
        elif not quote and character in _BLANK:
            if word is not None:
                yield _joined(word)
            word = None
        else:
            word = word or []
            word.append(character)
    if quote:
        raise ValueError("a quote is not closed")
    if word is not None:
        yield _joined(word)


def _joined(word: t.Iterable[str]) -> str:
    """A word in which several bytes may be one character."""
    return "".join(word).encode("utf-8", BYTES).decode("utf-8", BYTES)


def _unescaped(value: str, place: int) -> t.Tuple[str, int]:
    """What an escape stands for, and where it ends. Raises ValueError where it is none."""
    if value[place : place + 1] in _SIMPLE and value[place : place + 1]:
        return _SIMPLE[value[place]], place + 1
    number = _NUMERIC.match(value, place)
    if not number:
        raise ValueError("a backslash begins no escape")
    code = int(number[4], 8) if number[4] else int(number[1] or number[2] or number[3], 16)
    is_byte = bool(number[1] or number[4])
    if code == 0 or code > (0xFF if is_byte else 0x10FFFF) or 0xD800 <= code <= 0xDFFF:
        raise ValueError("an escape does not stand for a character")
    return (bytes([code]).decode("utf-8", BYTES) if is_byte else chr(code)), number.end()


def specified(text: str, specifiers: t.Mapping[str, str]) -> Word:
    """A word with its specifiers replaced ("%h"); those that are not known here stay."""
    unknown = {found for found in _SPECIFIER.findall(text) if found not in specifiers and found != "%"}
    known = {**specifiers, "%": "%"}
    return Word(_SPECIFIER.sub(lambda found: known.get(found[1], found[0]), text), not unknown)


def expanded(word: Word, variables: t.Mapping[str, str], unresolved: t.Collection[str] = ()) -> t.List[t.Tuple[Word, str]]:
    """The words that a word of a command line becomes, each with the variable whose value it is, if so.

    "$NAME" alone becomes as many words as its value has, and none where it is not set; "${NAME}" is replaced inside a word.

    Args:
        word: The word.
        variables: The values that are known.
        unresolved: Variables that are set, and whose values are not known here.
    """
    whole = _WHOLE.match(word.text)
    if whole and whole[1] in unresolved:
        return [(Word(word.text, False), "")]
    if whole:
        return [(Word(text), whole[1]) for text in split(variables.get(whole[1], ""))]
    names = [name for name in _BRACED.findall(word.text) if name]
    text = _BRACED.sub(lambda match: "$" if match[0] == "$$" else variables.get(match[1], match[0]), word.text)
    return [(Word(text, word.resolved and all(name in variables for name in names)), names[0] if names and names[0] in variables else "")]


def is_variable(word: str) -> bool:
    """Whether a word is one variable as a whole ("$NAME")."""
    return _WHOLE.match(word) is not None


def prefix(word: str) -> str:
    """The special characters before the path of a command."""
    return word[: len(word) - len(word.lstrip(_PREFIXES))]


def variables_of(content: str) -> t.Iterator[t.Tuple[str, str, int]]:
    """Name, value and line of each variable of an environment file, which ends for systemd at a NUL."""
    number = 1
    for raw in _logical_lines(content.partition("\0")[0]):
        line = raw.lstrip(_BLANK)
        name, equals, value = line.partition("=")
        if equals and name.strip(_BLANK) and not line.startswith(("#", ";")):
            yield name.strip(_BLANK), _value(value.strip(_BLANK)), number
        number += raw.count("\n") + 1


def _logical_lines(content: str) -> t.Iterator[str]:
    """Lines; one that ends inside quotes, or in a backslash, goes on in the next."""
    line: t.List[str] = []
    quote, escaped, begun = "", False, False
    for character in content:
        if character == "\n" and not quote and not escaped:
            yield "".join(line)
            line, begun = [], False
            continue
        line.append(character)
        comment = begun is False and character in "#;"
        begun = begun or character not in _BLANK
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif character == quote:
            quote = ""
        elif character in "\"'" and not quote and "=" in line and line[0] not in "#;" and not comment:
            quote = character
    yield "".join(line)


def _value(text: str) -> str:
    value: t.List[str] = []
    quote, place = "", 0
    while place < len(text):
        character, following = text[place], text[place + 1 : place + 2]
        place += 1
        if character == "\\" and quote != "'":
            place += 1
            if following != "\n":
                value.append(following if not quote or following in '"\\`$' else character + following)
        elif character == quote:
            quote = ""
        elif character in "\"'" and not quote:
            quote = character
        else:
            value.append(character)
    return "".join(value)
