# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Installs packages by whatever package manager the host has."""

from __future__ import annotations

import typing as t

from .._errors import ToolFailed

Run = t.Callable[[t.Sequence[str]], t.Tuple[int, str, str]]
"""Runs a command: exit status, output, errors."""

ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


class _Manager(t.NamedTuple):
    """A package manager: how it installs, and how it renews its lists of packages, where it does not do so by itself."""

    install: t.Sequence[str]
    renew: t.Sequence[str] = ()


_WAIT = ("-o", "DPkg::Lock::Timeout=120")
_MANAGERS = {
    "apt-get": _Manager((*_WAIT, "-q", "-y", "install", "--"), (*_WAIT, "-q", "update")),
    "dnf": _Manager(("-q", "-y", "install")),
    "yum": _Manager(("-q", "-y", "install")),
    "zypper": _Manager(("-q", "--non-interactive", "install", "--")),
}


def install(packages: t.Sequence[str], which: t.Callable[[str], t.Optional[str]], run: Run) -> None:
    """Install packages.

    Args:
        packages: Their names.
        which: The path of a command, or None.
        run: Runs a command.

    Raises:
        ToolFailed: there is no package manager that is known here, or it failed.
    """
    odd = [name for name in packages if not name or name.startswith("-")]
    if odd:
        raise ToolFailed("%s is not the name of a package" % ", ".join(map(repr, odd)))
    found = next(((path, manager) for name, manager in _MANAGERS.items() for path in (which(name),) if path), None)
    if found is None:
        raise ToolFailed(
            "this host has none of %s; install %s yourself, and set firewall_manage_packages to false"
            % (", ".join(_MANAGERS), ", ".join(packages))
        )
    path, manager = found
    command = [path, *manager.install, *packages]
    status, output, errors = run(command)
    if status and manager.renew:
        run([path, *manager.renew])
        status, output, errors = run(command)
    if status:
        raise ToolFailed("%s failed with status %d: %s" % (" ".join(command), status, (errors or output).strip()))
