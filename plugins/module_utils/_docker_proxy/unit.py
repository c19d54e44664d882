# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a systemd unit gives dockerd on the way: flags and environment, each with the file and line it comes from."""

from __future__ import annotations

import re
import shlex
import typing as t

from .._host.printable import printable
from .._host.regular_file import Unreadable

PROXY_FLAGS = ("--http-proxy", "--https-proxy", "--no-proxy")
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_FILE = re.compile(r"# (/\S*/docker\.service(?:\.d/[^/]+\.conf)?|/\S*/service\.d/[^/]+\.conf)\Z")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?\Z")


class Setting(t.NamedTuple):
    """One word of dockerd's command line, or one variable of its environment (``name=value``), and its ``file:line``."""

    word: str
    place: str

    @property
    def name(self) -> str:
        return self.word.partition("=")[0]

    @property
    def file(self) -> str:
        return self.place.rpartition(":")[0]


class Unit(t.NamedTuple):
    """A unit as the sum of its files.

    Attributes:
        command: The command line, variables replaced by the words of their values.
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
        for setting, following in zip(self.command, [*self.command[1:], Setting("", "")]):
            if setting.name == name:
                return setting.word.partition("=")[2] if "=" in setting.word else following.word if following.word[:1] != "-" else ""
        return None

    def proxy_flags(self) -> t.List[Setting]:
        """The flags that say what ``proxies`` in daemon.json says too; both at once keep dockerd from starting."""
        return [setting for setting in self.command if setting.name in PROXY_FLAGS]

    def proxy_variables(self) -> t.List[Setting]:
        """The variables that dockerd takes proxies from."""
        return [setting for setting in self.environment if setting.name.upper() in PROXY_VARIABLES]


def parse(listing: str, read: t.Callable[[str], t.Optional[bytes]]) -> Unit:
    """Understand what ``systemctl cat`` prints: the files of a unit, each after a comment with its path.

    Another comment may look the same. Where systemd says which files there are, :func:`parse_files` is exact.
    """
    return parse_files(_files_of(listing), read)


def parse_files(files: t.Iterable[t.Tuple[str, str]], read: t.Callable[[str], t.Optional[bytes]]) -> Unit:
    """Understand the files of a unit, in the order in which systemd reads them (systemd.unit(5), systemd.exec(5)).

    Args:
        files: Their paths and texts. Whatever of a path is shown later is printable.
        read: Gives the content of an environment file, or None; raises Unreadable.
    """
    command: t.List[Setting] = []
    environment: t.List[Setting] = []
    sources: t.List[str] = []
    unread: t.List[str] = []
    for key, value, place in (found for path, text in files for found in _assignments(printable(path), text)):
        words = [Setting(word, place) for word in _words(value)]
        if key == "ExecStart":
            command = [*command, *words] if words else []
        elif key == "Environment":
            environment = [*environment, *words] if words else []
        elif key == "EnvironmentFile":
            sources = [*sources, value.lstrip("-")] if value else []
    for path in sources:  # they come after Environment=, whatever the order in the unit
        try:
            environment += _variables(printable(path), (read(path) or b"").decode("utf-8", "replace"))
        except Unreadable as error:
            unread.append(str(error))
    known = {setting.name: setting for setting in environment}
    return Unit(list(_expanded(command, known)), environment, list(map(printable, sources)), unread)


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
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith(("#", ";")):
            continue
        if stripped.endswith("\\"):
            pending.append(stripped[:-1])
            continue
        whole, pending = " ".join([*pending, stripped]), []
        if whole.startswith("["):
            section = whole
        elif section == "[Service]" and "=" in whole:
            key, _equals, value = whole.partition("=")
            yield key.strip(), value.strip(), "%s:%d" % (path, number)


def _variables(path: str, content: str) -> t.Iterator[Setting]:
    for number, line in enumerate(content.split("\n"), 1):
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith(("#", ";")):
            yield Setting("%s=%s" % (name, value.strip().strip("\"'")), "%s:%d" % (path, number))


def _expanded(command: t.Iterable[Setting], variables: t.Mapping[str, Setting]) -> t.Iterator[Setting]:
    for setting in command:
        variable = _VARIABLE.match(setting.word)
        if not variable:
            yield setting
        elif variable.group(1) in variables:
            known = variables[variable.group(1)]
            for word in _words(known.word.partition("=")[2]):
                yield Setting(word, known.place)


def _words(value: str) -> t.List[str]:
    try:
        return shlex.split(value)
    except ValueError:  # an unbalanced quote: systemd ignores the line, its words may still explain something
        return value.replace('"', " ").replace("'", " ").split()
