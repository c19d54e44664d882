# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..plugin_utils._host_answers.action import HostAction


class ActionModule(HostAction):
    """Runs the module of the same name on the host, and judges its answer."""

    MODULE = "observation_info"
