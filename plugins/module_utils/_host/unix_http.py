# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Questions over HTTP to a daemon's Unix socket, such as dockerd's: the answer as JSON, bounded in time and size."""

from __future__ import annotations

import http.client
import json
import socket
import typing as t

SECONDS = 10.0
_BYTES = 16 << 20  # of an answer; more of it is cut, and then it is not JSON


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask(path: str, question: str) -> t.Any:
    """What a daemon answers to GET; None where it does not answer with JSON. (A socket of systemd's would start the daemon.)"""
    connection = _Connection(path)
    try:
        connection.request("GET", question)
        answer = connection.getresponse()
        return json.loads(answer.read(_BYTES)) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return None
    finally:
        connection.close()
