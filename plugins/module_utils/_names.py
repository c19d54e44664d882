# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Host names of rules, looked up on the host that enforces them; good answers outlive a failing name service."""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
import time
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._host import (
    STATE,
    Host,
)

CACHE = STATE + "/names.json"
SECONDS = 15.0

Answers = t.Dict[str, t.List[str]]
"""Host name -> its addresses, sorted."""


def look_up(name: str) -> t.List[str]:
    """All addresses that the host's own resolver knows. Raises OSError where it knows none."""
    return sorted({str(answer[4][0]) for answer in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})


def resolve(
    names: t.Sequence[str], cached: Answers, look_up: t.Callable[[str], t.List[str]] = look_up, seconds: float = SECONDS
) -> t.Tuple[Answers, t.List[str]]:
    """Look names up at the same time, within a bounded time.

    Args:
        names: What to look up.
        cached: The last good answers; they stand in for a look-up that fails, is late or comes back without a usable address.
        look_up: How; raises OSError or UnicodeError.
        seconds: How long all of them together may take.

    Returns:
        Answers, without those names that nobody could answer: they open nothing; and warnings.
    """
    found: t.Dict[str, t.List[str]] = {}

    def ask(name: str) -> None:
        try:
            found[name] = look_up(name)
        except (OSError, UnicodeError):
            found[name] = []

    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in names]
    end = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))

    answers: Answers = {}
    warnings = []
    for name in names:
        given = found.get(name, [])
        usable = [address for address in given if _is_usable(address)]
        refused = [address for address in given if address not in usable]
        if refused:
            warnings.append("%s resolves to %s here, which is no partner's address and opens nothing" % (name, ", ".join(refused)))
        if not usable and cached.get(name):
            warnings.append(
                "%s could not be looked up on this host; its last known addresses stay in force: %s" % (name, ", ".join(cached[name]))
            )
            usable = cached[name]
        elif not usable and not refused:
            warnings.append("%s could not be looked up on this host, so its rules open nothing; check the host's name service" % name)
        if usable:
            answers[name] = sorted(usable)
    return answers, warnings


def read_cache(host: Host) -> Answers:
    """The last good answers; none where the file is missing or damaged."""
    try:
        cached = json.loads(host.read(CACHE) or b"{}")
    except ValueError:
        return {}
    if not isinstance(cached, dict):
        return {}
    return {
        name: [a for a in answers if isinstance(a, str) and _is_usable(a)] for name, answers in cached.items() if isinstance(answers, list)
    }


def write_cache(host: Host, answers: Answers) -> None:
    """Keep good answers for the next time; no file where there are none."""
    text = (json.dumps(answers, indent=2, sort_keys=True) + "\n").encode()
    if not answers:
        host.remove(CACHE)
        host.remove_directory(STATE)
    elif host.read(CACHE) != text:
        host.write(CACHE, text, mode=0o644)


def _is_usable(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # a link-local address with its interface is none to Python 3.8, and no partner's to any
        return False
    if found.is_loopback or found.is_unspecified or found.is_multicast or found.is_link_local:
        return False
    return not found.is_reserved if isinstance(found, ipaddress.IPv4Address) else found.ipv4_mapped is None
