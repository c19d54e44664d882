# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What actions have in common that run a module on a managed host: the one place where such a host's words come in.

Whatever a host writes is a stranger's input. Ansible's own part prints some of it, and acts on some of it, before an action sees the
result. So the words are bounded and escaped where the connection returns them, and the answer is judged before Ansible reads it.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible import constants as ansible_constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ...module_utils._host.printable import printable
from .._common.shapes import Unusable, printable_lines
from .._common.wanted import NOT_ASKED, WANTED
from .._controller_action import is_wanted
from .._operator.role_options import is_ours
from .results import ANSWER_MAXIMUM, ROWS, judge_answer, names_in_facts, read_answer
from .time_limit import NoAnswer, within

constants = t.cast(t.Any, ansible_constants)
COLLECTION = "federated.connectivity"
DISCOVERED = "discovered_interpreter_"
_ERROR_MAXIMUM = 4000
_EXCERPT = 500
_IGNORED_SHOWN = 10


class HostAction(ActionBase):
    """An action that runs a module of ours on a managed host.

    Attributes:
        MODULE: The module's name, a row of ``_host_answers.results.ROWS``.
    """

    _supports_async = False
    MODULE: t.ClassVar[str]
    _running = ""
    _name = ""
    _received: dict[str, t.Any] | None = None

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if not is_wanted(arguments.pop(WANTED, True)):
            return result | {"changed": False, NOT_ASKED: True}
        return result | self.ask(self.MODULE, arguments, task_vars or {})

    def ask(self, module: str, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """Run a module of ours on the host.

        Returns:
            What it answered, judged. An answer that is not usable is a failure that says so, with the reason in ``unusable``.

        Raises:
            AnsibleConnectionFailure: the host cannot be reached.
            AnsibleActionFail: the module could not be run there.
        """
        self._name, self._running, self._received = str(variables.get("inventory_hostname", "")), module, None
        _nobody_becomes_root_on_windows(getattr(self, "_connection", None))
        try:
            with within(ROWS[module].seconds), _python_first(getattr(self, "_connection", None)):
                result: dict[str, t.Any] = self._execute_module(f"{COLLECTION}.{module}", module_args=arguments, task_vars=variables)
        except NoAnswer:
            return self.refuse(f"it has not come within {ROWS[module].seconds:g} seconds")
        except AnsibleConnectionFailure as error:
            raise AnsibleConnectionFailure(printable_lines(str(error), _ERROR_MAXIMUM)) from None
        except AnsibleError as error:
            raise AnsibleActionFail(printable_lines(str(error), _ERROR_MAXIMUM)) from None
        except (LookupError, RecursionError, ValueError) as error:
            return self.refuse(f"Ansible cannot handle it ({type(error).__name__})")
        if self._received is None:
            raise AnsibleActionFail("this collection does not know how this version of ansible-core reads answers; use another version")
        facts = {key: value for key, value in result.pop("ansible_facts", {}).items() if key.startswith(DISCOVERED)}
        return result | ({"ansible_facts": facts} if facts else {})

    def refuse(self, why: str) -> dict[str, t.Any]:
        """The failure of a host whose answer is not usable, or does not fit what it was asked."""
        message = f"host {self._name}: its answer to {self._running} is not usable: {why}"
        return {"failed": True, "changed": False, "msg": message, "unusable": why}

    def _low_level_execute_command(self, *arguments: t.Any, **options: t.Any) -> dict[str, t.Any]:
        """What a command wrote, bounded and escaped."""
        result: dict[str, t.Any] = super()._low_level_execute_command(*arguments, **options)  # type: ignore[no-untyped-call]
        for stream in ("stdout", "stderr"):
            written = result.get(stream, "")[: ANSWER_MAXIMUM + 1].replace("\r\n", "\n")
            result[stream] = printable_lines(written, ANSWER_MAXIMUM + 1)
            result[f"{stream}_lines"] = result[stream].splitlines()
        return result

    def _parse_returned_data(self, res: dict[str, t.Any], profile: str = "") -> dict[str, t.Any]:
        """The answer of the module, judged, in place of what Ansible would make of it."""
        output = res.get("stdout", "")
        try:
            read = read_answer(output)
            claimed = sorted(name for name in names_in_facts(read) if is_ours(name))
            if claimed:
                raise Unusable(f"it sets {', '.join(claimed)}, which only the operator may set")
            answer, ignored = judge_answer(self._running, read)
        except Unusable as error:
            answer, ignored = self.refuse(f"{error}{_excerpts(res)}"), ()
        if answer.get("failed"):
            answer["msg"] = answer.get("msg", "the module gives no reason").replace("\n", "\n  ")
        if ignored:
            more = f" and {len(ignored) - _IGNORED_SHOWN} more" if len(ignored) > _IGNORED_SHOWN else ""
            answer.setdefault("warnings", []).append(
                f"host {self._name}: its answer to {self._running} also has {', '.join(ignored[:_IGNORED_SHOWN])}{more}, which the module "
                "never returns; this is ignored. Find out what runs on the host"
            )
        self._received = answer
        return answer | {"_ansible_parsed": True}


def _excerpts(res: dict[str, t.Any]) -> str:
    """The beginning of what came instead of an answer, which mostly says why."""
    streams = (("wrote", res.get("stdout", "")), ("wrote as an error", res.get("stderr", "")))
    return "".join(f"; it {what}: {printable(written.strip(), _EXCERPT)}" for what, written in streams if written.strip())


def _nobody_becomes_root_on_windows(connection: t.Any) -> None:
    """Let a task with C(become) serve hosts of both kinds: on Windows it runs as the user who connects, unless that says C(runas)."""
    become = getattr(connection, "become", None)
    if become and getattr(getattr(connection, "_shell", None), "_IS_WINDOWS", False) and become.name != "runas":
        connection.set_become_plugin(None)


@contextlib.contextmanager
def _python_first(connection: t.Any) -> t.Iterator[None]:
    """On hosts other than Windows, let Ansible and Mitogen find the Python program of a module that has one for PowerShell as well.

    Where a connection prefers no program they take ``x.ps1`` before ``x.py``, on Linux hosts, too.
    """
    ignored = constants.MODULE_IGNORE_EXTS
    if tuple(getattr(connection, "module_implementation_preferences", ("",))) == ("",):
        constants.MODULE_IGNORE_EXTS = (*ignored, ".ps1")
    try:
        yield
    finally:
        constants.MODULE_IGNORE_EXTS = ignored
