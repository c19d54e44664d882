# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A password that a proxy of somebody else has is never shown, however a file or a program spells it."""

from __future__ import annotations

import json
import pathlib
import pwd
import re
import typing as t
import urllib.parse

import pytest
from docker_machine import DockerMachine
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy import consumers
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.client import propose
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.consumer import ClientConsumer
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.daemon import Daemon
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.outcome import outcome_of_user
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.proposal import propose as propose_daemon
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.proxies import Proxies
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.secrets import (
    hide,
    hide_in,
    hide_output,
    hide_settings,
    hide_value,
)
from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyError
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host

WANTED = Proxies("http://198.51.100.8:3128", "http://198.51.100.8:3128", "localhost")
# Something in each password that nothing else of a result could hold.
PASSWORDS = st.builds("{}s3cr3t{}".format, st.text(max_size=8), st.text(max_size=8)).filter(lambda text: "\x00" not in text)
SCHEMES = st.sampled_from(["http://", "HTTP://", "https://", "hTTps://", "socks5://", "//", ""])


def forms(password: str) -> set[str]:
    """A password as different readers spell it."""
    dumped = [json.dumps(password)[1:-1], json.dumps(password, ensure_ascii=False)[1:-1]]
    return {password, "s3cr3t", urllib.parse.quote(password, safe=""), *dumped, dumped[0].replace("@", "\\u0040").replace("/", "\\/")}


def assert_hidden(password: str, *texts: str) -> None:
    for text in texts:
        for shown in (text, urllib.parse.unquote(text), urllib.parse.unquote(urllib.parse.unquote(text))):
            assert not [form for form in forms(password) if form in shown], shown


@st.composite
def urls(draw: st.DrawFn) -> tuple[str, str]:
    """A password, and a URL that holds it: as it is, encoded, or encoded in part."""
    password = draw(PASSWORDS)
    spelled = draw(st.sampled_from([password, urllib.parse.quote(password), urllib.parse.quote(password, safe="")]))
    at = draw(st.sampled_from(["@", "@", "@", "%40"]))
    return password, f"{draw(SCHEMES)}hospital:{spelled}{at}proxy.example.org:3128"


def raw_json(data: t.Any, escapes: str) -> str:
    """JSON with more escapes than are needed."""

    def escaped(found: re.Match[str]) -> str:
        return found[0] if found[0] not in escapes else "\\/" if found[0] == "/" else f"\\u{ord(found[0]):04x}"

    return re.sub(r"\\u[0-9a-f]{4}|\\.|.", escaped, json.dumps(data))


@given(urls(), st.sampled_from(["", "/", "@", "/@", "@3"]), st.sampled_from(["httpProxy", "httpsProxy", "ftpProxy", "noProxy", "allProxy"]))
def test_in_the_file_of_a_client(drawn: tuple[str, str], escapes: str, name: str) -> None:
    password, url = drawn
    proxies = {"default": {name: url}, "tcp://docker.example.org:2376": {name: url, "other": [url]}, url: {}}
    content = raw_json({"auths": {}, "proxies": proxies}, escapes)

    class Home(Host):
        def read(self, path: str, limit: int = 0) -> bytes | None:
            return content.encode() if path.endswith("config.json") else None

        def mode(self, path: str) -> int | None:
            return 0o600

    client = propose(pwd.getpwnam("nobody"), WANTED, Home())
    assert client.config.changed
    assert_hidden(password, *client.config.as_diff().values(), json.dumps(client.config.as_diff()))


def systemd(value: str) -> str:
    """A value between double quotes in a unit or an environment file."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


@st.composite
def settings_lines(draw: st.DrawFn) -> tuple[str, str]:
    """A password, and lines of a unit or of an environment file that hold it."""
    password, url = draw(urls())
    url = url.replace("\n", " ").replace("\r", " ") if draw(st.booleans()) else url
    quoted, single = systemd(url), url.replace("\\", "\\\\").replace("'", "\\'")
    half = len(quoted) // 2
    return password, draw(
        st.sampled_from(
            [
                f'[Service]\nEnvironment="HTTPS_PROXY={quoted}"\n',
                f"[Service]\nEnvironment='HTTPS_PROXY={single}' \"NO_PROXY=localhost\"\n",
                f'[Service]\nEnvironment="HTTP_PROXY=http://a:1" "HTTPS_PROXY={quoted}" "NO_PROXY=x@y"\n',
                f'[Service]\nEnvironment="HTTP_PROXY={quoted}" "HTTPS_PROXY={quoted}"\n# it\'s a comment\n',
                f'[Service]\nEnvironment= \\\n  "HTTP_PROXY=http://a:1" \\\n  "HTTPS_PROXY={quoted}"\n',
                f'[Service]\nEnvironment="HTTPS_PROXY={quoted[:half]}\\\n{quoted[half:]}"\n',
                f'HTTP_PROXY="{quoted}"\nHTTPS_PROXY="{quoted}"\n',
                f"HTTPS_PROXY='{single}'\nOTHER=x\n",
                f'# HTTPS_PROXY="{quoted}"\n',
                f'export HTTPS_PROXY="{quoted}"\n',
            ]
        )
    )


@example(("s3cr3t", 'HTTPS_PROXY="http://hospital:s3cr3t%\\\n40proxy.example.org:3128"\n'))
@given(settings_lines())
def test_in_units_and_environment_files(drawn: tuple[str, str]) -> None:
    password, text = drawn
    assert_hidden(password, hide_settings(text))


@given(
    urls(),
    st.sampled_from(['parse "{}": invalid', "HTTPS_PROXY={}", "{}: refused", "see https://docs.docker.com and {} or user@1000.service"]),
)
def test_in_what_a_program_says(drawn: tuple[str, str], words: str) -> None:
    password, url = drawn
    said = words.format(url.replace("\n", "\\n").replace("\r", "\\r"))
    assert_hidden(password, hide_output(said))


@given(urls())
def test_in_a_value_and_in_data(drawn: tuple[str, str]) -> None:
    password, url = drawn
    assert_hidden(password, hide_value(url), json.dumps(hide_in({"a": [url, {url: 1}]}), ensure_ascii=False))
    assert hide_value(hide_value(url)) == hide_value(url)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("user alice@example.org: /home/alice@example.org/.docker/config.json is a FIFO", None),
        ("Environment=HTTPS_PROXY=http://u:it's3cret@proxy:3128", "Environment=HTTPS_PROXY=http://xxxxx:xxxxx@proxy:3128"),
        ("http://u:p@a:1 and http://u:p@b:2", "http://xxxxx:xxxxx@a:1 and http://xxxxx:xxxxx@b:2"),
        ("HTTPS_PROXY=u:p@proxy:3128 is wrong", "HTTPS_PROXY=xxxxx:xxxxx@proxy:3128 is wrong"),
        ("proxy http://a:1 answers\nuser@1000.service", None),
    ],
)
def test_messages_stay_readable(text: str, shown: str | None) -> None:
    assert hide(text) == (text if shown is None else shown)


def test_settings_stay_readable() -> None:
    text = '# ours\n[Service]\nEnvironment="HTTP_PROXY=http://u:p@a:1"\nEnvironment="NO_PROXY=localhost"\n'
    assert hide_settings(text) == text.replace("u:p@", "xxxxx:xxxxx@")


@pytest.mark.parametrize("size", [10_000, 20_000])
def test_hiding_takes_work_by_length_alone(size: int) -> None:
    for text in ("a:" * size, "'" * size, "\\" * size, "http://" * size, "%25" * size, "@" * size, "\n" * size, ":@" * size):
        assert all(function(text) is not None for function in (hide, hide_output, hide_settings, hide_value))


@settings(max_examples=15)
@given(settings_lines())
def test_in_everything_that_is_said_of_a_daemon(tmp_path_factory: pytest.TempPathFactory, drawn: tuple[str, str]) -> None:
    """Our own drop-in, edited by somebody, an administrator's drop-in, and an environment file."""
    password, text = drawn
    machine = DockerMachine(tmp_path_factory.mktemp("machine"), 20)
    for name in ("a.conf", pathlib.Path(machine.places.drop_in).name):
        machine.drop_in(name, f"{text}EnvironmentFile={machine.directory}/env\n")
    (machine.directory / "env").write_text(text)
    daemon = Daemon(machine.places, machine)
    proposal = propose_daemon(daemon, WANTED, machine)
    said = [*proposal.warnings, *(text for file in proposal.files for text in file.as_diff().values())]
    assert proposal.files
    assert_hidden(password, *said, json.dumps(said))


def test_an_error_of_a_user_is_told_with_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> dict[str, t.Any]:
        raise PolicyError("a", "user root: b")

    monkeypatch.setattr(consumers, "as_user", fail)
    step = consumers._OfUser("root", lambda user: ClientConsumer(user, Proxies()))
    assert step.propose().errors == step.apply().errors == ["user root: a", "user root: b"]


@pytest.mark.parametrize("said", [{"changes": [1]}, {"x": 1}, {"diffs": [{"before": 1}]}, {"errors": [None]}])
def test_what_a_users_process_says_is_checked(said: dict[str, t.Any]) -> None:
    outcome = outcome_of_user("research", said)
    assert outcome.errors == ["user research: the user's process answered what it should not"]
