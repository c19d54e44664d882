# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a host sees of a TLS server: it connects, shakes hands, and hangs up."""

from __future__ import annotations

import glob
import socket
import time
import typing as t

from .._host.regular_file import SMALL, Unreadable, read_regular
from .handshake import Handshake, handshake, seeing_context, verifying_context

UNREACHABLE = "unreachable"
NOT_TRIED = "not_tried"

NAME_ADDRESSES_MAXIMUM = 4

# The authorities of Debian's package ca-certificates, one file each; what an administrator adds, say for an inspection
# box, goes to /usr/local/share/ca-certificates: update-ca-certificates(8).
_PUBLIC_AUTHORITIES = "/usr/share/ca-certificates/mozilla/*.crt"

_LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


class Endpoint(t.NamedTuple):
    """Where to shake hands, and how.

    Attributes:
        destination: An IP address, or a host name, which is resolved here.
        port: The TCP port.
        server_name: The name to ask for (SNI); empty for none.
        alpn: Application protocols to offer.
        own: The destination is this very host. No packet leaves it: where the address is translated on the way in, and
            hence is none of the host's own, loopback stands for it.
    """

    destination: str
    port: int
    server_name: str = ""
    alpn: t.Tuple[str, ...] = ()
    own: bool = False


class Sight(t.NamedTuple):
    """What a host saw of an endpoint.

    Attributes:
        shown: What the handshake showed; its outcome may also be ``unreachable`` or ``not_tried``.
        address: The address that was connected to, or tried last; empty where there was none.
        publicly_trusted: Whether the certificate is for the server's name and from one of the authorities that the
            distribution comes with; None where there is no name, or that is not known.
    """

    shown: Handshake
    address: str = ""
    publicly_trusted: t.Optional[bool] = None


def public_authorities() -> str:
    """The authorities that the distribution trusts by itself, PEM; empty where they are not known, or not all of them can be read."""
    try:
        return "".join((read_regular(name, SMALL) or b"").decode("ascii") for name in sorted(glob.glob(_PUBLIC_AUTHORITIES)))
    except (OSError, Unreadable, UnicodeDecodeError):
        return ""


def look(endpoint: Endpoint, authorities: str, timeout: float, end: float) -> Sight:
    """Look at an endpoint.

    Args:
        authorities: See :func:`public_authorities`.
        timeout: Seconds for a connection and its handshake; to tell whether a certificate is trusted may take two.
        end: When all has to be over, by ``time.monotonic()``. A host name may take the resolver's time besides.
    """
    if not (endpoint.server_name and authorities):
        return _look_once(endpoint, "", timeout, end)
    verified = _look_once(endpoint, authorities, timeout, end)
    if not verified.shown.untrusted:
        return verified._replace(publicly_trusted=True) if verified.shown.certificate else verified
    seen = _look_once(endpoint, "", timeout, end)
    return seen._replace(publicly_trusted=False, shown=seen.shown._replace(untrusted=verified.shown.untrusted))


def _look_once(endpoint: Endpoint, authorities: str, timeout: float, end: float) -> Sight:
    now = time.monotonic()
    if now >= end:
        return Sight(Handshake(NOT_TRIED, "the time for all was over"))
    deadline = min(now + timeout, end)
    try:
        addresses = _addresses(endpoint)
    except (OSError, UnicodeError) as error:
        return Sight(Handshake(UNREACHABLE, getattr(error, "strerror", None) or str(error)))
    sight = Sight(Handshake(UNREACHABLE, "no address"))
    for family, address in addresses:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                sock.connect((address, endpoint.port))
            except OSError as error:
                sight = Sight(Handshake(UNREACHABLE, error.strerror or str(error)), address)
                continue
            context = verifying_context(authorities, endpoint.alpn) if authorities else seeing_context(endpoint.alpn)
            return Sight(handshake(sock, context, endpoint.server_name, deadline), address)
    return sight


def _addresses(endpoint: Endpoint) -> t.List[t.Tuple[socket.AddressFamily, str]]:
    found = socket.getaddrinfo(endpoint.destination, endpoint.port, type=socket.SOCK_STREAM)
    addresses: t.List[t.Tuple[socket.AddressFamily, str]] = [
        (family, str(address[0])) for family, _type, _protocol, _name, address in found[:NAME_ADDRESSES_MAXIMUM]
    ]
    if endpoint.own:
        return [(family, address if _is_ours(family, address) else _LOOPBACK[family]) for family, address in addresses]
    return addresses


def _is_ours(family: socket.AddressFamily, address: str) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        try:
            sock.bind((address, 0))
        except OSError:
            return False
    return True
