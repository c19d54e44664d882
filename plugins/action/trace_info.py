# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ..plugin_utils._host_answers.action import HostAction

ASKED = ("destination", "port")


class ActionModule(HostAction):
    """Lets the host trace connections, and takes its answer for those that it was asked for alone."""

    MODULE = "trace_info"

    def ask(self, module: str, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        targets = [{key: target[key] for key in ASKED} for target in arguments.get("targets") or ()]
        result = super().ask(module, {**arguments, "targets": targets}, variables)
        if result.get("failed") or result["missing"]:
            return result
        wanted = [tuple(str(target[key]) for key in ASKED) for target in targets]
        if [tuple(str(trace[key]) for key in ASKED) for trace in result["traces"]] != wanted:
            return self.refuse("its traces are not those that it was asked for")
        return result
