# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""nginx: a TCP pass-through of the ``stream`` module in front of the site's services.

Syntax: https://nginx.org/en/docs/stream/ngx_stream_proxy_module.html, https://nginx.org/en/docs/stream/ngx_stream_access_module.html
and https://nginx.org/en/docs/stream/ngx_stream_upstream_module.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._common.templates import template
from . import reverse_proxy
from .exemption import Exemption, header

NAME = "nginx"
TITLE = "nginx (stream)"
EXTENSION = "conf"


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What nginx has no words for."""
    return reverse_proxy.refusals(TITLE, exemptions)


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """A fragment to be included inside ``stream``."""
    head = list(header("#", TITLE, site, *reverse_proxy.ADVICE, "Include it inside stream { } of nginx.conf."))
    services = list(reverse_proxy.services(exemptions))
    return template(__file__, "nginx.conf.j2").render(header=head, services=services, joined=reverse_proxy.joined)
