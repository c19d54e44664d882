# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which kind of TLS the listeners of this host have: it shakes hands with each and hangs up."""

from __future__ import annotations

import time
import typing as t

from .._tls.handshake import COMPLETED, NOT_TLS
from .._tls.path import Endpoint, Sight, look
from .watch import Socket

NONE, SERVER, MUTUAL, UNKNOWN = "none", "server", "mutual", ""
MOST = 200
ONE_SECONDS, ALL_SECONDS = 5.0, 120.0
_ALPN = ("h2", "http/1.1")
_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def kinds_of(sockets: t.Iterable[Socket]) -> t.Dict[Socket, str]:
    """The kind of TLS of each TCP listener, as far as it shows."""
    end = time.monotonic() + ALL_SECONDS
    found: t.Dict[Socket, str] = {}
    for socket in sorted(socket for socket in sockets if socket.protocol == "tcp")[:MOST]:
        endpoint = Endpoint(_AT.get(socket.address, socket.address), socket.port, "", _ALPN, True)
        found[socket] = kind_of(look(endpoint, "", ONE_SECONDS, end))
    return found


def kind_of(sight: Sight) -> str:
    """What a handshake shows: a server that asks for a certificate of the client is counted as one that needs it."""
    shown = sight.shown
    if shown.client_certificate:
        return MUTUAL
    if shown.outcome == COMPLETED or shown.certificate:
        return SERVER
    return NONE if shown.outcome == NOT_TLS else UNKNOWN
