# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TLS server on IPv4 and IPv6 that asks for client certificates, and says when it is ready: ``tls_service.py CERTIFICATE PORT``."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import socketserver
import ssl
import sys

from ansible_collections.federated.connectivity.tests.tls_servers import server_context


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError), CONTEXT.wrap_socket(self.request, server_side=True) as tls:
            tls.recv(1)


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


CONTEXT = server_context(pathlib.Path(sys.argv[1]), ssl.TLSVersion.TLSv1_3, ssl.CERT_OPTIONAL, "h2", "http/1.1")
with Server(("::", int(sys.argv[2])), Handler) as server:
    print("ready", flush=True)
    server.serve_forever()
