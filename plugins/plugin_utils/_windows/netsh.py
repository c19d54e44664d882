# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Rules of Windows Firewall as lines of ``netsh advfirewall`` for a batch file.

The syntax is that of ``netsh advfirewall firewall add rule ?``. What is left out is its default: every profile, enabled, any address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .rules import ANY, IN, WindowsRule, parts

LONGEST = 8191
"""Characters that cmd.exe takes in one line (Microsoft, "Command prompt line string limitation")."""

_ALLOW = "netsh advfirewall firewall add rule"
_DELETE = "netsh advfirewall firewall delete rule"
_NAME = re.compile(r"[A-Za-z0-9_.-]+( [A-Za-z0-9_.-]+)*")
_NUMBERS = re.compile(r"[0-9a-f.:/-]+")


def additions(rule: WindowsRule, reserved: int = 0) -> Iterator[str]:
    """The commands that allow what the rule allows: one, or where its addresses are too many for a line, several of the same name.

    Args:
        rule: The rule.
        reserved: Characters that the caller appends to each command.

    Raises:
        ValueError: if cmd.exe could read something else out of the rule than what it says.
    """
    for part in parts(rule):
        yield from _additions(part, reserved)


def _additions(rule: WindowsRule, reserved: int) -> Iterator[str]:
    for protocol in _protocols(rule):
        head = f"{_ALLOW} name={_name(rule)} dir={rule.direction} action=allow protocol={protocol}"
        if rule.ports:
            head += f" {'localport' if rule.direction == IN else 'remoteport'}={','.join(map(_plain, rule.ports))}"
        if rule.own_ports:
            head += f" localport={','.join(map(_plain, rule.own_ports))}"
        if rule.addresses == ANY:
            yield head
        else:
            yield from (f"{head} remoteip={part}" for part in _parts(rule, LONGEST - reserved - len(f"{head} remoteip=")))


def deletion(rule: WindowsRule) -> str:
    """The command that takes everything of the rule's name off."""
    return f"{_DELETE} name={_name(rule)}"


def plain_name(rule: WindowsRule) -> str:
    """The rule's name, in which nothing means anything to cmd.exe."""
    return _plain(rule.name, _NAME)


def _protocols(rule: WindowsRule) -> list[str]:
    """netsh takes one type of ICMP at a time."""
    if not rule.icmp:
        return [rule.protocol.upper()]
    return [
        f"{rule.protocol}:{kind},{'any' if code == '*' else code}" for kind, _colon, code in (icmp.partition(":") for icmp in rule.icmp)
    ]


def _parts(rule: WindowsRule, room: int) -> Iterator[str]:
    if not rule.addresses:
        raise ValueError(f"{rule.name} has no addresses, which netsh would take for all of them")
    part = ""
    for address in map(_plain, rule.addresses):
        if part and len(part) + 1 + len(address) > room:
            yield part
            part = ""
        part = f"{part},{address}" if part else address
    yield part


def _name(rule: WindowsRule) -> str:
    return f'"{plain_name(rule)}"'


def _plain(text: str, expected: re.Pattern[str] = _NUMBERS) -> str:
    """The text, if nothing in it means anything to cmd.exe or netsh."""
    if not expected.fullmatch(text):
        raise ValueError(f"{text!r} has characters that a batch file cannot hold safely")
    return text
