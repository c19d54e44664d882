# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units, drop-ins and environment files are read as systemd reads them; nothing in them breaks a run."""

from __future__ import annotations

import contextlib
import json
import os
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy import unit, unit_words
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.json_text import JsonBroken, JsonText
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.member import (
    CLIENT,
    DAEMON,
    Found,
    Reader,
    merge,
    recall,
    shown,
)
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.proxies import Proxies
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.specifiers import specifiers_of
from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused
from ansible_collections.federated.connectivity.tests.strangers import strange, texts

SPECIFIERS = {"E": "/etc", "n": "docker.service"}
FILES = {
    "/etc/default/docker": b"ONE='a b' c\nTWO=\"x\\\n y\"\n; no=1\n# no=2\nCONF=/etc/docker/prod.json\n",
    "/etc/sysconfig/docker-network": b"NET=--http-proxy=http://old.example.org:3128\n",
    "/etc/sysconfig/docker-storage": b"NET=--later\n",
}


def read(lines: str, **more: t.Any) -> unit.Unit:
    found: dict[str, t.Any] = {"find": lambda _path: reversed([path for path in FILES if "sysconfig" in path]), "specifiers": SPECIFIERS}
    return unit.parse_files([("/d.conf", "[Service]\n" + lines)], FILES.get, **{**found, **more})


def words(lines: str) -> list[str]:
    return [setting.word for setting in read(lines).command]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("Environment=A=1 B=2\nExecStart=x --a=${A} --b=${A}${B}", ["x", "--a=1", "--b=12"]),
        ("Environment='A=1 2'\nExecStart=x $A ${A} --a=$A", ["x", "1", "2", "1 2", "--a=$A"]),
        ("ExecStart=x $NONE y", ["x", "y"]),
        ("Environment=A=1\nExecStart=x $$A $${A}", ["x", "$A", "${A}"]),
        ("Environment=A=1\nExecStart=:x $A ${A}", [":x", "$A", "${A}"]),
        ("ExecStart=x --n=%n --e=%E/docker --p=100%%", ["x", "--n=docker.service", "--e=/etc/docker", "--p=100%"]),
        (r'ExecStart=x "a b" c\x20d e"f g"h' + " 'i'", ["x", "a b", "c d", "ef gh", "i"]),
        ("ExecStart=x \\\n  # a remark\n  y", ["x", "y"]),
        ("EnvironmentFile=-/etc/default/docker\nExecStart=x ${ONE} $TWO", ["x", "a b c", "x", "y"]),
        ("EnvironmentFile=-/etc/default/docker\nEnvironment=ONE=0\nExecStart=x ${ONE}", ["x", "a b c"]),
        ("EnvironmentFile=-/etc/default/docker\nEnvironmentFile=\nEnvironment=ONE=0\nExecStart=x ${ONE}", ["x", "0"]),
        ("EnvironmentFile=-/etc/sysconfig/docker*\nExecStart=x $NET", ["x", "--later"]),
        ("EnvironmentFile=etc/default/docker\nExecStart=x $ONE", ["x"]),
        ("Environment=A=1 B=2\nUnsetEnvironment=A\nExecStart=x $A $B", ["x", "2"]),
        ("Environment=A=%E/x\nExecStart=x $A", ["x", "/etc/x"]),
        (r"ExecStart=x /f\xc3\xbcr \303\274 \u00fc", ["x", "/für", "ü", "ü"]),
        (r"ExecStart=x /f\xfcr", ["x", "/f\udcfcr"]),
        ("ExecStart=x a=b\\\\\nEnvironment=A=1", ["x", "a=b\\"]),
        ("ExecStart=x\0ExecStart=y", ["x", "y"]),
    ],
)
def test_command_lines_are_those_of_systemd(lines: str, expected: list[str]) -> None:
    assert words(lines) == expected


@pytest.mark.parametrize(
    "value", ["--config-file=${NONE}", "--config-file=%q/x.json", "--config-file=/etc/%Z.json", "--config-file ${NONE}"]
)
def test_what_cannot_be_resolved_is_known(value: str) -> None:
    given = read("ExecStart=x " + value).value_of("--config-file")
    assert given is not None
    assert not given.resolved
    assert read("EnvironmentFile=-/etc/%q\nExecStart=x").unread == ["the path of EnvironmentFile=/etc/%q cannot be resolved here"]


def test_a_variable_that_cannot_be_resolved_is_named() -> None:
    found = read("Environment=OPTIONS=--config-file=%d/x.json\nExecStart=x $OPTIONS")
    assert found.unread == ["/d.conf:3: the value of $OPTIONS cannot be resolved here"]
    assert [(setting.word, setting.resolved) for setting in found.command] == [("x", True), ("$OPTIONS", False)]


@pytest.mark.parametrize("escape", [r"\x00", r"\000", r"\ud800", r"\u0000", r"\U00110000", r"\777"])
def test_an_escape_that_stands_for_no_character_makes_no_path(escape: str) -> None:
    given = read("ExecStart=x --config-file=/etc" + escape).value_of("--config-file")
    assert given is not None
    assert "\0" not in given.word
    os.fsencode(given.word)


def test_a_byte_order_mark_hides_no_section() -> None:
    found = unit.parse_files([("/d.conf", "\ufeff[Service]\nEnvironment=HTTP_PROXY=x")], FILES.get)
    assert [setting.word for setting in found.proxy_variables()] == ["HTTP_PROXY=x"]


def test_the_line_that_a_variable_comes_from_is_named() -> None:
    (flag,) = read("EnvironmentFile=-/etc/sysconfig/docker-network\nExecStart=x $NET").proxy_flags()
    assert (flag.word, flag.place) == ("--http-proxy=http://old.example.org:3128", "/etc/sysconfig/docker-network:1")


def test_the_program_is_what_systemd_starts() -> None:
    assert [each.word for each in read("ExecStart=@-/usr/bin/dockerd moby -D").program] == ["/usr/bin/dockerd", "-D"]
    assert read("").program == ()


@strange
@given(
    st.lists(
        st.one_of(
            texts(40),
            st.builds(
                "{}={}".format,
                st.sampled_from(["ExecStart", "Environment", "EnvironmentFile", "UnsetEnvironment", "[Service]\nExecStart"]),
                texts(40),
            ),
        ),
        max_size=6,
    ),
    texts(60),
)
def test_no_unit_breaks_a_run(lines: list[str], content: str) -> None:
    found = read("\n".join(lines), find=lambda path: [path])
    parsed = unit.parse_files([("/x", "[Service]\n" + "\n".join(lines))], lambda _path: content.encode("utf-8", "surrogatepass"))
    for each in (found, parsed, unit.parse("\n".join(lines), lambda _path: None)):
        assert all(isinstance(setting.word, str) for setting in (*each.command, *each.environment, *each.program))
        assert all(isinstance(setting.place, str) for setting in (*each.proxy_flags(), *each.proxy_variables()))
        assert isinstance(each.flag("--config-file"), (str, type(None)))
        for setting in (*each.command, *each.environment):
            os.fsencode(setting.word)
            assert "\0" not in setting.word


@strange
@given(texts(80))
def test_what_we_write_for_a_value_is_what_systemd_reads(value: str) -> None:
    plain = "".join(character for character in value if character.isprintable())
    (setting,) = read(unit.drop_in({"HTTP_PROXY": plain}, None).partition("[Service]\n")[2]).environment
    assert setting.word == "HTTP_PROXY=" + plain
    ((name, found, _line),) = unit_words.variables_of(unit.environment_file({"HTTP_PROXY": plain}))
    assert (name, found) == ("HTTP_PROXY", plain)


@pytest.mark.parametrize("blank", [b'{"debug": false, "proxies": null}', b"", b"  \n", b"{}\n", b"{\n}\n", b"\xef\xbb\xbf{ }", b"\r\n"])
def test_a_file_without_proxies_is_given_back_as_it_was(blank: bytes) -> None:
    found = Found("/etc/docker/daemon.json", blank, JsonText.from_bytes(blank), 0o644)
    given = merge(found, DAEMON, Proxies("http://proxy.example.org:3128", None, None), None)
    assert given.content is not None
    assert "proxy.example.org" in given.content.decode()
    back = merge(Found(found.path, given.content, JsonText.from_bytes(given.content), 0o644), DAEMON, Proxies(), given.memory)
    assert (back.content, back.memory) == (blank, None)


@strange
@given(st.one_of(st.binary(max_size=60), st.dictionaries(texts(6), st.integers(), max_size=3).map(lambda each: json.dumps(each).encode())))
def test_a_file_of_docker_is_refused_with_a_place_or_given_back_byte_for_byte(content: bytes) -> None:
    text = None
    with contextlib.suppress(JsonBroken):
        text = JsonText.from_bytes(content)
    if text is None:
        with pytest.raises(JsonBroken, match=r"^[0-9]+:[0-9]+: "):
            JsonText.from_bytes(content)
        return
    found = Found("/etc/docker/daemon.json", content, text, 0o644)
    if "proxies" not in text.value:
        given = merge(found, DAEMON, Proxies("http://proxy.example.org:3128", None, None), None)
        back = merge(found._replace(text=JsonText.from_bytes(given.content or b"")), DAEMON, Proxies(), given.memory)
        assert back.content == content


PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5), texts(5),
    st.sampled_from(["\ud800", "\udfff", "\u2028", '"', "\0"]),
)  # fmt: skip
SETTINGS = st.dictionaries(
    st.one_of(st.sampled_from(["http-proxy", "no-proxy", "default", "httpProxy"]), texts(4)),
    st.one_of(PLAIN, st.lists(PLAIN, max_size=2), st.dictionaries(st.sampled_from(["httpProxy", "noProxy", "x"]), PLAIN, max_size=3)),
    max_size=3,
)


@strange
@given(st.one_of(SETTINGS, st.none()), SETTINGS, st.sampled_from([None, 2]), st.sampled_from([DAEMON, CLIENT]))
def test_proxies_of_others_are_refused_or_given_back_byte_for_byte(
    member: dict[str, t.Any] | None, more: dict[str, t.Any], indent: int | None, reader: Reader
) -> None:
    content = json.dumps({**more, "proxies": member}, indent=indent).encode()
    found = Found("/etc/docker/daemon.json", content, JsonText.from_bytes(content), 0o644)
    given = None
    with contextlib.suppress(PolicyRefused):
        given = merge(found, reader, Proxies("http://proxy.example.org:3128", None, None), None)
    if given is None:
        assert reader == CLIENT
        assert not isinstance((member or {}).get("default", {}), dict)
        return
    assert shown(given.content).encode()
    assert given.memory is not None
    memory = recall(found.path, json.loads(json.dumps(given.memory._asdict())))
    back = merge(found._replace(text=JsonText.from_bytes(given.content or b"")), reader, Proxies(), memory)
    assert back.content == content


def test_a_number_that_docker_cannot_read_is_refused_with_its_place() -> None:
    with pytest.raises(JsonBroken, match=r"^1:1: the number 1e999 is too large$"):
        JsonText.from_bytes(b'{"proxies": {"x": 1e999}}')


def test_specifiers_of_the_system() -> None:
    found = specifiers_of("docker.service", "/usr/lib/systemd/system/docker.service", None)
    assert {name: found[name] for name in "nNEthY"} == {
        "n": "docker.service", "N": "docker", "E": "/etc", "t": "/run", "h": "/root", "Y": "/usr/lib/systemd/system",
    }  # fmt: skip
