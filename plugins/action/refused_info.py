# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

from ansible.errors import AnsibleError
from ansible.utils.path import unfrackpath

from ..plugin_utils._host_answers.action import HostAction
from ..plugin_utils._plan.reader import PlanUnreadable, read_addresses, read_host
from ..plugin_utils._verify.refused_peers import lines, listeners_of, not_asked, told_of_windows


class ActionModule(HostAction):
    """Reads the host's listeners from the plan, lets the module of the same name read whom they refused, and says what each would need."""

    MODULE = "refused_info"

    def ask(self, module: str, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        plan = arguments.pop("plan", None) or None
        if plan is None:
            raise AnsibleError("refused_info needs plan, the directory of a plan")
        directory, name = pathlib.Path(unfrackpath(plan, follow=False)), variables["inventory_hostname"]
        try:
            known = read_addresses(directory)
            host = read_host(directory, name) if name in known else None
        except PlanUnreadable as error:
            raise AnsibleError(str(error)) from error
        listeners = listeners_of(host) if host else {}
        if not listeners:
            reason = "the plan does not log refused peers of this host"
            return {"changed": False, "skipped": True, "skip_reason": reason, "lines": told_of_windows(name, host)}
        result = super().ask(module, {"rules": sorted(listeners)}, variables)
        if result.get("failed"):
            return result
        wrong = not_asked(result, listeners)
        if wrong:
            return self.refuse(wrong)
        return {**result, "lines": lines(name, result, listeners, known)}
