# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""One reversible step on a host."""

from __future__ import annotations

import abc
import typing as t

from .presence import Presence
from .restore_point import RestorePoint


class Change(abc.ABC):
    """The way from what is in force to what should be, for one place that holds configuration.

    Attributes:
        name: The place, in words an administrator knows ("ufw", "nftables table inet federated_connectivity").
        before: What is in force of ours now, as text, canonical: equal text means nothing to do.
        after: What will be in force, as text in the same form.
        warnings: What the administrator should know, each naming the rule or the administrator's own object.
    """

    name: str
    before: str
    after: str
    warnings: t.Sequence[str] = ()

    @property
    def changed(self) -> bool:
        return self.before != self.after

    def presence(self, rules: t.Sequence[str]) -> t.List[Presence]:
        """Which of the policy's ``rules``, by their ids, this place holds. A place that holds none, or does not know, returns nothing."""
        return []

    @abc.abstractmethod
    def check(self) -> None:
        """Ask the real tool whether it would take it, touching nothing. Raises PolicyRefused or ToolFailed."""

    @abc.abstractmethod
    def prepared(self) -> t.ContextManager[None]:
        """Write the files of :meth:`apply` beside their places, where they stay until the context ends.

        Raises:
            OSError: they cannot be written, for example because the disk is full.
        """

    @abc.abstractmethod
    def apply(self) -> None:
        """Make it so, runtime and boot alike. Raises ToolFailed; then :meth:`undo` restores."""

    @abc.abstractmethod
    def restore_point(self) -> RestorePoint:
        """What another process needs to restore runtime and files, as data. Called before :meth:`apply`."""

    @abc.abstractmethod
    def undo(self) -> None:
        """Restore runtime and files as they were when the change was proposed."""
