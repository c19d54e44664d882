# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ..plugin_utils._host_answers.action import HostAction


class ActionModule(HostAction):
    """Runs the module of the same name on the host, and judges its answer; there is nothing to confirm in check mode."""

    MODULE = "firewall_confirm"

    def ask(self, module: str, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        if self._task.check_mode:
            return {"skipped": True, "changed": False, "msg": "in check mode nothing is to be confirmed"}
        return super().ask(module, arguments, variables)
