# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user owns is touched with the user's own rights, and what the user's process says is data."""

from __future__ import annotations

import os
import pathlib
import pwd

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._as_user import UserHost, as_user, find
from ansible_collections.federated.connectivity.plugins.module_utils._change import PolicyError, PolicyRefused, ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host import Host


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> pwd.struct_passwd:
    """A user, as somebody else: without root the rights stay, the process is another all the same."""
    if os.geteuid() != 0:
        monkeypatch.setattr(os, "initgroups", lambda name, group: None)
        monkeypatch.setattr(os, "setgid", lambda group: None)
        monkeypatch.setattr(os, "setuid", lambda user: None)
    return pwd.getpwnam("nobody")


def test_commands_find_the_users_home_and_systemd(other: pwd.struct_passwd) -> None:
    said = as_user(other, lambda host: {"said": host.run(["sh", "-c", "echo $HOME $XDG_RUNTIME_DIR"]).stdout, "pid": os.getpid()})
    assert said["said"] == f"{other.pw_dir} /run/user/{other.pw_uid}\n"
    assert said["pid"] != os.getpid()


def test_a_link_does_not_lead_to_what_the_user_may_not_read(other: pwd.struct_passwd, tmp_path: pathlib.Path) -> None:
    secret, link = tmp_path / "secret", tmp_path / "link"
    secret.write_text("x", encoding="utf-8")
    secret.chmod(0)
    link.symlink_to(secret)
    with pytest.raises(PolicyError, match="PermissionError"):
        as_user(other, lambda host: {"content": str(host.read(str(link)))})


def test_refusals_come_back_and_a_process_that_ends_badly_is_told(other: pwd.struct_passwd) -> None:
    def refuse(host: Host) -> dict[str, object]:
        raise PolicyRefused("one", "two")

    with pytest.raises(PolicyError) as refused:
        as_user(other, refuse)
    assert refused.value.messages == ("one", "two")
    with pytest.raises(ToolFailed, match="the process of user nobody ended with status"):
        as_user(other, lambda host: os._exit(7))


def test_a_user_need_not_become_itself() -> None:
    assert as_user(pwd.getpwuid(os.geteuid()), lambda host: {"own": isinstance(host, UserHost), "pid": os.getpid()}) == {
        "own": True,
        "pid": os.getpid(),
    }


def test_unknown_users_are_refused_by_name() -> None:
    with pytest.raises(PolicyRefused, match="user nobody-knows does not exist"):
        find("nobody-knows")
