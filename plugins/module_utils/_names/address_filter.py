# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which answers of a name service open nothing: a wrong or hostile one must not open what is nobody else's, or our own."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .._errors import PolicyRefused
from .special_addresses import Address, embedded, never, private

# Names that mean something on the own network only: RFC 6762, sections 3 and G; RFC 8375; and names without a dot.
_LOCAL_DOMAINS = (".local", ".intranet", ".internal", ".private", ".corp", ".home", ".lan", ".home.arpa")
_NAME = re.compile(r"\.?[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\Z")


def refusal(name: str, address: str, own: t.Sequence[str] = ()) -> str:
    """What is wrong with an address to which a name resolves, so that it opens nothing; empty where it may open something.

    Args:
        name: The host name.
        address: What it resolves to.
        own: Names that may have private addresses, or domains with a leading dot whose names may. Nothing allows metadata addresses.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "not an address"
    behind = embedded(found)
    if "%" in address and not never(found):
        return "an address of one link"
    for meant in (found, *behind):
        if never(meant):
            return _stands_for(found, meant, never(meant))
    if not _is_local(name, own):
        for meant in (found, *behind):
            if private(meant):
                return (
                    _stands_for(found, meant, private(meant)) + ", which a public name must not resolve to (private_answers can allow it)"
                )
    return ""


def check_own_names(names: t.Sequence[str]) -> None:
    """Raises PolicyRefused where one is neither a host name nor a domain with a leading dot."""
    wrong = ["private_answers: %r is not a valid host name; a domain has a leading dot" % name for name in names if not _NAME.match(name)]
    if wrong:
        raise PolicyRefused(*wrong)


def _stands_for(found: Address, meant: Address, words: str) -> str:
    return words if found == meant else "an address that stands for %s, %s" % (meant, words)


def _is_local(name: str, own: t.Sequence[str]) -> bool:
    name = name.lower().rstrip(".")
    domains = (*_LOCAL_DOMAINS, *(each.lower() for each in own if each.startswith(".")))
    return "." not in name or name.endswith(domains) or name in [each.lower() for each in own]
