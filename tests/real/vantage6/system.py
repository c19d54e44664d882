# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vantage6: its server behind nginx, as its documentation has it, a user, and two sites that do what a node does on the network.

The nodes themselves are not run, because they need Docker. No image is pulled, and no algorithm runs in a container.
"""

from __future__ import annotations

import pathlib
import time

from authority import Authority
from federation import Federation, Member
from software import HOME

MATRIX, PACKAGE, VERSION = "vantage6", "vantage6-server and vantage6-client", "4.15.2"
JOB = (
    "The server and the client library without nodes: a user's task reaches two sites as nodes get it, "
    "their numbers reach the server, and their sum reaches the user"
)
SECONDS = 900  # what a job may take on a busy machine
HERE, FILES = pathlib.Path(__file__).parent, "/root/vantage6"
NODE = Member(("node",))
ARRANGEMENTS: dict[str, dict[str, Member]] = {
    "one host for each role": {"server": Member(("server",)), "site1": NODE, "site2": NODE, "user": Member(network="users")},
    "all roles on one host": {"server": Member(("server", "node")), "user": Member(network="users")},
}
KEYS = {"site1": ("8d1c4a5e-3c0b-4e38-9a2c-0d6f1f2a7b11", "20"), "site2": ("8d1c4a5e-3c0b-4e38-9a2c-0d6f1f2a7b22", "22")}  # of entities.yml
PASSWORD, IMAGE = "Password-of-1-user", "harbor2.vantage6.ai/demo/number"
RESULT = "FEDERATED RESULT 42"
SERVER = f"""\
description: real
ip: 127.0.0.1
port: 7601
api_path: /api
uri: sqlite:///{FILES}/server.sqlite
allow_drop_all: false
jwt_secret_key: secret-of-this-server-of-32-bytes
logging:
  {{level: INFO, file: server.log, use_console: true, backup_count: 1, max_size: 99, format: "%(message)s", datefmt: "%H:%M", loggers: []}}
"""
NGINX = f"""\
user root;
daemon off;
pid {FILES}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {FILES}/temp_body;
  proxy_temp_path {FILES}/temp_proxy;
  fastcgi_temp_path {FILES}/temp_fastcgi;
  uwsgi_temp_path {FILES}/temp_uwsgi;
  scgi_temp_path {FILES}/temp_scgi;
  server {{
    listen 443 ssl;
    listen [::]:443 ssl;
    ssl_certificate {FILES}/host.crt;
    ssl_certificate_key {FILES}/host.key;
    proxy_set_header Host $http_host;
    location / {{ proxy_pass http://127.0.0.1:7601; }}
    location /socket.io {{
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "Upgrade";
      proxy_pass http://127.0.0.1:7601/socket.io;
    }}
  }}
}}
"""


class System:
    """One arrangement of vantage6."""

    SECONDS = SECONDS

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self._name = federation.name("server")
        self.said = ""
        authority = Authority(federation.directory / "authority")
        certificate, key = authority.sign(self._name, federation.hosts["server"].addresses)
        for name, content in (("host.crt", certificate), ("host.key", key), ("server.yaml", SERVER), ("nginx.conf", NGINX)):
            federation.write("server", f"{FILES}/{name}", content)
        for host in federation.hosts:
            federation.write(host, f"{FILES}/ca.crt", authority.certificate)
            for file in ("serve.py", "node.py", "ask.py", "entities.yml"):
                federation.write(host, f"{FILES}/{file}", (HERE / file).read_bytes())
        command = [f"{HOME}/bin/vserver-local", "import", "--config", f"{FILES}/server.yaml", "--user", f"{FILES}/entities.yml"]
        done = federation.run("server", command, 600)
        assert done.returncode == 0, done.stdout + done.stderr
        self._database = federation.hosts["server"].file(f"{FILES}/server.sqlite")
        self._entities = self._database.read_bytes()

    def start(self) -> None:
        """Start nginx, the server with nothing but its organizations, and what stands for the nodes."""
        python, trust = [f"{HOME}/bin/python3", "-u"], {"REQUESTS_CA_BUNDLE": f"{FILES}/ca.crt"}
        self._database.write_bytes(self._entities)
        self._federation.start("server", ["/usr/sbin/nginx", "-c", f"{FILES}/nginx.conf", "-e", "stderr"])
        self._server = self._federation.start("server", [*python, f"{FILES}/serve.py", f"{FILES}/server.yaml"])
        for site, (key, number) in KEYS.items():
            host = site if site in self._federation.hosts else "server"
            self._federation.start(host, [*python, f"{FILES}/node.py", self._name, key, number], **trust)

    def job(self, seconds: int) -> bool:
        """The user's task; again while the server is not up or a node is missing."""
        end = time.monotonic() + seconds
        command = [f"{HOME}/bin/python3", f"{FILES}/ask.py", self._name, PASSWORD, IMAGE]
        while (left := int(end - time.monotonic())) > 0:
            done = self._federation.run("user", command, left + 1, REQUESTS_CA_BUNDLE=f"{FILES}/ca.crt")
            self.said = done.stdout + done.stderr
            ended = self._server.popen.poll()
            if ended is not None:
                self.said += f"\nthe server ended with status {ended}"
            if ended is not None or "SUBMITTED" in self.said:
                break
            time.sleep(2)
        return RESULT in self.said
