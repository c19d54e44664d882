# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd units give dockerd on the way, found where administrators and distributions really put it."""

from __future__ import annotations

import os
import pathlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.unit import (
    Unit,
    drop_in,
    environment_file,
    parse,
    parse_files,
)
from ansible_collections.federated.connectivity.plugins.module_utils._host.regular_file import read_regular

DEBIAN = """\
# /usr/lib/systemd/system/docker.service
[Unit]
Description=Docker --http-proxy=not-a-flag
[Service]
EnvironmentFile=-/etc/default/docker
ExecStart=/usr/sbin/dockerd -H fd:// \\
  --containerd=/run/containerd/containerd.sock $DOCKER_OPTS
KillMode=process

"""
PROXY = "# /etc/systemd/system/docker.service.d/http-proxy.conf\n"


def unit(text: str, **files: str) -> Unit:
    contents = {"/etc/default/docker": files.get("default", ""), "/etc/env": files.get("env", "")}
    return parse(text, lambda path: contents[path].encode() if path in contents else None)


def test_a_unit_without_proxies_has_none() -> None:
    plain = unit(DEBIAN)
    assert (plain.proxy_flags(), plain.proxy_variables()) == ([], [])
    assert [setting.word for setting in plain.command] == [
        "/usr/sbin/dockerd", "-H", "fd://", "--containerd=/run/containerd/containerd.sock",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("drop_in", "default", "flags"),
    [
        ("[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd --http-proxy http://x:1", "", [("--http-proxy", ":3")]),
        (
            '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd "--no-proxy=a,b" --https-proxy=http://x:1',
            "",
            [("--no-proxy", ":3"), ("--https-proxy", ":3")],
        ),
        ("[Service]\n# ExecStart=/usr/sbin/dockerd --http-proxy=x\n; --no-proxy\n", "", []),
        ("[Install]\nExecStart=/usr/sbin/dockerd --http-proxy=x\n", "", []),
        ("[Service]\nEnvironment=DOCKER_OPTS=--https-proxy=http://x:1", "", [("--https-proxy", "http-proxy.conf:2")]),
        ("", 'FOO=1\nDOCKER_OPTS="--debug --https-proxy=http://x:1"', [("--https-proxy", "/etc/default/docker:2")]),
        ("", "#DOCKER_OPTS=--https-proxy=http://x:1", []),
    ],
)
def test_flags_are_found_with_their_file_and_line(drop_in: str, default: str, flags: list[tuple[str, str]]) -> None:
    found = unit(DEBIAN + PROXY + drop_in, default=default).proxy_flags()
    assert [setting.name for setting in found] == [name for name, _place in flags]
    assert all(setting.place.endswith(place) for setting, (_name, place) in zip(found, flags, strict=True))


def test_variables_are_found_wherever_they_are_set() -> None:
    drop_in = '[Service]\nEnvironment="HTTP_PROXY=http://x:1" no_proxy=a,b PATH=/bin\nEnvironmentFile=/etc/env\n'
    found = unit(DEBIAN + PROXY + drop_in, env="https_proxy=http://y:1\nnoise").proxy_variables()
    assert [(setting.word, setting.place.rpartition("/")[2]) for setting in found] == [
        ("HTTP_PROXY=http://x:1", "http-proxy.conf:2"),
        ("no_proxy=a,b", "http-proxy.conf:2"),
        ("https_proxy=http://y:1", "env:1"),
    ]


def test_an_empty_assignment_starts_over() -> None:
    again = unit(DEBIAN + PROXY + "[Service]\nEnvironment=NO_PROXY=x\nEnvironment=\nEnvironmentFile=\n", default="HTTP_PROXY=x")
    assert (again.proxy_variables(), again.environment_files) == ([], [])


@pytest.mark.parametrize(
    ("words", "value"),
    [("--live-restore", ""), ("--live-restore=false", "false"), ("--live-restore -D", ""), ("--debug", None), ("--live-restore x", "x")],
)
def test_the_value_of_a_flag(words: str, value: str | None) -> None:
    assert unit("[Service]\nExecStart=/usr/sbin/dockerd " + words).flag("--live-restore") == value


def test_an_unbalanced_quote_hides_nothing() -> None:
    assert [setting.name for setting in unit('[Service]\nExecStart=/usr/sbin/dockerd "--http-proxy=x').proxy_flags()] == ["--http-proxy"]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_what_we_write_means_what_we_meant(value: str) -> None:
    text = drop_in({"HTTP_PROXY": value}, None)
    words = shlex.split(text.splitlines()[2].partition("=")[2])
    assert [word.replace("%%", "%") for word in words] == [f"HTTP_PROXY={value}"]
    assert "%" not in text.replace("%%", "")
    line = environment_file({"HTTP_PROXY": value})
    assert line.count("\n") == 1
    assert "EnvironmentFile=/x" in drop_in({}, "/x")


FORGED = "# /etc/docker\x1b]0;owned\x07\x1b[2J\u202e"


@pytest.mark.parametrize("before", ["", "\n", "[Service]\n"])
def test_a_comment_is_no_path(before: str) -> None:
    for comment in (FORGED, "# /etc/passwd", "# /home/x/docker.service.d/\x1b[1m.conf"):
        found = unit(f"{DEBIAN}{PROXY}{before}{comment}\n[Service]\nEnvironment=HTTPS_PROXY=http://x:1\n").proxy_variables()
        assert [setting.file for setting in found] == ["/etc/systemd/system/docker.service.d/http-proxy.conf"]
        assert all(setting.place.isprintable() for setting in found)


def test_where_the_files_are_known_no_comment_counts() -> None:
    forged = "\n# /etc/systemd/system/docker.service.d/other.conf\n[Service]\nEnvironment=HTTPS_PROXY=http://x:1\n"
    found = parse_files([("/unit", "[Service]\nExecStart=/bin/dockerd"), ("/a\x1b.conf", forged)], lambda path: None)
    assert [setting.place for setting in found.proxy_variables()] == [r"/a\x1b.conf:4"]


def test_an_environment_file_that_is_none_is_passed_over_and_named(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "env").write_text("HTTP_PROXY=http://x:1")
    text = f"[Service]\nEnvironmentFile={tmp_path}/fifo\nEnvironmentFile=-/dev/zero\nEnvironmentFile={tmp_path}/env\n"
    found = parse_files([("/unit", text)], read_regular)
    assert found.unread == [
        f"{tmp_path}/fifo is a FIFO; only a regular file is read",
        "/dev/zero is a device; only a regular file is read",
    ]
    assert [setting.name for setting in found.proxy_variables()] == ["HTTP_PROXY"]
