# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node does on the network, without the node: it logs in by vantage6's client for nodes, listens for events, and sends results.

The real node runs an algorithm in a container in between. Here the answer is a number. Events come by socket.io, as in the node. The
packages of the node have no client for websockets, so that it asks by HTTPS again and again (long polling).
"""

from __future__ import annotations

import datetime
import sys
import time
import typing as t

import socketio
from vantage6.common.client.node_client import NodeClient
from vantage6.common.serialization import serialize

RUNS: list[dict[str, t.Any]] = []
RETRY_SECONDS = 2


class Tasks(socketio.ClientNamespace):  # type: ignore[misc]  # the package has no types
    """The events that the server sends to a node."""

    node: NodeClient

    def on_connect(self) -> None:
        print("CONNECTED", flush=True)

    def on_sync(self) -> None:
        RUNS.extend(self.node.run.list(state="open", include_task=True))

    def on_new_task(self, data: dict[str, t.Any]) -> None:
        print("EVENT new task", data["id"], flush=True)
        RUNS.extend(self.node.run.list(state="open", include_task=True, task_id=data["id"]))


def main() -> None:
    server, key, number = sys.argv[1:]
    client = NodeClient(host=f"https://{server}", port=443, path="/api")
    while client.whoami is None:
        try:
            client.authenticate(key)
        except Exception as error:  # the server may not be up yet
            print("NOT READY", error, flush=True)
            time.sleep(RETRY_SECONDS)
    client.setup_encryption(None)
    tasks = Tasks("/tasks")
    tasks.node = client
    connection = socketio.Client(request_timeout=60)
    connection.register_namespace(tasks)
    connection.connect(url=f"{client.host}:{client.port}", headers=client.headers, wait=False)
    while True:
        while RUNS:
            _answer(client, RUNS.pop(0), number)
        time.sleep(0.5)


def _answer(client: NodeClient, run: dict[str, t.Any], number: str) -> None:
    organization = run["task"]["init_org"]["id"]
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    client.run.patch(run["id"], {"result": serialize(int(number)), "status": "completed", "finished_at": now}, init_org_id=organization)
    print("ANSWERED", run["id"], flush=True)


if __name__ == "__main__":
    main()
