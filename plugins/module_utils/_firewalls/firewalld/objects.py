# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""firewalld's objects, policies, services and ipsets, in its own notations: settings, rich rules and XML files.

Sources: firewalld.policy(5), firewalld.service(5), firewalld.ipset(5), firewalld.richlanguage(5).
"""

from __future__ import annotations

import typing as t
from xml.sax.saxutils import escape, quoteattr

MARK = "federated.connectivity"
DIRECTORIES = {"policy": "policies", "service": "services", "ipset": "ipsets"}
NOT_ABOUT_PACKETS = ("version", "short", "description", "UNUSED")

Element = t.Tuple[str, t.Tuple[t.Tuple[str, str], ...]]
"""A part of a rich rule or of a file: its name and its attributes."""

Settings = t.Dict[str, t.Any]
"""An object's settings by firewalld's own names, as its D-Bus interface returns them."""

Key = t.Tuple[str, str]
"""Kind and name of an object."""


class RichRule(t.NamedTuple):
    """A rich rule in the order in which firewalld writes it. No family: both."""

    priority: int
    family: str
    parts: t.Tuple[Element, ...]

    @property
    def head(self) -> t.Tuple[t.Tuple[str, str], ...]:
        priority = ("priority", str(self.priority))
        return (priority, ("family", self.family)) if self.family else (priority,)

    def __str__(self) -> str:
        return " ".join(_words(element) for element in (("rule", self.head), *self.parts))


class Object(t.NamedTuple):
    """One object of firewalld.

    Attributes:
        kind: ``policy``, ``service`` or ``ipset``.
        name: Its name in firewalld.
        settings: Those that decide about packets.
        purpose: What the object stands for, in the plan's words.
    """

    kind: str
    name: str
    settings: Settings
    purpose: str

    @property
    def key(self) -> Key:
        return self.kind, self.name

    @property
    def file(self) -> str:
        """Its file, relative to firewalld's directory of configuration."""
        return "%s/%s.xml" % (DIRECTORIES[self.kind], self.name)

    def xml(self) -> bytes:
        """The file's content."""
        root, body = {"policy": _policy, "service": _service, "ipset": _ipset}[self.kind](self.settings)
        lines = ['<?xml version="1.0" encoding="utf-8"?>', "<%s>" % _tag(root), "  <short>%s</short>" % escape(self.purpose)]
        lines += ["  <description>%s: replaced by the next run</description>" % MARK, *("  " + line for line in body), "</%s>" % root[0]]
        return ("\n".join(lines) + "\n").encode()


Objects = t.Dict[Key, Object]


def describe(kind: str, name: str, settings: Settings) -> str:
    """An object as canonical text: settings in order, a line for each value, nothing that is empty."""
    return "%s %s\n%s" % (kind, name, "".join("  %s\n" % line for line in sorted_lines(settings)))


def sorted_lines(settings: Settings, without: t.Collection[str] = ()) -> t.List[str]:
    """The settings as lines ``name: value``; ``without`` names those to leave out."""
    lines: t.List[str] = []
    for name, value in sorted(settings.items()):
        if name not in NOT_ABOUT_PACKETS and name not in without:
            lines.extend("%s: %s" % (name, text) for text in _texts(value))
    return lines


def _texts(value: t.Any) -> t.List[str]:
    if isinstance(value, dict):
        return sorted("%s=%s" % item for item in value.items())
    if isinstance(value, list):
        return sorted(str(item) if isinstance(item, (str, RichRule)) else "/".join(item) for item in value)
    return [str(value)] if value else []


def _policy(settings: Settings) -> t.Tuple[Element, t.List[str]]:
    body = []
    for rule in settings["rich_rules"]:
        body += ["<%s>" % _tag(("rule", rule.head)), *("  <%s/>" % _tag(part) for part in rule.parts), "</rule>"]
    for side in ("ingress", "egress"):
        body += ["<%s-zone name=%s/>" % (side, quoteattr(zone)) for zone in settings[side + "_zones"]]
    return ("policy", (("priority", str(settings["priority"])), ("target", settings["target"]))), body


def _service(settings: Settings) -> t.Tuple[Element, t.List[str]]:
    ports: t.List[Element] = [("port", (("port", port), ("protocol", protocol))) for port, protocol in settings.get("ports", ())]
    protocols: t.List[Element] = [("protocol", (("value", protocol),)) for protocol in settings.get("protocols", ())]
    return ("service", ()), ["<%s/>" % _tag(each) for each in (*ports, *protocols)]


def _ipset(settings: Settings) -> t.Tuple[Element, t.List[str]]:
    options = ["<%s/>" % _tag(("option", (("name", name), ("value", value)))) for name, value in settings["options"].items()]
    return ("ipset", (("type", settings["type"]),)), options + ["<entry>%s</entry>" % escape(entry) for entry in settings["entries"]]


def _tag(element: Element) -> str:
    return " ".join((element[0], *("%s=%s" % (name, quoteattr(value)) for name, value in element[1])))


def _words(element: Element) -> str:
    return " ".join((element[0], *('%s="%s"' % attribute for attribute in element[1])))
