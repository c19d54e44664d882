# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs inside a host: each client asks for each target with one ``no_proxy``, and what arrives says whether it asked the proxy.

Standard input has the cases and the command of each client; standard output gets one outcome for each client and case.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time

SERVER, PROXY = 8080, 3128
SECONDS = 60
SETTINGS = b"\0\0\0\4\0\0\0\0\0"  # the first frame of an HTTP/2 server
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
hits = []


def answer(connection, name):
    """Record who asked, and speak HTTP/1.1, CONNECT and as much of HTTP/2 as a gRPC client waits for."""
    with connection:
        connection.settimeout(SECONDS)
        try:
            first = connection.recv(65536)
            if not first:
                return
            hits.append(name)
            if first.startswith(b"CONNECT"):
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                first = connection.recv(65536)
            connection.sendall(SETTINGS if first.startswith(b"PRI") else OK)
            if first.startswith(b"PRI"):
                while connection.recv(65536):
                    pass
        except OSError:
            pass


def serve(port, name):
    listener = socket.socket(socket.AF_INET6)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("::", port))
    listener.listen(100)

    def accept():
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0], name), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def environment(exceptions):
    proxy = "http://127.0.0.1:%d" % PROXY
    return {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": exceptions, "PATH": "/usr/bin:/bin", "HOME": "/root"}


class Once:
    """A client that is started for each case."""

    def __init__(self, command):
        self._command = command

    def ask(self, case):
        url = "http://%s:%d/" % (case["target"], SERVER)
        done = subprocess.run([*self._command, url], env=environment(case["no_proxy"]), capture_output=True, timeout=SECONDS)
        return done.stderr.decode(errors="replace")[-300:]

    def close(self):
        pass


class Lasting(Once):
    """A client that reads cases as lines of JSON, and answers each with a line."""

    def __init__(self, command):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(""), text=True)

    def ask(self, case):
        self._process.stdin.write(json.dumps({**case, "authority": "%s:%d" % (case["target"], SERVER)}) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self):
        self._process.kill()
        self._process.wait()


def outcome(client, case):
    hits.clear()
    said = client.ask(case)
    end = time.monotonic() + 5
    while not hits and time.monotonic() < end:
        time.sleep(0.02)
    return hits[0] if hits else "nothing: " + said


def main():
    asked = json.load(sys.stdin)
    serve(SERVER, "direct")
    serve(PROXY, "proxy")
    found = {}
    for name, (kind, command, cases) in asked.items():
        client = {"once": Once, "lasting": Lasting}[kind](command)
        found[name] = [outcome(client, case) for case in cases]
        client.close()
    print(json.dumps(found))


if __name__ == "__main__":
    os.environ.pop("no_proxy", None)
    main()
