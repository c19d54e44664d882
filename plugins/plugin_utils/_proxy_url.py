# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The URL of a forward proxy, its credentials apart from what may be shown."""

from __future__ import annotations

import ipaddress
import re
import typing as t
import urllib.parse

_NAME = re.compile(r"(?!\d+(\.\d+)*$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")


class ProxyUrl(t.NamedTuple):
    """Where a proxy listens, and the credentials for it as they are, not percent-encoded; None: it asks for none."""

    scheme: str
    host: str
    port: int
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"ProxyUrl({self.shown})"

    @property
    def shown(self) -> str:
        """The URL without credentials, for plans and messages; equal proxies give equal text."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def parse_proxy_url(text: str) -> ProxyUrl:
    """Read "http://proxy.example.org:3128", "https://user:p%40ss@[2001:db8::8]:3129" or the like.

    Raises:
        ValueError: if it is no such URL; the message does not show it, because it may hold credentials.
    """
    try:
        url = urllib.parse.urlsplit(text.strip())
        host, port = url.hostname, url.port
    except ValueError:
        host = port = None
    if not host or not port or url.scheme not in ("http", "https") or url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("must be the URL of a proxy with its port, such as http://proxy.example.org:3128")
    username, password = (None if part is None else urllib.parse.unquote(part) for part in (url.username, url.password))
    return ProxyUrl(url.scheme, _host(host), port, username, password)


def _host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.replace("%", "/")))  # an address with a zone is nobody else's
    except ValueError:
        if len(text) > 253 or not _NAME.fullmatch(text):
            raise ValueError("names neither a host nor an address of the proxy, such as http://proxy.example.org:3128") from None
    return text
