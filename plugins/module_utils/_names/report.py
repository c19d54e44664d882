# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What an administrator reads about look-ups of host names: in few lines, however many names or addresses it is about."""

from __future__ import annotations

import time
import typing as t

from .remembered import FIRST, MAXIMUM, NEW, OUTAGE_DAYS, Known, Recalled

FEW = 8  # names or addresses that are named each; beyond them there are counts

# Why a name brought no usable address and what that means: for one name and its addresses, and for a number of names and a list of them.
_KEPT = (
    "%s could not be looked up on this host; its last known addresses stay in force: %s",
    "%d host names could not be looked up on this host; their last known addresses stay in force: %s",
)
_KEPT_REFUSED = (
    "%s resolves to no usable address; its last known addresses stay in force: %s",
    "%d host names resolve to no usable address; their last known addresses stay in force: %s",
)
_OUTDATED = (
    "%%s could not be looked up for %d days; its rules no longer open %%s" % OUTAGE_DAYS,
    "%%d host names could not be looked up for %d days; their rules no longer open their last known addresses: %%s" % OUTAGE_DAYS,
)
_CLOSED = (
    "%s could not be looked up on this host, so its rules open nothing; check the host's name service",
    "%d host names could not be looked up on this host, so their rules open nothing; check the host's name service: %s",
)
_LEFT_OUT = (
    "%%s: %%d more addresses of its answer open nothing; an answer adds at most %d addresses (the first one %d), a name has at most %d"
    % (
        NEW,
        FIRST,
        MAXIMUM,
    )
)


class Report:
    """Collects what look-ups brought. ``seconds`` is how long all of them together could take."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lines: t.List[str] = []
        self._unanswered: t.Dict[t.Tuple[str, str], t.Dict[str, Known]] = {}
        self._late_kept: t.List[str] = []
        self._late_closed: t.List[str] = []

    def refused(self, name: str, reasons: t.Mapping[str, str]) -> None:
        """Addresses of an answer that open nothing, with what is wrong with each."""
        for address, reason in list(reasons.items())[:FEW]:
            self._lines.append("ignored %s for %s: it is %s" % (address, name, reason))
        if len(reasons) > FEW:
            self._lines.append("ignored %d more addresses for %s" % (len(reasons) - FEW, name))

    def changed(self, name: str, recalled: Recalled) -> None:
        """What is new, and what did not fit. The first addresses of a name are not news."""
        if recalled.new and not all(recalled.known[address].told for address in recalled.new):
            self._lines.append(new_addresses(name, {address: recalled.known[address] for address in recalled.new}))
        if recalled.left_out:
            self._lines.append(_LEFT_OUT % (name, len(recalled.left_out)))
        if recalled.displaced:
            text = "%s has more than %d addresses; its rules no longer open %s"
            self._lines.append(text % (name, MAXIMUM, few(recalled.displaced)))

    def unanswered(self, name: str, kept: Known, known: Known, refused: bool, late: bool) -> None:
        """A name without a usable address: ``kept`` stays in force of what was ``known``."""
        if late and (kept or not known):
            (self._late_kept if kept else self._late_closed).append(name)
        elif kept:
            self._add(_KEPT_REFUSED if refused else _KEPT, name, kept)
        elif known:
            self._add(_OUTDATED, name, known)
        elif not refused:
            self._add(_CLOSED, name, {})

    def lines(self) -> t.List[str]:
        """Everything, in words."""
        lines = list(self._lines)
        for (one, many), known in self._unanswered.items():
            if len(known) > FEW:
                lines.append(many % (len(known), few(known)))
            else:
                lines += [one % ((name, few(addresses)) if addresses else (name,)) for name, addresses in known.items()]
        for names, meaning in (
            (self._late_kept, "the last known addresses stay in force"),
            (self._late_closed, "the rules for these open nothing yet"),
        ):
            if names:
                lines.append("%s could not be looked up within %d seconds; %s: %s" % (_count(names), self._seconds, meaning, few(names)))
        return lines

    def _add(self, texts: t.Tuple[str, str], name: str, known: Known) -> None:
        self._unanswered.setdefault(texts, {})[name] = known


def new_addresses(name: str, known: Known) -> str:
    """Addresses that a name has come to have, and since when."""
    told = ["%s since %s" % (address, _utc(seen.since)) for address, seen in sorted(known.items())]
    if len(told) == 1:
        return "%s: new address %s" % (name, told[0])
    return "%s: %d new addresses: %s" % (name, len(told), few(told))


def few(words: t.Iterable[str]) -> str:
    """The first of them, and how many more there are."""
    words = sorted(words)
    return ", ".join(words[:FEW]) + (" and %d more" % (len(words) - FEW) if len(words) > FEW else "")


def _count(names: t.Sequence[str]) -> str:
    return "1 host name" if len(names) == 1 else "%d host names" % len(names)


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
