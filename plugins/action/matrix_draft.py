# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the beginning of a matrix. What stands in it is plugin_utils' business."""

from __future__ import annotations

import os
import pathlib
import sys
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.federated.connectivity.plugins.plugin_utils._libraries import missing_libraries
from ansible_collections.federated.connectivity.plugins.plugin_utils._own_matrix import draft, matrix_name, starter
from ansible_collections.federated.connectivity.plugins.plugin_utils._problems import PlanRefused


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        missing = missing_libraries()
        if missing:
            raise AnsibleActionFail(f"the controller's Python, {sys.executable}, lacks libraries: pip install {' '.join(missing)}")
        _validation, options = self.validate_argument_spec(  # type: ignore[no-untyped-call]
            {
                "path": {"type": "path", "required": True},
                "table": {"type": "path"},
                "perspective": {"type": "list", "elements": "str", "default": []},
            }
        )
        path = pathlib.Path(os.path.abspath(options["path"]))
        try:
            text = starter(matrix_name(path))
            if options["table"]:
                drafted, problems = draft(pathlib.Path(os.path.abspath(options["table"])), path, options["perspective"])
                text = drafted.text
                kinds = {"contradictions": drafted.contradictions, "unread": drafted.unread, "hints": drafted.hints, "problems": problems}
                result.update(kinds, flows=drafted.flows, warnings=[line for lines in kinds.values() for line in lines])
            if not self._task.check_mode:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        except (PlanRefused, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        if self._task.diff:
            result["diff"] = {"before_header": str(path), "after_header": str(path), "before": "", "after": text}
        return result | {"changed": True, "path": str(path)}
