# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page and its Markdown: what they say first, and that hostile texts stay texts."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import pathlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.plan_marker import MARK
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.exceptions import Ending
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import Plan, read_digest, read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.build import build
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.drawing import NODES, NotDrawn, dot, safe_svg
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.federations import Edge, Graph, roles_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.graphviz import ABSENT, Graphviz
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.loader import load_results
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.markdown_page import markdown
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.model import Problem, Report, State, Status, together
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.page import page, shown_size
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.results import NOTHING, read_results
from ansible_collections.federated.connectivity.tests.network_reports import write_example

NOW = 1_796_030_000
HOSTILE = "<img src=https://evil.example/x onerror=alert(1)>\"'`|]( javascript:alert(1)) {{ 7 * 7 }} </script><script>alert(1)</script>"


def no_drawing(_graph: Graph, _title: str) -> tuple[str, str]:
    return "", ""


def example(
    directory: pathlib.Path, hosts: int = 7, healthy: bool = False, drift: bool = True, verify: bool = True, trace: bool = True
) -> Report:
    plan, results = write_example(directory, hosts, healthy)
    wanted = {"drift.json": drift, "verify.json": verify, "trace.json": trace}
    files = {name: content for name, content in load_results(results).items() if wanted[name]}
    return build(read_plan(plan), read_results(files, read_digest(plan)), no_drawing, "plan", NOW)


class Elements(html.parser.HTMLParser):
    """All elements of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_first_screen_says_what_is_wrong_and_where(tmp_path: pathlib.Path) -> None:
    report = example(tmp_path)
    assert report.status is Status.BAD
    hosts = {problem.host for problem in report.problems}
    assert report.headline == f"{len(report.problems)} things are not as planned, on {len(hosts)} hosts"
    assert (
        Problem("Differs from the plan since 2026-11-29 06:00 UTC: nftables table inet federated_connectivity.", "clinic01")
        in report.problems
    )
    assert any(problem.why == "silent, from 198.18.0.10, although a listener waits there" for problem in report.problems)
    stops = [problem.stop for problem in report.problems if problem.stop]
    said = "stops at: own site's perimeter; 198.18.0.1 at hop 1 is the last that answers; to do: ask the network team of the own site"
    assert stops
    assert set(stops) == {f"trace of 2026-11-30 06:50 UTC: {said}"}
    assert said.replace("'", "&#39;") in page(report)
    assert "at hop 1 is the last that answers" in markdown(report)
    assert not any(problem.stop for problem in example(tmp_path / "untraced", trace=False).problems)
    text = page(report)
    assert text.index("<h1>") < text.index("Differs from the plan") < text.index('id="federations"')
    states = [host.state for host in report.hosts]
    assert states == sorted(states, key=list(State).index)


@pytest.mark.parametrize(
    ("drift", "verify", "status", "headline"),
    [
        (True, True, Status.GOOD, "Everything is as planned"),
        (True, False, Status.PARTLY, "Nothing is wrong as far as it was tested"),
        (False, False, Status.UNKNOWN, "Nothing is known about the hosts yet"),
    ],
)
def test_all_is_well_only_where_it_was_tested(tmp_path: pathlib.Path, drift: bool, verify: bool, status: Status, headline: str) -> None:
    report = example(tmp_path, healthy=True, drift=drift, verify=verify)
    assert (report.status, report.headline) == (status, headline)
    assert report.problems == ()


def test_a_silent_partner_is_not_as_planned_for_certain(tmp_path: pathlib.Path) -> None:
    plan, results = write_example(tmp_path, 7, healthy=True)
    text = (results / "verify.json").read_text(encoding="utf-8").replace('"state": "proven"', '"state": "warning"')
    report = build(read_plan(plan), read_results({"verify.json": text}, read_digest(plan)), no_drawing, "plan", NOW)
    assert report.status is Status.PARTLY
    assert "got no answer from a partner or an outside service" in report.explanation


def test_an_exception_that_is_over_is_a_problem(tmp_path: pathlib.Path) -> None:
    plan, _results = write_example(tmp_path, 5)
    report = build(read_plan(plan), NOTHING, no_drawing, "plan", NOW, Ending(["expired on 2026-01-01: x"], ["expires tomorrow: y"]))
    assert report.headline == "1 thing is not as planned"
    assert report.remarks == ("expires tomorrow: y",)


def test_the_page_asks_nobody_for_anything(tmp_path: pathlib.Path) -> None:
    text = page(example(tmp_path))
    elements = Elements(text)
    assert not {*tags(text)} & {"link", "img", "iframe", "object", "embed", "base", "audio", "video", "source"}
    links = [
        attributes[key]
        for _tag, attributes in elements.found
        for key in ("src", "href", "action", "xlink:href", "srcset")
        if key in attributes
    ]
    assert len(links) > 3
    assert all(link is not None and link.startswith("#") for link in links)
    assert "url(" not in text
    assert "@import" not in text
    assert not [key for _tag, attributes in elements.found for key in attributes if key.startswith("on") or key == "style"]


def test_the_policy_allows_the_style_and_the_script_of_the_page_alone(tmp_path: pathlib.Path) -> None:
    text = page(example(tmp_path))
    metas = [attributes for tag, attributes in Elements(text).found if tag == "meta"]
    (policy,) = (meta["content"] for meta in metas if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for element, source in (("style", "style-src"), ("script", "script-src")):
        (content,) = re.findall(f"<{element}>(.*?)</{element}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{source} 'sha256-{digest}'" in policy


def test_the_page_states_its_size(tmp_path: pathlib.Path) -> None:
    text = page(example(tmp_path))
    assert f"This page has {shown_size(len(text.encode()))}" in text
    assert (shown_size(48_400), shown_size(2_140_000)) == ("48 kB", "2.1 MB")


def test_both_files_have_the_mark_of_reports(tmp_path: pathlib.Path) -> None:
    report = example(tmp_path)
    for text in (page(report), markdown(report)):
        assert MARK in "\n".join(text.splitlines()[:4])


def test_the_same_report_gives_the_same_bytes(tmp_path: pathlib.Path) -> None:
    first, again = (example(tmp_path / name) for name in ("a", "b"))
    assert (page(first), markdown(first)) == (page(again), markdown(again))


def hostile_plan(words: str) -> Plan:
    rule = {
        "id": words,
        "matrix": words,
        "federation": words,
        "flow": words,
        "direction": "egress",
        "protocol": "tcp",
        "ports": ["443"],
        "peers": {"address_sets": [words], "names": [words]},
        "purpose": words,
        "tls": words,
    }
    membership = {
        "matrix": words,
        "federation": words,
        "roles": [words],
        "options": {},
        "optional_flows": [],
        "version": None,
        "federation_scope": "members",
    }
    host = HostPlan.from_json({"host": words, "addresses": ["192.0.2.1"], "managed": True, "rules": [rule], "memberships": [membership]})
    finding = {"id": words, "about": words, "text": words, "hosts": [words], "accepted": words}
    return Plan({words: ["192.0.2.2/32"]}, {words: host}, [finding])


def tags(text: str) -> list[str]:
    return [tag for tag, _attributes in Elements(text).found]


def columns(text: str) -> list[int]:
    return [line.count("|") for line in without_escapes(text).splitlines() if line.startswith("|")]


def without_escapes(text: str) -> str:
    return re.sub(r"\\.", "", text)


def check_harmless(words: str) -> None:
    report, plain = (build(hostile_plan(each), NOTHING, no_drawing, each, NOW, Ending([each], [each])) for each in (words, "word"))
    assert tags(page(report)) == tags(page(plain))
    assert columns(markdown(report)) == columns(markdown(plain))
    assert not re.search(r"<\w|\]\(", without_escapes(markdown(report)))


def test_hostile_names_stay_texts() -> None:
    check_harmless(HOSTILE)
    text = page(build(hostile_plan(HOSTILE), NOTHING, no_drawing, HOSTILE, NOW))
    assert "{{ 7 * 7 }}" in text
    assert HOSTILE in Elements(text).text


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40))
def test_no_name_changes_the_structure(words: str) -> None:
    check_harmless(words)


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [({"a", "b", "c"}, ["station"]), ({"a"}, ["hub"]), ({"a", "b"}, ["hub", "supervisor"]), ({"x"}, ["every host"]), (set(), [])],
)
def test_a_flow_belongs_to_the_roles_whose_hosts_have_it(hosts: set[str], expected: list[str]) -> None:
    assert roles_of(hosts, {"station": ["a", "b", "c"], "hub": ["a"], "supervisor": ["b"]}) == expected


def test_drawings_and_tables_show_who_opens_what_to_whom(tmp_path: pathlib.Path) -> None:
    plan, _results = write_example(tmp_path, 14)
    graphs: list[Graph] = []
    build(read_plan(plan), NOTHING, lambda graph, _title: (graphs.append(graph) or "", ""), "plan", NOW)
    north, registry = graphs
    assert north.groups == {"analysis_hub": 1, "data_station": 14, "supervisor": 3}
    ends = {(edge.start, edge.end) for edge in north.edges}
    assert {("data_station", "data_station"), ("network users", "analysis_hub"), ("data_station", "setup.linksight.network")} <= ends
    assert ("downstream_site", "hub", ("hub tcp 6443",)) in {edge[:3] for edge in registry.edges}


def test_what_is_not_known_of_partners_does_not_hide_what_is_known_of_ours() -> None:
    assert together([State.PARTNER, State.PROVEN, State.APPLIED]) is State.APPLIED
    assert together([State.PARTNER]) is State.PARTNER
    assert together([]) is State.PLANNED


def test_labels_of_graphviz_are_texts() -> None:
    words = 'a"];\\N\\n&#60;script&#62;<b>'
    text = dot(Graph({words: 1}, (words + "2",), (Edge(words, words + "2", (words,), State.PROVEN),)))
    assert text.count('"a\\"];\\\\N\\\\n&amp;#60;script&amp;#62;<b>') == 3
    assert re.findall(r"n\d+ -> n\d+", text) == ["n0 -> n1"]


def test_too_many_groups_are_not_drawn() -> None:
    with pytest.raises(NotDrawn, match="too many for a drawing"):
        dot(Graph({f"role{number}": 1 for number in range(NODES + 1)}, (), ()))


SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
SVG = f'<svg {SPACES} width="75pt" viewBox="0 0 1 1" onload="x()">{{}}</svg>'


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        '<a xlink:href="https://evil.example/"><text x="1">t</text></a>',
        '<g style="background:url(https://evil.example/)" onclick="x()"></g>',
        '<path d="M0" fill="url(https://evil.example/)"/>',
        '<image href="https://evil.example/"/><!-- comment --><?pi x?>',
        "<foreignObject><body/></foreignObject>",
    ],
)
def test_a_drawing_keeps_shapes_and_texts_alone(inner: str) -> None:
    text = safe_svg(SVG.format(inner + "<text>kept</text>"), 'a "title"')
    assert "kept" in text
    assert 'width="100"' in text
    assert 'aria-label="a &quot;title&quot;"' in text
    assert not re.search(r"evil|alert|on\w+=|style|href|image|comment|<a|xlink|foreign", text)


@pytest.mark.parametrize("drawn", ["", "<svg", "<html/>", '<!DOCTYPE x [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>'])
def test_what_is_not_a_drawing_is_refused(drawn: str) -> None:
    with pytest.raises(NotDrawn, match="nothing that can be used"):
        safe_svg(drawn, "t")


def test_without_graphviz_the_page_has_the_table_and_says_why(tmp_path: pathlib.Path) -> None:
    plan, _results = write_example(tmp_path, 5)
    report = build(read_plan(plan), NOTHING, Graphviz("no-such-command").draw, "plan", NOW)
    assert ABSENT in page(report)
    assert "<svg" not in page(report)


def fake_dot(directory: pathlib.Path, script: str) -> str:
    file = directory / "dot"
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 3", "because Graphviz failed"),
        ("echo no", "nothing that can be used"),
        ("head -c 5000000 /dev/zero", "too large for the page"),
    ],
)
def test_a_drawing_that_fails_is_left_out(tmp_path: pathlib.Path, script: str, why: str) -> None:
    svg, reason = Graphviz(fake_dot(tmp_path, script)).draw(Graph({"role": 1}, (), ()), "t")
    assert svg == ""
    assert why in reason


def test_a_drawing_of_graphviz_is_taken(tmp_path: pathlib.Path) -> None:
    svg, reason = Graphviz(fake_dot(tmp_path, f"cat >/dev/null; echo '{SVG.format('<text>role</text>')}'")).draw(
        Graph({"role": 1}, (), ()), "t"
    )
    assert (reason, "role" in svg) == ("", True)
