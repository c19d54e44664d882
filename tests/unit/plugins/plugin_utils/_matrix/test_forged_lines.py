# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others read line by line has one line for each fact, whatever a partner's matrix or an inventory holds."""

from __future__ import annotations

import functools
import json
import pathlib
import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.texts import is_unseen
from ansible_collections.federated.connectivity.plugins.plugin_utils._inspection_exports import EXPORTERS
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import MATRICES, Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.page import matrix_index, matrix_page
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.reader import read_matrix, read_matrix_data
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import render_plan

SCHEMA = json.loads((MATRICES / "matrix.schema.json").read_text(encoding="utf-8"))
FORGED = "Updates\nbaseline.host.updates: Operating system updates\n  from  clinic: 0.0.0.0/0\n  to    any\n  by    CONNECT, port 1-65535"
TEXTS = (
    *("title", "description", "document", "url", "section", "role", "network", "option", "purpose", "condition", "reason", "notes"),
    *("trap", "claim", "version"),
)
IDENTIFIERS = ("flow", "role_name", "choice", "network_name", "document_name", "application")
FLOW = {
    "protocol": "tcp",
    "tls": "mutual",
    "phases": ["run"],
    "exposure": "partners",
    "necessity": "mandatory",
    "inspection": "exclude",
    "confidence": "high",
    "long_lived": True,
}
UNSEEN = "\0\t\r\x0b\x0c\x1b\x1c\x7f\x85\xad\u200b\u200e\u202e\u2028\u2029\u2066\ufeff\ue000\U000e0041\u3164"
ANYTHING = st.text(st.sampled_from(f"ab `|*#:-[](){{}}<>$'\"%&\\\n{UNSEEN}")) | st.text(max_size=40)


def matrix(**texts: str) -> str:
    """A matrix with texts of every kind; each can be replaced."""
    say = {
        **{text: f"Some {text}." for text in TEXTS},
        **{identifier: identifier for identifier in IDENTIFIERS},
        "url": "https://docs.example.org/a",
        "name": "api.example.org",
        "port": "4010-4012",
        "section": "One",
        "tunnel": "10.8.0.0/24",
        **texts,
    }
    cited = {"citations": [f"{say['document_name']}: {say['section']}"]}
    partners = {
        **FLOW,
        **cited,
        "purpose": say["purpose"],
        "inspection_reason": say["reason"],
        "application": say["application"],
        "initiator": {"roles": [say["role_name"]]},
        "responder": {"roles": [say["role_name"]]},
        "ports": [say["port"]],
        "proxy": "forbidden",
        "condition": say["condition"],
        "notes": say["notes"],
        "when": {"way": [say["choice"]]},
        "disputed_by": [{"citation": cited["citations"][0], "claim": say["claim"]}],
        "tunnel_networks": [say["tunnel"]],
    }
    outside = {**partners, "responder": {"names": [say["name"]]}, "proxy": "allowed", "exposure": "internet", "ports": [443]}
    del outside["tunnel_networks"]
    inner = {**partners, "inside": "tunnel", "ports": [80], "inspection": "unknown"}
    del inner["tunnel_networks"], inner["inspection_reason"]
    data = {
        "matrix": "own",
        "title": say["title"],
        "description": say["description"],
        "documents": {
            say["document_name"]: {"title": say["document"], "url": say["url"], "version": say["version"], "notes": say["notes"]}
        },
        "roles": {say["role_name"]: {"description": say["role"]}},
        "options": {"way": {"owner": "federation", "choices": [say["choice"], "other"], "description": say["option"]}},
        "networks": {say["network_name"]: {"description": say["network"]}},
        "flows": {say["flow"]: outside, "tunnel": partners, "inner": inner},
        "traps": [{"trap": say["trap"], **cited}],
    }
    return yaml.safe_dump(data, allow_unicode=False, width=10_000)


def artefacts(text: str, directory: pathlib.Path, contact: str = "noc@example.org") -> dict[str, str] | None:
    """Every text that is made from a matrix and an inventory, by name; None if they are refused."""
    (directory / "own.yml").write_text(text, encoding="utf-8")
    try:
        data = read_matrix_data(text, "own.yml", "own", SCHEMA)
        role = next(iter(data["roles"]))
        membership = [{"matrix": "./own.yml", "federation": "n", "roles": [role]}]
        own = {
            "connectivity_addresses": ["198.51.100.1"],
            "connectivity_memberships": membership,
            "connectivity_contact": contact,
            "connectivity_forward_proxy": {"https_proxy": "http://198.51.100.8:3128"},
            "connectivity_site": "s",
        }
        products = sorted(EXPORTERS.keys() - {"check_point", "cisco", "nginx", "haproxy"})  # which know no names, or no ranges of ports
        inventory = {
            "own": {**own, "connectivity_inspection_products": products},
            "desktop": {**own, "connectivity_addresses": ["198.51.100.2"], "connectivity_platform": "windows", "connectivity_site": "d"},
            "partner": {**own, "connectivity_addresses": ["203.0.113.2"], "connectivity_managed": False},
        }
        files = dict(render_plan(compute_plan(inventory, Catalogue([str(directory)]))))
    except PlanRefused:
        return None
    return {**files, "page": matrix_page(data), "index": matrix_index([data])}


def lines(text: str) -> int:
    return len(text.splitlines())


@functools.cache
def usual(directory: pathlib.Path) -> dict[str, int]:
    made = artefacts(matrix(), directory)
    assert made is not None
    return {name: lines(text) for name, text in made.items()}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("matrices")


def test_the_artefacts_are_all_there(directory: pathlib.Path) -> None:
    names = usual(directory)
    for wanted in ("allow.txt", "squid.conf", ".ps1", ".cmd", ".md", ".txt", ".json", ".rules", "page", "index"):
        assert any(name.endswith(wanted) for name in names), wanted


def test_prose_on_several_lines_forges_no_permission(directory: pathlib.Path) -> None:
    made = artefacts(matrix(purpose=FORGED, reason=FORGED, notes=FORGED), directory)
    assert made is not None
    assert {name: lines(text) for name, text in made.items()} == usual(directory)
    allowed = next(text for name, text in made.items() if name.endswith("allow.txt"))
    assert re.findall(r"^\S+: ", allowed, re.MULTILINE).count("baseline.host.updates: ") == 0
    assert "own.n.flow: Updates baseline.host.updates: Operating system updates from" in allowed


@pytest.mark.parametrize("char", UNSEEN)
@pytest.mark.parametrize("place", TEXTS)
def test_a_character_that_cannot_be_seen_is_named_with_its_line(place: str, char: str) -> None:
    text = matrix(**{place: f"x{char}y" if place != "url" else f"https://docs.example.org/{char}"})
    with pytest.raises(PlanRefused) as refused:
        read_matrix(text, "own.yml", "own", SCHEMA)
    assert all(re.match(r"own\.yml:[1-9][0-9]*: \S+: has the character U\+[0-9A-F]{4,}", message) for message in refused.value.messages)
    assert any(f"U+{ord(char):04X}" in message for message in refused.value.messages)


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028", "\x85", "\0", "\n\n", " \n"])
@pytest.mark.parametrize("place", [*IDENTIFIERS, "name", "port", "tunnel", "url", "version", "section", "document", "title"])
def test_a_name_does_not_end_in_a_line_end(place: str, end: str) -> None:
    plain = {identifier: identifier for identifier in IDENTIFIERS} | {
        "name": "api.example.org",
        "port": "4010-4012",
        "tunnel": "10.8.0.0/24",
    }
    with pytest.raises(PlanRefused) as refused:
        read_matrix(matrix(**{place: plain.get(place, "https://docs.example.org/a") + end}), "own.yml", "own", SCHEMA)
    assert all("\n" not in message and message.startswith("own.yml:") for message in refused.value.messages)


def test_the_schema_alone_refuses_them_as_well() -> None:
    patterns = re.findall(r'"pattern": ("\^.*")', (MATRICES / "matrix.schema.json").read_text(encoding="utf-8"))
    samples = ["a", "1.2", "https://a.example", "80-90", "a.example", "a: b", "10.8.0.0/24"]
    closed = [json.loads(pattern) for pattern in patterns if not json.loads(pattern).endswith(": \\S")]
    assert len(closed) == len(patterns) - 1
    for pattern in closed:
        (fitting, *_rest) = [sample for sample in samples if re.search(pattern, sample)]
        assert not re.search(pattern, f"{fitting}\n"), pattern


@pytest.mark.parametrize("char", ["\u202e", "\u2028", "\x85", "\u200b", "\r", "\u2066"])
def test_comments_hide_nothing_either(char: str) -> None:
    text = matrix().replace("matrix: own\n", f"matrix: own # remark{char}exposure: internet\n", 1)
    line = text.split("\n").index(next(line for line in text.split("\n") if line.startswith("matrix:"))) + 1
    with pytest.raises(PlanRefused) as refused:
        read_matrix(text, "own.yml", "own", SCHEMA)
    assert [message[: len(f"own.yml:{line}: has the character U+")] for message in refused.value.messages] == [
        f"own.yml:{line}: has the character U+"
    ]


@given(st.dictionaries(st.sampled_from(TEXTS), ANYTHING, min_size=1, max_size=3))
@settings(max_examples=60)
def test_any_text_of_a_matrix_is_refused_or_stays_on_its_line(directory: pathlib.Path, texts: dict[str, str]) -> None:
    made = artefacts(matrix(**texts), directory)
    if made is not None:
        assert {name: lines(text) for name, text in made.items()} == usual(directory)
        assert not any(
            is_unseen(char) for text in made.values() for char in text.replace("\r\n", "\n").removeprefix("\ufeff") if char != "\n"
        )


@given(ANYTHING)
@settings(max_examples=30)
def test_any_contact_is_refused_or_stays_on_its_line(directory: pathlib.Path, contact: str) -> None:
    made = artefacts(matrix(), directory, contact)
    if made is not None:
        assert {name: lines(text) for name, text in made.items()} == usual(directory)
