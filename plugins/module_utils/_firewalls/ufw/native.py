# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""ufw: a policy as the text of our rules, in the order in which they stand in ufw's own files."""

from __future__ import annotations

import typing as t

from ..._policy.model import FAMILIES, Policy
from ..._policy.surroundings import Surroundings, admit
from . import rules, rules_file

_FILES = {4: "user.rules (IPv4)", 6: "user6.rules (IPv6)"}


def translate(policy: Policy, surroundings: Surroundings) -> str:
    """Our blocks of both families, each below the words of ``ufw show added``."""
    carried = admit(policy, surroundings.containers)
    families = [family for family in FAMILIES if family == 4 or surroundings.ipv6]
    return "\n".join(section for family in families for section in _sections(rules.translate(carried, family), family))


def _sections(place: rules.Place, family: int) -> t.Iterator[str]:
    for where, ours in (("before your own rules, and behind your bans", place.first), ("behind your own rules", place.last)):
        title = "# %s, %s%s\n" % (_FILES[family], where, "" if ours else ": none")
        yield title + "".join("\n# %s%s" % (rules_file.describe(rule.file_text())[0], rule.file_text()) for rule in ours)
