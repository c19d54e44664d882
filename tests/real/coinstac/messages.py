# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pipeline in little: each client sends a number, the remote sends everybody the sum of two.

messages.py remote HOST PORT
messages.py client HOST PORT tcp|websockets AUTHORITY NAME NUMBER
"""

from __future__ import annotations

import sys
import typing as t

import paho.mqtt.client as mqtt

RUN, RESULT = "run/+", "result"
Arrived = t.Callable[[mqtt.Client, str, str], None]


def remote(host: str, port: str) -> None:
    numbers: dict[str, int] = {}

    def arrived(client: mqtt.Client, topic: str, text: str) -> None:
        numbers[topic] = int(text)
        if len(numbers) == 2:
            client.publish(RESULT, str(sum(numbers.values())), qos=1)

    _connect(mqtt.Client(mqtt.CallbackAPIVersion.VERSION2), host, port, RUN, arrived).loop_forever(retry_first_connection=True)


def client(host: str, port: str, transport: str, authority: str, name: str, number: str) -> None:
    made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, transport=t.cast("t.Any", transport))
    made.tls_set(ca_certs=authority)

    def arrived(_client: mqtt.Client, _topic: str, text: str) -> None:
        print("FEDERATED RESULT", text, flush=True)
        sys.exit(0)

    connected = _connect(made, host, port, RESULT, arrived)

    def subscribed(*_arguments: t.Any) -> None:
        connected.publish(f"run/{name}", number, qos=1, retain=True)

    connected.on_subscribe = subscribed
    connected.loop_forever(retry_first_connection=True)


def _connect(made: mqtt.Client, host: str, port: str, topic: str, arrived: Arrived) -> mqtt.Client:
    made.on_connect = lambda *_arguments: made.subscribe(topic, qos=1)
    made.on_message = lambda _client, _data, message: arrived(made, message.topic, message.payload.decode())
    made.connect_async(host, int(port))
    return made


if __name__ == "__main__":
    {"remote": remote, "client": client}[sys.argv[1]](*sys.argv[2:])
