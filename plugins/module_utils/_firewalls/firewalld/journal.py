# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What others change in the running firewalld while we reload it.

firewalld tells every change by a D-Bus signal, in the order in which it makes them, and a signal comes before the answers to later
calls (D-Bus specification, "Message ordering"). A signal is named after the method that it tells of, PortAdded after addPort, and has
its arguments, so whatever was told can be done again. Being told of a change twice does no harm: firewalld refuses what is already so.
"""

from __future__ import annotations

import json
import typing as t

from ..._errors import ToolFailed
from ..._host.host import Host
from .client import errors
from .live import reload

_FIREWALLD = "org.fedoraproject.FirewallD1"
_INTERFACES = (_FIREWALLD, *("%s.%s" % (_FIREWALLD, part) for part in ("zone", "ipset", "direct", "policies")))
_METHODS = {"ZoneOfInterfaceChanged": "changeZoneOfInterface", "ZoneOfSourceChanged": "changeZoneOfSource"}
_RELOADED, _OUR_RELOAD, _ZONE_SET = "Reloaded", "our reload", "ZoneUpdated"
_SO_ALREADY = ("ALREADY_ENABLED", "NOT_ENABLED", "ZONE_ALREADY_SET", "ZONE_CONFLICT")  # firewalld's names of errors

Event = t.Tuple[str, t.Tuple[t.Any, ...]]
"""A method of the client and its arguments, or a signal that stands for none."""
Item = t.Sequence[t.Any]


class Journal:
    """Changes of single settings by others, heard from now on; who replaces a whole zone or policy tells no single change.

    Args:
        client: firewalld's own client.
        is_ours: Tells the names of objects that nobody else changes.

    Raises:
        ToolFailed: firewalld, or the bus, does not answer.
    """

    def __init__(self, client: t.Any, is_ours: t.Callable[[str], bool]) -> None:
        self._client = client
        self.is_ours = is_ours
        self._heard: t.List[Event] = []
        self._listen()  # what was told before concerns nobody here
        with errors("cannot be watched"):
            self._subscribe()

    def _subscribe(self) -> None:
        for interface in _INTERFACES:
            self._client.bus.add_signal_receiver(self._hear, dbus_interface=interface, member_keyword="member")

    def reload(self, host: Host) -> None:
        """Let firewalld begin again from its files. Raises ToolFailed."""
        reload(self._client, host)
        before, after = _split(self._listen(), _RELOADED)
        self._heard = [*before, (_OUR_RELOAD, ()), *after]

    def overtaken(self) -> bool:
        """Whether somebody else has let firewalld begin again from its files too: what had been in force before is over."""
        return any(method == _RELOADED for method, _arguments in self._listen())

    def outcome(self, kind: str, items: t.Iterable[Item]) -> t.Tuple[t.List[Item], t.List[Item]]:
        """What had become of some things when firewalld reloaded, and which of them have been changed since.

        Args:
            kind: How the client's methods call them: Entry, as in addEntry and removeEntry.
            items: Each as the arguments of these methods.
        """
        left = list(items)
        before, after = _split(self._listen(), _OUR_RELOAD)
        for method, arguments in before:
            item = json.loads(json.dumps(arguments))
            if method == "add" + kind and item not in left:
                left.append(item)
            elif method == "remove" + kind and item in left:
                left.remove(item)
        return left, [json.loads(json.dumps(arguments)) for method, arguments in after if method in ("add" + kind, "remove" + kind)]

    def mentions(self, zone: str) -> bool:
        """Whether anything in a zone has been changed until now."""
        return any(arguments[:1] == (zone,) for _method, arguments in self._listen())

    def redo(self, zone: str) -> None:
        """Do again, in the same order, what was changed in a zone before its settings were set as a whole. Raises ToolFailed."""
        self._repeat(_split([event for event in self._listen() if event[1][:1] == (zone,)], _ZONE_SET)[0])

    def redo_since_reload(self) -> None:
        """Do again, in the same order, what was changed since somebody else reloaded. Raises ToolFailed."""
        self._repeat(_split(self._listen(), _RELOADED)[1])

    def _repeat(self, events: t.Iterable[Event]) -> None:
        for method, arguments in events:
            if method not in (_RELOADED, _OUR_RELOAD, _ZONE_SET):
                repeat(getattr(self._client, method), *arguments)

    def _listen(self) -> t.List[Event]:
        """Everything that has been told until now."""
        from gi.repository import GLib  # type: ignore[import-not-found]

        with errors("cannot be read"):
            self._client.get_property("state")  # whatever was told before this answer has arrived
        context = GLib.MainContext.default()
        while context.pending():
            context.iteration(False)
        return self._heard

    def _hear(self, *arguments: t.Any, member: str) -> None:
        method = _method(member)
        if (hasattr(self._client, method) or method in (_RELOADED, _ZONE_SET)) and not (arguments and self.is_ours(arguments[0])):
            self._heard.append((method, arguments))


def _split(events: t.List[Event], method: str) -> t.Tuple[t.List[Event], t.List[Event]]:
    """What came before the last event of this name, and what came after it; all came before where there is none."""
    for position in range(len(events) - 1, -1, -1):
        if events[position][0] == method:
            return events[:position], events[position + 1 :]
    return events, []


def repeat(method: t.Callable[..., t.Any], *arguments: t.Any) -> None:
    """Call a method of the client for something that may be so already. Raises ToolFailed."""
    try:
        with errors("could not do again what somebody did while it reloaded"):
            method(*arguments)
    except ToolFailed as error:
        if not any(code in str(error) for code in _SO_ALREADY):
            raise


def _method(signal: str) -> str:
    """The client's method that does what a signal tells; a name that it does not have where there is none."""
    for ending, verb in (("Added", "add"), ("Removed", "remove")):
        if signal.endswith(ending):
            return verb + signal[: -len(ending)]
    return _METHODS.get(signal, signal)
