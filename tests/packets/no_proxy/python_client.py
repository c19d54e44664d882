# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients written in Python: ``python_client.py LIBRARY`` asks for a target for each line of JSON; without a line it says its version."""

import json
import os
import sys


def urllib(case):
    import urllib.request

    urllib.request.urlopen("http://%s/" % case["authority"], timeout=20).read()


def requests(case):
    import requests

    requests.get("http://%s/" % case["authority"], timeout=20)


def httpx(case):
    import httpx

    with httpx.Client(timeout=20) as client:
        client.get("http://%s/" % case["authority"])


def grpc(case):
    import grpc

    with grpc.insecure_channel(case["authority"]) as channel:
        grpc.channel_ready_future(channel).result(timeout=20)


CLIENTS = {"urllib": urllib, "requests": requests, "httpx": httpx, "grpc": grpc}


def version(library):
    if library == "urllib":
        return "%d.%d.%d" % sys.version_info[:3]
    return __import__(library).__version__


if __name__ == "__main__":
    if sys.argv[2:] == ["version"]:
        print(version(sys.argv[1]))
        raise SystemExit
    for line in sys.stdin:
        case = json.loads(line)
        os.environ["no_proxy"] = case["no_proxy"]
        try:
            CLIENTS[sys.argv[1]](case)
            print("done", flush=True)
        except Exception as error:
            print(repr(error).replace("\n", " "), flush=True)
