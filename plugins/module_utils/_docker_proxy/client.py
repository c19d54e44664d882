# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The forward proxy of what a user runs in containers and builds: ``proxies.default`` in the Docker client's own configuration.

The client puts these values into the environment of every container and build that it starts (docs.docker.com/engine/cli/proxy).
"""

from __future__ import annotations

import json
import os
import pwd
import typing as t

from .._host.host import Host
from .file import File, json_file
from .member import CLIENT, Memory, read, recall, recorded
from .proxies import Proxies


class Client(t.NamedTuple):
    """The configuration of one user's client, the place where we remember what was there, and what is remembered there."""

    config: File
    memory_path: str
    memory: t.Optional[Memory]


def propose(user: pwd.struct_passwd, wanted: Proxies, host: Host) -> Client:
    """Compare what is there with what is wanted. Raises PolicyRefused if the file is broken."""
    memory_path = user.pw_dir + "/.local/state/federated_connectivity/docker_client/state.json"
    memory = recall(memory_path, recorded(memory_path, host))
    path = os.path.realpath(user.pw_dir + "/.docker/config.json")
    file, memory = json_file(read(path, host), CLIENT, wanted, memory)
    return Client(file._replace(mode=0o600) if memory else file, memory_path, memory)


def apply(client: Client, host: Host) -> None:
    """Write it; the memory first, so that an interrupted run can be taken back as well."""
    remembered = None if client.memory is None else json.dumps(client.memory._asdict()).encode()
    if remembered is not None:
        host.write(client.memory_path, remembered, 0o600)
    if client.config.changed:
        client.config.write(host)
    if remembered is None:
        host.put(client.memory_path, None, 0o600)
