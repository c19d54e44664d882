# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the disk holds after a loss of power: a name is there for sure when its directory has been written, too (fsync(2))."""

from __future__ import annotations

import errno
import os

_CANNOT = (errno.EINVAL, errno.ENOTSUP)  # this file system writes no directories by themselves


def synchronize(directory: str) -> None:
    """Have a directory's names on the disk: what was made, replaced or removed in it stays so. Raises OSError."""
    descriptor = os.open(directory or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    finally:
        os.close(descriptor)
