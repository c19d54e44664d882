# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = """
name: brief
type: stdout
short_description: A run of this collection on one screen
version_added: 0.1.0
description:
  - Shows what changed, what failed and what a step has to say. Steps that changed nothing, and steps that were skipped, give no lines.
  - A step that takes longer than five seconds says so, and how many hosts have finished it.
  - One table closes the run, with one line for each host that had a part in it. The sums of the run are its last lines.
  - Failures, warnings and differences (C(--diff)) look as they do with P(ansible.builtin.default#callback).
  - Where results are shown as YAML, the message of a failed step of this collection is shown once.
  - With C(-v) and more, everything looks as it does with P(ansible.builtin.default#callback).
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - set as stdout in configuration
"""

import threading
import typing as t
from collections.abc import Iterable, Mapping, MutableMapping, Sequence

import yaml
from ansible import constants
from ansible.plugins.callback.default import CallbackModule as DefaultCallback

from ..plugin_utils._brief.table import STEPS, HostSteps, closing_table
from ..plugin_utils._brief.words import as_lines, grouped, progress

COLORS: t.Any = constants  # it makes its names when it is loaded
FIRST_PROGRESS = 5.0  # seconds
NOBODY = "all:!all"
OURS = "federated.connectivity."


class CallbackModule(DefaultCallback):
    """The default output, without the lines that tell nothing."""

    CALLBACK_NAME = "federated.connectivity.brief"

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._step: t.Any = None
        self._name = ""
        self._finished = 0
        self._changed: list[str] = []
        self._said: dict[Sequence[str], list[str]] = {}
        self._timer: threading.Timer | None = None
        self._hosts = HostSteps()
        self._sums: dict[str, t.Any] = {}

    # Ansible's events. Each is the default's where somebody asked for more words.

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self._step_ends()
        if self._talkative():
            super().v2_playbook_on_play_start(play)  # type: ignore[no-untyped-call]
            return
        self._play = play
        if _is_for_nobody(play):
            return
        marker = " [CHECK MODE]" if play.check_mode else ""
        self._display.display(play.get_name().strip() + marker, color=COLORS.COLOR_HIGHLIGHT)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        if self._talkative() or not _is_for_nobody(self._play):
            super().v2_playbook_on_no_hosts_matched()  # type: ignore[no-untyped-call]

    def _task_start(self, task: t.Any, prefix: str | None = None) -> None:
        self._step_ends()
        if self._talkative():
            super()._task_start(task, prefix)  # type: ignore[no-untyped-call]
            return
        self._task_type_cache[task._uuid] = prefix or "TASK"
        self._last_task_name = None  # the banner of a failure asks the task, which may have a better name by then
        self._step = task
        self._name = task.get_name().strip().rpartition(" : ")[2]  # now, since Ansible puts templates back into the name; without the role
        self._finished = 0
        self._wait(task, 0.0, FIRST_PROGRESS)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        task, host, data = _parts(result)
        self._sums.update(_sums(data))
        self._note(task, host, data)
        if self._talkative():
            super().v2_runner_on_ok(result)
            return
        self._finished += 1
        self._handle_warnings_and_exception(result)
        is_trial = task.check_mode and not (self._play and self._play.check_mode)  # it says what a run would change
        if data.get("changed", False) and not task.run_once and not is_trial:
            self._changed.append(self.host_label(result))
        said = [item for item in _items(data) if item.get("_ansible_verbose_always")]
        if said:
            lines = tuple(line for item in said for line in as_lines(item, self._dump_results))
            self._said.setdefault(lines, []).append("" if task.run_once else host)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        if self._talkative():
            super().v2_runner_item_on_ok(result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        if self._talkative():
            super().v2_runner_on_skipped(result)
            return
        self._finished += 1
        self._handle_warnings_and_exception(result)

    def v2_runner_item_on_skipped(self, result: t.Any) -> None:
        if self._talkative():
            super().v2_runner_item_on_skipped(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        task, host, data = _parts(result)
        self._note(task, host, data)
        if self._talkative() or not ignore_errors:
            self._show()
            as_yaml = self.get_option("result_format") == "yaml"  # type: ignore[no-untyped-call]
            if as_yaml and not self._talkative() and str(task.action).startswith(OURS):
                data.pop("exception", None)  # its words are the message, which stands in the result as lines
            super().v2_runner_on_failed(result, ignore_errors)
            return
        self._finished += 1
        self._said.setdefault((f"failed, and the run goes on: {data.get('msg', 'see -v')}",), []).append(host)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._show()
        super().v2_runner_on_unreachable(result)

    def v2_playbook_on_include(self, included_file: t.Any) -> None:
        if self._talkative():
            super().v2_playbook_on_include(included_file)  # type: ignore[no-untyped-call]

    def v2_on_file_diff(self, result: t.Any) -> None:
        if not self._talkative() and _parts(result)[2].get("diff"):
            self._show()
        super().v2_on_file_diff(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._step_ends()
        if self._talkative():
            super().v2_playbook_on_stats(stats)  # type: ignore[no-untyped-call]
            return
        ended = {host: stats.summarize(host) for host in sorted(stats.processed)}
        for line in closing_table(self._hosts, ended):
            self._display.display(line.text, color=COLORS.COLOR_ERROR if line.failed else None)
        for name, value in self._sums.items():
            self._display.display(yaml.safe_dump({name: value}, width=2**16, allow_unicode=True).rstrip())

    # What a step has to say is kept until the step ends, so that hosts with the same to say share it.

    def _talkative(self) -> bool:
        return bool(self._display.verbosity > 0)

    def _note(self, task: t.Any, host: str, data: Mapping[str, t.Any]) -> None:
        action = str(task.action).rpartition(".")[2]
        if action in STEPS:
            self._hosts.note(action, host, data, trial=bool(task.check_mode), run_is_trial=bool(self._play and self._play.check_mode))

    def _step_ends(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._show()
        self._step = None

    def _show(self) -> None:
        changed, self._changed = self._changed, []
        said, self._said = self._said, {}
        if changed:
            self._display.display(f"  changed: {', '.join(sorted(changed))}: {self._name}", color=COLORS.COLOR_CHANGED)
        for line in grouped(said, {f"{name}: {value}" for name, value in self._sums.items()}):
            self._display.display(f"  {line}")

    def _wait(self, task: t.Any, waited: float, more: float) -> None:
        """Say after so many ``more`` seconds that the step still runs, and then less and less often."""
        self._timer = threading.Timer(more, self._still_running, (task, waited + more))
        self._timer.daemon = True
        self._timer.start()

    def _still_running(self, task: t.Any, waited: float) -> None:
        if self._step is not task:
            return
        self._display.display(f"  {progress(self._name, waited, self._finished)}", color=COLORS.COLOR_VERBOSE)
        self._wait(task, waited, waited)


def _is_for_nobody(play: t.Any) -> bool:
    """Whether our playbooks leave out a play, as they do by this pattern."""
    return bool(play and play.hosts in (NOBODY, [NOBODY]))


def _parts(result: t.Any) -> tuple[t.Any, str, MutableMapping[str, t.Any]]:
    """The task, the host's name and what came back. Before ansible-core 2.19 their names have an underscore."""
    if hasattr(result, "task"):
        return result.task, result.host.get_name(), result.result
    return result._task, result._host.get_name(), result._result


def _items(data: Mapping[str, t.Any]) -> Iterable[Mapping[str, t.Any]]:
    results = data.get("results")
    if isinstance(results, list) and all(isinstance(item, Mapping) for item in results):
        return results
    return [data]


def _sums(data: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    stats = data.get("ansible_stats")
    return stats.get("data", {}) if isinstance(stats, Mapping) and not stats.get("per_host") else {}
