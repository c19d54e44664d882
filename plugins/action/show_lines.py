# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ..plugin_utils._controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Shows lines, if there are any, as ansible.builtin.debug does."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {"lines": {"type": "list", "elements": "str", "required": True}}

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        return {"msg": options["lines"], "_ansible_verbose_always": True} if options["lines"] else {}
