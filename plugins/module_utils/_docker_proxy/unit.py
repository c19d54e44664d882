# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a systemd unit gives dockerd on the way: flags and environment, each with the file and line it comes from."""

from __future__ import annotations

import re
import typing as t

from .._host.printable import printable
from .._host.regular_file import Unreadable
from . import unit_words
from .unit_words import Word

PROXY_FLAGS = ("--http-proxy", "--https-proxy", "--no-proxy")
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_FILE = re.compile(r"# (/\S*/docker\.service(?:\.d/[^/]+\.conf)?|/\S*/service\.d/[^/]+\.conf)\Z")
_BYTE_ORDER_MARK = "\ufeff"
_WILDCARD = re.compile(r"[*?\[]")


class Setting(t.NamedTuple):
    """One word of dockerd's command line, or one variable of its environment (``name=value``), and its ``file:line``.

    ``resolved``: nothing in it stands for something that is not known here.
    """

    word: str
    place: str
    resolved: bool = True

    @property
    def name(self) -> str:
        return self.word.partition("=")[0]

    @property
    def file(self) -> str:
        return self.place.rpartition(":")[0]


class Unit(t.NamedTuple):
    """A unit as the sum of its files.

    Attributes:
        command: The command line, with specifiers and variables replaced as systemd does.
        environment: The variables, in the order in which they are set.
        environment_files: Files that variables come from.
        unread: Why some of these could not be read.
    """

    command: t.Sequence[Setting]
    environment: t.Sequence[Setting]
    environment_files: t.Sequence[str]
    unread: t.Sequence[str] = ()

    def flag(self, name: str) -> t.Optional[str]:
        """The value of a flag, "" if it is there without one, or None."""
        setting = self.value_of(name)
        return setting.word if setting else None

    def value_of(self, name: str) -> t.Optional[Setting]:
        """The same with its place, and whether it is resolved."""
        for setting, following in zip(self.command, [*self.command[1:], Setting("", "")]):
            if setting.name == name:
                if "=" in setting.word:
                    return setting._replace(word=setting.word.partition("=")[2])
                return following if following.word[:1] != "-" else setting._replace(word="")
        return None

    @property
    def program(self) -> t.Sequence[Setting]:
        """The command line without what systemd alone reads: prefixes, and with "@" the name that the program is given."""
        if not self.command:
            return ()
        first = self.command[0]
        special = unit_words.prefix(first.word)
        rest = self.command[2:] if "@" in special else self.command[1:]
        return [first._replace(word=first.word[len(special) :]), *rest]

    def proxy_flags(self) -> t.List[Setting]:
        """The flags that say what ``proxies`` in daemon.json says too; both at once keep dockerd from starting."""
        return [setting for setting in self.command if setting.name in PROXY_FLAGS]

    def proxy_variables(self) -> t.List[Setting]:
        """The variables that dockerd takes proxies from."""
        return [setting for setting in self.environment if setting.name.upper() in PROXY_VARIABLES]


Finder = t.Callable[[str], t.Sequence[str]]


def files_of(listing: str) -> t.Iterator[t.Tuple[str, str]]:
    """The files of a unit in what ``systemctl cat`` prints, each after a comment with its path.

    Another comment may look the same. Where systemd says which files there are, reading those is exact.
    """
    return ((path, text) for path, text in _files_of(listing) if path)


def parse(listing: str, read: t.Callable[[str], t.Optional[bytes]]) -> Unit:
    """Understand what ``systemctl cat`` prints."""
    return parse_files(_files_of(listing), read)


def parse_files(
    files: t.Iterable[t.Tuple[str, str]],
    read: t.Callable[[str], t.Optional[bytes]],
    find: Finder = lambda path: [path],
    specifiers: t.Optional[t.Mapping[str, str]] = None,
) -> Unit:
    """Understand the files of a unit, in the order in which systemd reads them (systemd.unit(5), systemd.exec(5)).

    Args:
        files: Their paths and texts. Whatever of a path is shown later is printable.
        read: Gives the content of an environment file, or None; raises Unreadable.
        find: Gives the files that a path with wildcards stands for.
        specifiers: What "%h" and others stand for, by their letters; others are not resolved.
    """
    command: t.List[Setting] = []
    environment: t.List[Setting] = []
    sources: t.List[Word] = []
    unset: t.List[str] = []
    unread: t.List[str] = []
    for key, value, place in (found for path, text in files for found in _assignments(printable(path), text)):
        given = [unit_words.specified(word, specifiers or {}) for word in unit_words.split(value)]
        words = [Setting(word.text, place, word.resolved) for word in given]
        if key == "ExecStart":
            command = [*command, *words] if words else []
        elif key == "Environment":
            environment = [*environment, *words] if words else []
        elif key == "UnsetEnvironment":
            unset = [*unset, *(word.text for word in given)] if words else []
        elif key == "EnvironmentFile":
            sources = [*sources, unit_words.specified(value.lstrip("-"), specifiers or {})] if value else []
    paths = []
    for source in sources:  # they come after Environment=, whatever the order in the unit
        if not source.resolved:
            unread.append("the path of EnvironmentFile=%s cannot be resolved here" % printable(source.text))
        for path in _found(source, find):
            paths.append(path)
            try:
                environment += _variables(printable(path), (read(path) or b"").decode("utf-8", "surrogateescape"))
            except Unreadable as error:
                unread.append(str(error))
    environment = [setting for setting in environment if setting.name not in unset and setting.word not in unset]
    expanded = list(_expanded(command, environment))
    unread += [
        "%s: the value of %s cannot be resolved here" % (setting.place, setting.word)
        for setting in expanded
        if not setting.resolved and unit_words.is_variable(setting.word)
    ]
    return Unit(expanded, environment, list(map(printable, paths)), unread)


def _found(source: Word, find: Finder) -> t.Sequence[str]:
    """The files of an EnvironmentFile=; systemd ignores one that is not an absolute path."""
    if not source.resolved or not source.text.startswith("/"):
        return []
    return sorted(find(source.text)) if _WILDCARD.search(source.text) else [source.text]


def drop_in(variables: t.Mapping[str, str], environment_file: t.Optional[str]) -> str:
    """A drop-in that sets variables, and takes more from a file that only its owner reads: anybody may ask systemd for ``Environment=``."""
    lines = ["# federated.connectivity: the forward proxy of this host", "[Service]"]
    lines += ['Environment="%s=%s"' % (name, _escaped(value).replace("%", "%%")) for name, value in variables.items()]
    lines += ["EnvironmentFile=%s" % environment_file] if environment_file else []
    return "\n".join(lines) + "\n"


def environment_file(variables: t.Mapping[str, str]) -> str:
    """The file for variables that carry credentials; unlike in a unit, ``%`` is an ordinary character there."""
    return "".join('%s="%s"\n' % (name, re.sub(r"([$`])", r"\\\1", _escaped(value))) for name, value in variables.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _files_of(listing: str) -> t.Iterator[t.Tuple[str, str]]:
    """The files of a listing; a path counts only after an empty line, as ``systemctl cat`` sets it."""
    path, before = "", ""
    lines: t.List[str] = []
    for line in listing.split("\n"):
        found = _FILE.match(line)
        if found and not before.strip() and line.isprintable():
            yield path, "\n".join(lines)
            path, lines = found.group(1), []
        else:
            lines.append(line)
        before = line
    yield path, "\n".join(lines)


def _assignments(path: str, text: str) -> t.Iterator[t.Tuple[str, str, str]]:
    """Key, value and place of every line in a section ``[Service]``; continued lines are one."""
    section, pending = "", []
    text = text[len(_BYTE_ORDER_MARK) :] if text.startswith(_BYTE_ORDER_MARK) else text
    for number, line in enumerate(text.replace("\0", "\n").split("\n"), 1):  # a NUL ends a line, too
        stripped = line.strip()
        if stripped.startswith(("#", ";")):
            continue
        if (len(stripped) - len(stripped.rstrip("\\"))) % 2:
            pending.append(stripped[:-1])
            continue
        whole, pending = " ".join([*pending, stripped]), []
        if whole.startswith("["):
            section = whole
        elif section == "[Service]" and "=" in whole:
            key, _equals, value = whole.partition("=")
            yield key.strip(), value.strip(), "%s:%d" % (path, number)


def _variables(path: str, content: str) -> t.Iterator[Setting]:
    for name, value, number in unit_words.variables_of(content):
        yield Setting("%s=%s" % (name, value), "%s:%d" % (path, number))


def _expanded(command: t.Sequence[Setting], environment: t.Iterable[Setting]) -> t.Iterator[Setting]:
    known = {setting.name: setting for setting in environment}
    values = {name: setting.word.partition("=")[2] for name, setting in known.items() if setting.resolved}
    unresolved = known.keys() - values.keys()
    literal = bool(command) and ":" in unit_words.prefix(command[0].word)  # systemd.service(5): then no variable is replaced
    for setting in command:
        given = Word(setting.word, setting.resolved)
        for word, variable in [(given, "")] if literal else unit_words.expanded(given, values, unresolved):
            yield Setting(word.text, known[variable].place if variable else setting.place, word.resolved)
