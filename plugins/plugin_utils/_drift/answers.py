# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the policy's module answered in check mode on a host of the play."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._verify.observations import NOTHING, Observation, usable


def answer_of(host: str, registered: str, variables: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    """The answer, judged; empty where the host was lost before.

    Args:
        host: The host.
        registered: The name of the variable that has the answer on each host.
        variables: Those of a task of the play.
    """
    if host not in variables["ansible_play_batch"]:
        return NOTHING
    return usable(Observation(in_force=variables["hostvars"][host].get(registered, NOTHING)), ()).in_force
