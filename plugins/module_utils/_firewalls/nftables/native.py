# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""nftables: a policy as the text of our own table, as ``nft -f`` loads it."""

from __future__ import annotations

import typing as t

from ..._policy.model import AddressSet, Policy
from ..._policy.surroundings import Surroundings
from .ruleset import render_guard, render_whole


def translate(policy: Policy, surroundings: Surroundings) -> str:
    """The table that carries the whole policy."""
    return render_whole(policy, surroundings.bridges, surroundings.links_of_others, *_networks(surroundings))


def translate_guard(policy: Policy, surroundings: Surroundings) -> str:
    """The table beside another firewall that carries the policy; empty where the policy needs none."""
    others = surroundings.links_of_others
    return render_guard(policy, surroundings.redirected_pass, surroundings.bridges, others, *_networks(surroundings))


def _networks(surroundings: Surroundings) -> t.Sequence[AddressSet]:
    return () if surroundings.names_bridges else (surroundings.containers, surroundings.contained)
