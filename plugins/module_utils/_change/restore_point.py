# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What restores one place of a host without the process that changed it: data that outlives a connection, a kill and a reboot."""

from __future__ import annotations

import typing as t

from .._errors import BindingMissing, PolicyError, ToolFailed
from .._host.snapshot import Snapshot


class RestorePoint(t.NamedTuple):
    """How one place becomes what it was.

    Attributes:
        name: The place, as its change calls it.
        backend: Whose ``put_back(files, runtime, host)`` goes the way, by its name in the table of those (``_apply.ways.WAYS``). It does so
            early at boot as well: before the firewall is loaded and while nothing may be waited for that starts later.
        files: Files as they were.
        runtime: What was in force, as JSON can hold it.
    """

    name: str
    backend: str
    files: Snapshot
    runtime: t.Dict[str, t.Any]

    def to_data(self) -> t.Dict[str, t.Any]:
        return {**self._asdict(), "files": self.files.to_data()}


def attempt(*steps: t.Callable[[], t.Any]) -> None:
    """Go all steps, also those behind one that fails. Raises ToolFailed with the words of all failures, and BindingMissing."""
    words: t.List[str] = []
    for step in steps:
        try:
            step()
        except BindingMissing:
            raise
        except PolicyError as error:
            words.extend(error.messages)
        except Exception as error:
            words.append(str(error) or repr(error))
    if words:
        raise ToolFailed(*words)
