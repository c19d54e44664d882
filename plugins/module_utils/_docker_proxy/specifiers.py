# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the specifiers of a unit stand for on this host (systemd.unit(5), "Specifiers"), as far as that is certain without systemd."""

from __future__ import annotations

import os
import pwd
import typing as t

from .._host.regular_file import SMALL, Unreadable, read_regular

_SYSTEM = {
    "t": "/run",
    "S": "/var/lib",
    "C": "/var/cache",
    "L": "/var/log",
    "E": "/etc",
    "h": "/root",
    "u": "root",
    "U": "0",
    "g": "root",
    "G": "0",
}


def specifiers_of(unit: str, path: str, user: t.Optional[pwd.struct_passwd]) -> t.Dict[str, str]:
    """Letters and what they stand for.

    Args:
        unit: The unit's name; it is not an instance of a template.
        path: Of its file.
        user: Whose systemd runs it; None: the system's.
    """
    name = unit.rpartition(".")[0]
    last = name.rpartition("-")[2]
    system = os.uname()
    found = {"n": unit, "N": name, "p": name, "P": name, "i": "", "I": "", "j": last, "J": last, "f": "/" + name}
    found.update({"H": system.nodename, "l": system.nodename.partition(".")[0], "v": system.release, "T": "/tmp", "V": "/var/tmp"})
    found.update(_of(user) if user else _SYSTEM)
    if path:
        found.update({"y": path, "Y": os.path.dirname(path)})
    for letter, file in (("m", "/etc/machine-id"), ("b", "/proc/sys/kernel/random/boot_id")):
        content = _read(file).replace("-", "")
        if content:
            found[letter] = content
    return found


def _of(user: pwd.struct_passwd) -> t.Dict[str, str]:
    """Those of a user's own systemd; where its state is, differs between versions."""
    home = user.pw_dir
    found = {"t": "/run/user/%d" % user.pw_uid, "E": home + "/.config", "C": home + "/.cache", "h": home, "u": user.pw_name}
    return {**found, "U": str(user.pw_uid), "G": str(user.pw_gid)}


def _read(path: str) -> str:
    try:
        return (read_regular(path, SMALL) or b"").decode("ascii", "replace").strip()
    except (OSError, Unreadable):
        return ""
