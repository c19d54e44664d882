# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What actions that run on the controller alone have in common. Beside the plugins themselves nothing else in pass 1 knows Ansible."""

from __future__ import annotations

import abc
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core
from ansible.utils.display import Display

from ._common.wanted import NOT_ASKED, WANTED

_SHOWS_LINES = (2, 19)
"""The first ansible-core that shows the message of a failed task in lines, whatever the format of results is."""


class ControllerAction(ActionBase):
    """An action that checks its options, computes its result, and tells what is wrong with them once.

    Attributes:
        OPTIONS: The options, as a module's argument_spec.
        MISTAKES: What :meth:`compute` raises where the user has something to fix; the task fails with its words.
    """

    _requires_connection = False
    _supports_check_mode = True
    OPTIONS: t.ClassVar[dict[str, t.Any]]
    MISTAKES: t.ClassVar[tuple[type[Exception], ...]] = ()

    @abc.abstractmethod
    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """What the task returns; without a word about it, it changed nothing.

        Args:
            options: As OPTIONS has them, with defaults.
            variables: The variables of the task.

        Raises:
            AnsibleError, or one of MISTAKES.
        """

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        if WANTED in self.OPTIONS and not is_wanted(self._task.args.get(WANTED, True)):
            return result | {"changed": False, NOT_ASKED: True}
        _validation, options = self.validate_argument_spec(self.OPTIONS)  # type: ignore[no-untyped-call]
        try:
            return result | {"changed": False} | self.compute(options, task_vars or {})
        except self.MISTAKES as mistake:
            show_lines(str(mistake))
            raise AnsibleActionFail(str(mistake)) from mistake
        except AnsibleActionFail as failure:
            show_lines(str(failure))
            raise


def is_wanted(value: object) -> bool:
    """Whether there is something to do, as the option C(wanted) says."""
    try:
        return bool(boolean(value))
    except TypeError:
        raise AnsibleActionFail(f"{WANTED} is {value!r}; give true or false") from None


def show_lines(message: str, version: str = core) -> None:
    """Show a message of several lines as lines, where ansible-core shows it as one line of JSON only."""
    if "\n" in message and tuple(map(int, version.split(".")[:2])) < _SHOWS_LINES:
        Display().error(message, wrap_text=False)
