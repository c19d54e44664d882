# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of problems are lines of text, also where ansible-core shows the message of a failed task as JSON."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._controller_action import show_lines


@pytest.mark.parametrize(("version", "shown"), [("2.17.14", True), ("2.18.0", True), ("2.19.0b1", False), ("2.21.1", False)])
def test_several_lines_are_shown_where_ansible_would_not(capsys: pytest.CaptureFixture[str], version: str, shown: bool) -> None:
    message = f"2 errors; nothing was planned:\n- one of {version}\n- another"
    show_lines(message, version)
    said = capsys.readouterr()
    assert (message in said.err + said.out) is shown


def test_one_line_is_left_to_ansible(capsys: pytest.CaptureFixture[str]) -> None:
    show_lines("1 error", "2.17.0")
    assert capsys.readouterr() == ("", "")
