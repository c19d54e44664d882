# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the beginning of a matrix. What stands in it is plugin_utils' business."""

from __future__ import annotations

import os
import pathlib
import typing as t

from ..plugin_utils._common.problems import PlanRefused
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._libraries import LibrariesMissing, require_libraries
from ..plugin_utils._vendor_table.starter import draft, matrix_name, starter, write_new


class ActionModule(ControllerAction):
    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "path": {"type": "path", "required": True},
        "table": {"type": "path"},
        "perspective": {"type": "list", "elements": "str", "default": []},
    }
    MISTAKES = (LibrariesMissing, PlanRefused, OSError)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        require_libraries()
        path = pathlib.Path(os.path.abspath(options["path"]))
        result: dict[str, t.Any] = {"changed": True, "path": str(path)}
        text = starter(matrix_name(path))
        if options["table"]:
            drafted, problems = draft(pathlib.Path(os.path.abspath(options["table"])), path, options["perspective"])
            text = drafted.text
            kinds = {"contradictions": drafted.contradictions, "unread": drafted.unread, "hints": drafted.hints, "problems": problems}
            result.update(kinds, flows=drafted.flows, warnings=[line for lines in kinds.values() for line in lines])
        if not self._task.check_mode:
            write_new(path, text)
        if self._task.diff:
            result["diff"] = {"before_header": str(path), "after_header": str(path), "before": "", "after": text}
        return result
