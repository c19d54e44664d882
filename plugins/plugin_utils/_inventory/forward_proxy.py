# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads what the inventory says about a host's forward proxy; no message and nothing that is kept shows a credential."""

from __future__ import annotations

import dataclasses

from ...module_utils._proxy_url import ProxyUrl, parse_proxy_url
from .._common.addresses import parse_network
from .._operator.undecryptable import PLACEHOLDER
from .no_proxy import parse_exception
from .value import Value

URLS = ("http_proxy", "https_proxy")
CREDENTIALS = ("username", "password")
_ENCRYPTED = (
    "is encrypted and cannot be decrypted here, but the plan needs it; encrypt only username and password, which the plan does not need, "
    "or give the vault password"
)


@dataclasses.dataclass(frozen=True)
class ForwardProxy:
    """An HTTP forward proxy.

    Attributes:
        http_proxy: For plain HTTP, without credentials; None: there is none.
        https_proxy: For everything else, by CONNECT.
        no_proxy: The user's own exceptions.
        only: Whether nothing leaves the site but through it.
        authenticated: Whether the inventory has credentials for it.
    """

    http_proxy: ProxyUrl | None
    https_proxy: ProxyUrl | None
    no_proxy: tuple[str, ...]
    only: bool
    authenticated: bool

    @property
    def urls(self) -> dict[str, ProxyUrl | None]:
        return {"http_proxy": self.http_proxy, "https_proxy": self.https_proxy}


def read_forward_proxy(value: Value | None) -> ForwardProxy | None:
    """Read ``connectivity_forward_proxy``; None: the host has no proxy."""
    if value is None or value.data is None or value.data == {}:
        return None
    if isinstance(value.data, str) and PLACEHOLDER in value.data:
        value.refuse(_ENCRYPTED)
        return None
    fields = value.mapping((*URLS, *CREDENTIALS, "no_proxy", "only")) or {}
    urls = {key: _url(fields[key]) if key in fields else None for key in URLS}
    if fields and not any(key in fields for key in urls):
        value.refuse('neither http_proxy nor https_proxy is there, such as https_proxy: "http://proxy.example.org:3128"')
    apart = [key for key in CREDENTIALS if key in fields and fields[key].secret() is not None]
    if apart == ["password"]:
        value.refuse("has a password, but no username")
    inside = [url for url in urls.values() if url and url.userinfo is not None]
    if apart and inside:
        value.refuse("has credentials twice, as keys and in a URL; keep one of them")
    exceptions = fields["no_proxy"].items("[.example.org]") if "no_proxy" in fields else ()
    return ForwardProxy(
        http_proxy=_without_credentials(urls["http_proxy"]),
        https_proxy=_without_credentials(urls["https_proxy"]),
        no_proxy=tuple(text for text in map(_exception, exceptions or ()) if text),
        only="only" in fields and fields["only"].flag() is True,
        authenticated=bool(apart or inside),
    )


def _url(value: Value) -> ProxyUrl | None:
    text = value.secret()
    if text is None:
        return None
    try:
        url = parse_proxy_url(text.strip())
        if PLACEHOLDER in url.host:
            raise ValueError(_ENCRYPTED)
        if ":" in url.host or url.host.replace(".", "").isdigit():
            _refuse_unreachable(url.host)
    except ValueError as error:
        value.refuse(_ENCRYPTED if PLACEHOLDER in text.rpartition("@")[2] else str(error))
        return None
    return url


def _without_credentials(url: ProxyUrl | None) -> ProxyUrl | None:
    return url and url._replace(userinfo=None)


def _refuse_unreachable(host: str) -> None:
    if host != "::1" and not host.startswith("127."):
        parse_network(host)


def _exception(value: Value) -> str | None:
    text = value.text()
    if text is None:
        return None
    if PLACEHOLDER in text:
        value.refuse(_ENCRYPTED)
        return None
    try:
        return parse_exception(text)
    except ValueError as error:
        value.refuse(str(error))
        return None
