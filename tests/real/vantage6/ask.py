# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user asks both organizations for a number, waits for the results, and prints their sum."""

from __future__ import annotations

import sys
import time

from vantage6.client import UserClient


def main() -> None:
    server, password, image = sys.argv[1:]
    client = UserClient(f"https://{server}", 443, "/api", log_level="warn")
    client.authenticate("user", password)
    client.setup_encryption(None)
    (collaboration,) = client.collaboration.list()["data"]
    nodes = client.node.list(is_online=True)["data"]
    if len(nodes) < 2:
        sys.exit(f"NOT READY {len(nodes)} nodes are online")
    task = client.task.create(
        organizations=[node["organization"]["id"] for node in nodes],
        collaboration=collaboration["id"],
        name="number",
        image=image,
        description="A number of each site",
        input_={"method": "number"},
        databases=[],
    )
    print("SUBMITTED", task["id"], flush=True)
    while client.task.get(task["id"])["status"] != "completed":
        time.sleep(1)
    results = client.result.from_task(task["id"])["data"]
    print("FEDERATED RESULT", sum(int(each["result"]) for each in results), flush=True)


if __name__ == "__main__":
    main()
