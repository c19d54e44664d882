# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A file as it is and as it shall be, and what of it may be shown."""

from __future__ import annotations

import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._host import (
    Host,
)
from ansible_collections.federated.connectivity.plugins.module_utils._json_text import (
    JsonText,
)
from ansible_collections.federated.connectivity.plugins.module_utils._proxies import (
    Proxies,
    hide,
)
from ansible_collections.federated.connectivity.plugins.module_utils._proxy_member import (
    Memory,
    Reader,
    merge,
    shown,
)


class File(t.NamedTuple):
    """One file.

    Attributes:
        path: Where it is.
        old, new: Its content now and then; None: there is no file.
        old_mode, mode: Its permissions.
        before, after: What a difference may show.
    """

    path: str
    old: t.Optional[bytes]
    new: t.Optional[bytes]
    old_mode: t.Optional[int]
    mode: int
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.old != self.new or (self.new is not None and self.old_mode != self.mode)

    def as_diff(self) -> t.Dict[str, str]:
        """The difference as Ansible shows it."""

        def permissions(content: t.Optional[bytes], mode: t.Optional[int]) -> str:
            return "absent" if content is None else "%04o" % (mode or 0)

        return {
            "before_header": "%s (%s)" % (self.path, permissions(self.old, self.old_mode)),
            "after_header": "%s (%s)" % (self.path, permissions(self.new, self.mode)),
            "before": self.before,
            "after": self.after,
        }


def text_file(path: str, text: t.Optional[str], mode: int, host: Host) -> File:
    """A file that is ours as a whole; None: it shall not be there."""
    old = host.read(path)
    new = None if text is None else text.encode()
    return File(path, old, new, host.mode(path), mode, hide((old or b"").decode("utf-8", "replace")), hide(text or ""))


def json_file(
    path: str,
    old: t.Optional[bytes],
    text: JsonText,
    reader: Reader,
    wanted: Proxies,
    memory: t.Optional[Memory],
    usual_mode: int,
    host: Host,
) -> t.Tuple[File, t.Optional[Memory]]:
    """A JSON file of Docker's in which we have a member, and what to remember of it; see :func:`merge`."""
    merged = merge(path, text, host.mode(path), reader, wanted, memory, usual_mode)
    return File(path, old, merged.content, host.mode(path), merged.mode, shown(old), shown(merged.content)), merged.memory
