# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The URL of a forward proxy, its credentials apart from what may be shown."""

from __future__ import annotations

import ipaddress
import re
import typing as t

EXAMPLE = "such as http://proxy.example.org:3128"
_URL = re.compile(
    r"(?P<scheme>https?)://((?P<userinfo>.*)@)?(\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<host>[^\s/?#@:\[\]]+)):(?P<port>[0-9]{1,5})/?",
    re.IGNORECASE | re.ASCII,
)
# RFC 3986, 3.2.1, without the apostrophe, and with the @ that people forget to encode.
_USERINFO = re.compile(r"([A-Za-z0-9._~!$&()*+,;=:@-]|%[0-9A-Fa-f]{2})*")
_NAME = re.compile(r"(?!\d+(\.\d+)*$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")


class ProxyUrl(t.NamedTuple):
    """Where a proxy listens, and the credentials for it, as the URL has them, percent-encoded; None: it asks for none."""

    scheme: str
    host: str
    port: int
    userinfo: t.Optional[str] = None

    def __repr__(self) -> str:
        return "ProxyUrl(%s)" % self.shown

    @property
    def shown(self) -> str:
        """The URL without credentials, for plans and messages; equal proxies give equal text."""
        return "%s://%s:%d" % (self.scheme, "[%s]" % self.host if ":" in self.host else self.host, self.port)


def parse_proxy_url(text: str) -> ProxyUrl:
    """Read "http://proxy.example.org:3128", "https://user:p%40ss@[2001:db8::8]:3129" or the like.

    Raises:
        ValueError: if it is no such URL; the message does not show it, because it may hold credentials.
    """
    found = _URL.fullmatch(text)
    if not found or not 0 < int(found["port"]) < 65536:
        raise ValueError("must be the URL of a proxy with its port, %s" % EXAMPLE)
    if not _USERINFO.fullmatch(found["userinfo"] or ""):
        raise ValueError("has credentials that must be percent-encoded, such as %2F for /, or stand as username and password")
    host = _address(found["ipv6"]) if found["ipv6"] else _name(found["host"])
    if host is None:
        raise ValueError("names neither a host nor an address of the proxy, %s" % EXAMPLE)
    return ProxyUrl(found["scheme"].lower(), host, int(found["port"]), found["userinfo"])


def _address(text: str) -> t.Optional[str]:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        return None


def _name(text: str) -> t.Optional[str]:
    text = text.lower() if text.isascii() else ""
    try:
        return text if str(ipaddress.IPv4Address(text)) == text else None  # some Pythons read 010 as 10
    except ValueError:
        return text if len(text) <= 253 and _NAME.fullmatch(text) else None
