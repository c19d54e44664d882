# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a forward proxy is to Docker: three values, spelled differently by each of its readers, and a secret in two of them."""

from __future__ import annotations

import re
import typing as t

from .._errors import PolicyRefused
from .._proxy_url import parse_proxy_url
from .secrets import hide, hide_value

__all__ = ["Proxies", "hide", "parse", "with_credentials"]

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\"]")


class Proxies(t.NamedTuple):
    """The forward proxies of one reader; all None: it has none.

    Attributes:
        http: URL of the proxy for plain HTTP, with credentials if it wants any.
        https: The same for HTTPS.
        exceptions: What must not go through a proxy, comma-separated.
    """

    http: t.Optional[str] = None
    https: t.Optional[str] = None
    exceptions: t.Optional[str] = None

    @property
    def secret(self) -> bool:
        """Whether a URL carries credentials."""
        return any(url is not None and hide_value(url) != url for url in (self.http, self.https))

    def spelled(self, names: t.Sequence[str]) -> t.Dict[str, str]:
        """The values that there are, under the names that a reader has for them."""
        return {name: value for name, value in zip(names, self) if value is not None}


def parse(http: t.Optional[str], https: t.Optional[str], exceptions: t.Sequence[str]) -> Proxies:
    """Check what the plan, or a user, says.

    Raises:
        PolicyRefused: a URL is none, or an exception could not stand in a list; all of it at once.
    """
    wrong = []
    for name, url in (("http_proxy", http), ("https_proxy", https)):
        if not url:
            continue
        try:
            parse_proxy_url(url)
        except ValueError as error:
            wrong.append("proxy.%s: %s%s" % (name, error, "" if hide_value(url) != url else "; it is %r" % url))
    wrong += [
        "proxy.no_proxy: %r is not one exception; make one item of each, without spaces" % each
        for each in exceptions
        if not each or "," in each or _UNPRINTABLE.search(each)
    ]
    if wrong:
        raise PolicyRefused(*wrong)
    if not (http or https):
        return Proxies()
    return Proxies(http or None, https or None, ",".join(exceptions) or None)


def with_credentials(url: t.Optional[str], credentials: t.Optional[str]) -> t.Optional[str]:
    """A URL with ``user:password`` put in; as it is where one of the two is missing."""
    if not url or not credentials:
        return url
    scheme, slashes, rest = url.partition("://")
    return "%s%s%s@%s" % (scheme, slashes, credentials, rest)
