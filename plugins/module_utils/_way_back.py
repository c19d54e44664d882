# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What restores one place of a host without the process that changed it: data that outlives a connection, a kill and a reboot."""

from __future__ import annotations

import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._host import (
    Snapshot,
)


class WayBack(t.NamedTuple):
    """How one place becomes what it was.

    Attributes:
        name: The place, as its change calls it.
        module: The Python module whose ``put_back(files, runtime, host)`` goes the way, also early at boot: before the firewall is loaded
            and while nothing may be waited for that starts later.
        files: Files as they were.
        runtime: What was in force, as JSON can hold it.
    """

    name: str
    module: str
    files: Snapshot
    runtime: t.Dict[str, t.Any]

    def to_data(self) -> t.Dict[str, t.Any]:
        return {**self._asdict(), "files": self.files.to_data()}

    @classmethod
    def from_data(cls, data: t.Mapping[str, t.Any]) -> WayBack:
        return cls(**{**data, "files": Snapshot.from_data(data["files"])})
