# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the plan's ``proxy`` of a host means for Docker, and the credentials that the plan does not hold."""

from __future__ import annotations

import typing as t
import urllib.parse
from collections.abc import Mapping

from ..module_utils._plan.model import PlanProxy
from ..module_utils._proxy_url import parse_proxy_url

URLS = ("http_proxy", "https_proxy")
# Mechanisms of the plan that are Docker's, and the module's options for them.
OPTIONS = {"docker_daemon": "daemon", "docker_client": "client"}


def options(proxy: PlanProxy | None) -> dict[str, dict[str, t.Any]]:
    """The module's options ``daemon`` and ``client``, as far as something on the host needs them."""
    if not proxy:
        return {}
    return {
        option: {**{url: proxy.url(url) for url in URLS}, "no_proxy": list(proxy.consumers[mechanism].no_proxy)}
        for mechanism, option in OPTIONS.items()
        if mechanism in proxy.consumers
    }


def credentials(variable: Mapping[str, t.Any]) -> dict[str, str]:
    """``user:password``, percent-encoded, for each URL of ``connectivity_forward_proxy`` that has any.

    Those in a URL are that URL's alone and already encoded; ``username`` and ``password`` are for both, as they are.

    Raises:
        ValueError: a URL is none; the message names its key, and does not show it.
    """
    common = ":".join(urllib.parse.quote(str(variable[key]), safe="") for key in ("username", "password") if variable.get(key))
    found = {}
    for url in URLS:
        if variable.get(url):
            try:
                own = parse_proxy_url(str(variable[url]).strip()).userinfo
            except ValueError as error:
                raise ValueError(f"connectivity_forward_proxy.{url}: {error}") from None
            if own is not None or common:
                found[url] = common if own is None else own
    return found
