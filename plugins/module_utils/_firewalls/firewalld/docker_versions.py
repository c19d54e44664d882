# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which Docker versions lose rules of their own when firewalld reloads."""

from __future__ import annotations

import re
import typing as t

from ..._host.host import Host

_Version = t.Tuple[int, ...]
_NUMBERS = re.compile(r"(\d+)\.(\d+)\.(\d+)")


class _Flaw(t.NamedTuple):
    """What is lost in versions from the first of a pair up to, and without, the second."""

    name: str
    loss: str
    versions: t.Tuple[t.Tuple[_Version, _Version], ...]
    cure: str


_FLAWS = (
    _Flaw("CVE-2025-54410", "what keeps its bridge networks apart", (((0,), (25, 0, 13)), ((26,), (28,))), "28.0.0 or 25.0.13"),
    _Flaw("CVE-2025-54388", "what keeps neighbours from ports published on 127.0.0.1", (((28, 2, 0), (28, 3, 3)),), "28.3.3"),
)  # moby GHSA-4vq8-7jfc-9cvp, GHSA-x4rx-4gw3-53p4


def losses_by_reload(version: str) -> t.List[str]:
    """Warnings for a Docker version such as ``26.1.5+dfsg1``; none for what is no version."""
    found = _NUMBERS.match(version)
    if not found:
        return []
    numbers = tuple(map(int, found.groups()))
    return [
        "Docker %s loses %s whenever firewalld reloads (%s). This run puts Docker's rules back, another reload does not: "
        "upgrade to %s or newer, or restart Docker after a reload" % (version, flaw.loss, flaw.name, flaw.cure)
        for flaw in _FLAWS
        if any(first <= numbers < fixed for first, fixed in flaw.versions)
    ]


def warnings_before_reload(host: Host) -> t.List[str]:
    """What to say about the Docker that runs on the host, if one does."""
    if not (host.which("dockerd") and host.which("docker")):
        return []
    asked = host.run(["docker", "version", "--format", "{{.Server.Version}}"], check=False)
    return losses_by_reload(asked.stdout.strip()) if asked.rc == 0 else []
