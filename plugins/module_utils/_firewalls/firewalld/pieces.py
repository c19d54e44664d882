# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What each rule of the plan comes to in firewalld: its service, the rich rules that name this service, and the ipsets that these name.

A rule about types of ICMP has no service, so its rich rules cannot be told from others.
"""

from __future__ import annotations

import re
import typing as t

from .objects import Key, describe, sorted_lines
from .rules import service_names

_RULE = re.compile(r"<rule .*?</rule>", re.DOTALL)
_IPSET = re.compile(r'ipset="([^"]+)"')
_SERVICE = re.compile(r'\bname="([^"]+)"')

Texts = t.Mapping[Key, t.Sequence[str]]
"""Objects, each as the texts of which any may be about a rule."""


def pieces(texts: Texts, rules: t.Iterable[str]) -> t.Dict[str, t.Set[str]]:
    """Rule id -> pieces. A rule that has none there is left out."""
    naming: t.Dict[str, t.Set[str]] = {}
    for (kind, name), each in texts.items():
        for text in each if kind == "policy" else ():
            for service in _SERVICE.findall(text):
                naming.setdefault(service, set()).add("%s %s" % (name, text))
    found: t.Dict[str, t.Set[str]] = {}
    for rule, service in service_names(rules).items():
        own = set(naming.get(service, ()))
        ipsets = {name for text in own for name in _IPSET.findall(text)}
        for key in (("service", service), *(("ipset", name) for name in ipsets)):
            own.update(texts.get(key, ()))
        if own:
            found[rule] = own
    return found


def of_settings(objects: t.Mapping[Key, t.Mapping[str, t.Any]]) -> Texts:
    """Objects of the daemon."""
    return {
        (kind, name): sorted_lines(dict(settings)) if kind == "policy" else [describe(kind, name, dict(settings))]
        for (kind, name), settings in objects.items()
    }


def of_files(files: t.Mapping[Key, bytes]) -> Texts:
    """Files by the object that they hold."""
    found: t.Dict[Key, t.Sequence[str]] = {}
    for key, content in files.items():
        text = content.decode(errors="replace")
        found[key] = [" ".join(each.split()) for each in (_RULE.findall(text) if key[0] == "policy" else [text])]
    return found
