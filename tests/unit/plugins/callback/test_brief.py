# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run shows with our callback, and that nothing that matters is lost."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

INVENTORY = """
all:
  vars: {ansible_connection: local, ansible_python_interpreter: PYTHON}
  hosts: {alpha: {}, beta: {}, gamma: {}}
"""
PLAYBOOK = """
- name: Work
  hosts: all
  gather_facts: false
  tasks:
    - name: Change nothing
      ansible.builtin.command: "true"
      changed_when: false
    - name: Change {{ 'something' }}
      ansible.builtin.command: "true"
      changed_when: inventory_hostname != 'beta'
      check_mode: false
    - name: Be skipped
      ansible.builtin.debug: {msg: never}
      when: false
    - name: Say the same
      ansible.builtin.debug: {msg: [first line, second line]}
      when: inventory_hostname != 'gamma'
    - name: Say it in a loop
      ansible.builtin.debug: {msg: "item {{ item }}"}
      loop: [1, 2]
      when: inventory_hostname == 'gamma'
    - name: Fail and go on
      ansible.builtin.fail: {msg: a cause}
      ignore_errors: true
      when: inventory_hostname == 'alpha'
    - name: Write
      ansible.builtin.copy: {content: "of {{ inventory_hostname }}\\n", dest: "DIRECTORY/{{ inventory_hostname }}", mode: "0600"}
      when: inventory_hostname == 'beta'
    - name: Keep the sum
      ansible.builtin.set_stats: {data: {Counted: three hosts}}
      run_once: true
    - name: Sum up
      ansible.builtin.debug: {msg: "Counted: three hosts"}
      run_once: true
    - name: Fail
      ansible.builtin.fail: {msg: the end of gamma}
      when: inventory_hostname == 'gamma'
"""


def run(directory: pathlib.Path, *arguments: str, callback: str = "federated.connectivity.brief") -> subprocess.CompletedProcess[str]:
    (directory / "play.yml").write_text(PLAYBOOK.replace("DIRECTORY", str(directory)))
    return start(directory, *arguments, callback=callback)


def start(
    directory: pathlib.Path, *arguments: str, callback: str = "federated.connectivity.brief", result_format: str = "json"
) -> subprocess.CompletedProcess[str]:
    (directory / "hosts.yml").write_text(INVENTORY.replace("PYTHON", sys.executable))
    command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-i", "hosts.yml", "play.yml", *arguments]
    environment = {
        name: value for name, value in os.environ.items() if name == "ANSIBLE_COLLECTIONS_PATH" or not name.startswith("ANSIBLE_")
    } | {"ANSIBLE_STDOUT_CALLBACK": callback, "ANSIBLE_CALLBACK_RESULT_FORMAT": result_format, "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)


def without_progress(text: str) -> str:
    """The same on a machine that is never busy."""
    return "".join(line for line in text.splitlines(keepends=True) if "still running after" not in line)


def test_a_run_is_its_changes_its_words_and_its_failures(tmp_path: pathlib.Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 2
    above, failure, below = without_progress(done.stdout).partition("TASK [Fail]")
    assert above.splitlines()[:8] == [
        "Work",
        "  changed: alpha, gamma: Change something",
        "  alpha, beta:",
        "    first line",
        "    second line",
        "  gamma:",
        "    item 1",
        "    item 2",
    ]
    assert above.splitlines()[8:10] == ["  alpha: failed, and the run goes on: a cause", "  changed: beta: Write"]
    assert failure
    assert "the end of gamma" in done.stdout + done.stderr
    assert below.splitlines()[-3:] == ["host   run", "gamma  failed", "Counted: three hosts"]
    assert not any(words in done.stdout for words in ("never", "Be skipped", "TASK [Change nothing"))
    assert [line.strip() for line in done.stdout.splitlines()].count("Counted: three hosts") == 1


def test_an_error_of_ours_stands_once_in_lines(tmp_path: pathlib.Path) -> None:
    ours = "- hosts: all\n  gather_facts: false\n  tasks: [{name: Plan, federated.connectivity.required_rules: {}, run_once: true}]\n"
    (tmp_path / "play.yml").write_text(ours)
    done = start(tmp_path, result_format="yaml")
    assert done.returncode == 2
    assert (done.stdout + done.stderr).count("no host defines connectivity_memberships") == 1
    assert "\n        - no host defines connectivity_memberships" in done.stdout
    assert "no host defines connectivity_memberships" in start(tmp_path).stdout


def test_differences_stand_below_the_step_they_belong_to(tmp_path: pathlib.Path) -> None:
    done = run(tmp_path, "--diff")
    task, _, rest = done.stdout.partition("TASK [Write]")[2].partition("+of beta")
    assert task
    assert rest
    assert (tmp_path / "beta").read_text() == "of beta\n"


def test_with_v_everything_is_as_usual(tmp_path: pathlib.Path) -> None:
    for name in ("ours", "usual"):
        (tmp_path / name).mkdir()
    ours, usual = run(tmp_path / "ours", "-v"), run(tmp_path / "usual", "-v", callback="ansible.builtin.default")

    def told(text: str) -> list[str]:
        return [line.split(" => ")[0] for line in text.splitlines() if line.startswith(("PLAY", "TASK", "ok:", "skipping:", "fatal:"))]

    assert sorted(told(ours.stdout)) == sorted(told(usual.stdout))
    assert any(line.startswith("TASK [Be skipped]") for line in told(ours.stdout))


def test_a_step_that_takes_long_says_so(tmp_path: pathlib.Path) -> None:
    (tmp_path / "play.yml").write_text(
        "- {name: Wait, hosts: all, gather_facts: false, tasks: [{name: Sleep, ansible.builtin.pause: {seconds: 7}}]}\n"
    )
    assert "  still running after 5 seconds: Sleep\n" in start(tmp_path).stdout


NOBODY = """
- name: For nobody
  hosts: all:!all
  gather_facts: false
  tasks: []
- name: Look
  hosts: alpha
  gather_facts: false
  tasks:
    - name: See what would change
      ansible.builtin.copy: {content: x, dest: "DIRECTORY/x", mode: "0600"}
      check_mode: true
"""


def test_a_play_for_nobody_and_a_look_at_what_would_change_give_no_lines(tmp_path: pathlib.Path) -> None:
    (tmp_path / "play.yml").write_text(NOBODY.replace("DIRECTORY", str(tmp_path)))
    assert without_progress(start(tmp_path).stdout).splitlines()[:1] == ["Look"]
    assert "changed:" not in start(tmp_path).stdout
    assert "PLAY [For nobody]" in start(tmp_path, "-v").stdout
