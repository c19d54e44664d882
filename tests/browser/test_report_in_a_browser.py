# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in a real browser: opened, searched and filtered by keyboard, judged by the rules of axe-core, and pictured.

The pictures are in build/browser. They are for people: look at them after a change of the page.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Iterator

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import Plan, read_digest, read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.build import build
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.graphviz import Graphviz
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.loader import load_results
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.page import page
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.results import NOTHING, read_results
from ansible_collections.federated.connectivity.tests.browser.chromium import Page, browser
from ansible_collections.federated.connectivity.tests.network_reports import hosts_of, write_example

HERE = pathlib.Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "browser"
NOW = 1_796_030_000
SIZES = (5, 500)
HOSTILE = "\"><img src=https://evil.example/x onerror=document.title='owned'><script>document.title='owned'</script>"
SHOWN = "Array.from(document.querySelectorAll('.host')).filter((host) => !host.hidden).length"
FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim()"


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, from a package whose hash is in requirements.txt."""
    target = BUILD / "axe"
    if not target.is_dir():
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", target, "-r", HERE / "requirements.txt"], check=True)
    return (target / "axe_playwright_python" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[int, pathlib.Path]:
    """The report of a network of each size, with some things that are not as planned."""
    found = {}
    for size in SIZES:
        directory = tmp_path_factory.mktemp("network")
        plan, results = write_example(directory, size)
        report = build(read_plan(plan), read_results(load_results(results), read_digest(plan)), Graphviz().draw, "example", NOW)
        assert len(hosts_of(plan)) == size
        assert all(one.svg for one in report.federations if one.roles)
        found[size] = directory / "report.html"
        found[size].write_text(page(report), encoding="utf-8")
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Page]:
    assert shutil.which("chromium"), "install the packages of tests/browser/packages.txt"
    with browser() as opened:
        yield opened


@pytest.fixture
def tab(chromium: Page) -> Page:
    chromium.look(1280, 900)
    return chromium


def tab_to(tab: Page, words: str) -> None:
    """Press the tabulator until what has the focus has these words, as its id or text."""
    seen = []
    for _press in range(60):
        tab.press("Tab")
        seen.append(tab.run(FOCUSED))
        if words in seen[-1]:
            return
    raise AssertionError(f"{words} was not reached: {seen}")


@pytest.mark.parametrize("size", SIZES)
def test_the_page_opens_and_asks_nobody_for_anything(tab: Page, files: dict[int, pathlib.Path], size: int) -> None:
    tab.open(files[size])
    assert tab.requests() == [files[size].as_uri()]
    assert tab.complaints() == []
    assert tab.run("document.querySelector('h1').getBoundingClientRect().bottom < innerHeight")
    assert "not as planned" in tab.run("document.querySelector('h1').textContent")
    assert tab.run(SHOWN) == size


@pytest.mark.parametrize(("size", "dark"), [(5, False), (5, True), (500, False)])
def test_the_rules_of_axe_core(tab: Page, files: dict[int, pathlib.Path], axe: str, size: int, dark: bool) -> None:
    tab.look(1280, 900, dark)
    tab.open(files[size])
    tab.run("Array.from(document.querySelectorAll('.host')).slice(0, 3).forEach((host) => { host.open = true; })")
    tab.run("Array.from(document.querySelectorAll('.host')).slice(6).forEach((host) => host.remove())")  # what is alike is looked at once
    tab.run(axe + "; 0")
    found = tab.run("axe.run().then((found) => JSON.stringify([found.violations, found.passes.length]))")
    violations, passes = json.loads(found)
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in violations] == []
    assert passes > 20
    tab.picture(BUILD / f"{size}-{'dark' if dark else 'light'}.png")


@pytest.mark.parametrize("size", SIZES)
def test_pictures_for_people(tab: Page, files: dict[int, pathlib.Path], size: int) -> None:
    tab.look(1280, 1400)
    tab.open(files[size])
    for name, selector in (("federations", "#federations"), ("hosts", "#hosts")):
        tab.run(f"document.querySelector('.host').open = true; document.querySelector('{selector}').scrollIntoView()")
        tab.picture(BUILD / f"{size}-{name}.png")
    tab.look(390, 844)
    tab.run("scrollTo(0, 0)")
    assert tab.run("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than a telephone"
    tab.picture(BUILD / f"{size}-telephone.png")
    assert {file.name for file in BUILD.glob(f"{size}-*.png")} >= {f"{size}-federations.png", f"{size}-hosts.png", f"{size}-telephone.png"}


def test_a_connection_that_failed_says_where_it_stops(tab: Page, files: dict[int, pathlib.Path]) -> None:
    tab.open(files[5])
    said = "trace of 2026-11-30 06:50 UTC: stops at: own site's perimeter; 198.18.0.1 at hop 1 is the last that answers; to do: "
    assert tab.run("document.querySelector('.problems .stop').textContent").startswith(said)
    assert tab.run("document.querySelector('.problems .stop').getBoundingClientRect().height > 0")
    tab.run("document.querySelectorAll('.host').forEach((host) => { host.open = true; })")
    shown = tab.run("Array.from(document.querySelectorAll('tr small')).filter((one) => one.textContent.includes('stops at:')).length")
    assert shown >= 2  # at both ends


def test_a_search_by_keyboard(tab: Page, files: dict[int, pathlib.Path]) -> None:
    tab.open(files[500])
    tab_to(tab, "Skip to the hosts")
    tab.press("Enter", "\r")
    tab_to(tab, "text")
    tab.type("clinic17 9090")
    tab.wait("document.querySelector('#found').value.startsWith('1 of 500')")
    assert tab.run("document.querySelector('#found').value") == "1 of 500 hosts shown, with 2 rules"
    assert tab.run(SHOWN) == 1
    tab_to(tab, "clinic17")
    tab.press("Enter", "\r")
    opened = "Array.from(document.querySelectorAll('.host[open]'), (host) => host.querySelector('h3').textContent).join()"
    assert tab.run(opened) == "clinic17"
    rows = "Array.from(document.querySelectorAll('.host[open] tbody tr')).filter((row) => row.offsetParent).length"
    assert tab.run(rows) == 2


def choose(tab: Page, select: str, value: str) -> None:
    tab.run(f"document.querySelector('#{select}').value = {json.dumps(value)}")
    tab.run(f"document.querySelector('#{select}').dispatchEvent(new Event('change'))")


def test_filters(tab: Page, files: dict[int, pathlib.Path]) -> None:
    tab.open(files[500])
    choose(tab, "state", "failing")
    failing = tab.run(SHOWN)
    assert failing == tab.run("document.querySelectorAll('.host[data-s=failing]').length") > 0
    choose(tab, "whose", "partners")
    assert tab.run(SHOWN) == 0
    assert tab.run("document.querySelector('#none').offsetParent !== null")
    choose(tab, "state", "")
    assert tab.run(SHOWN) == tab.run("document.querySelectorAll('.host[data-w=partners]').length") == 71
    choose(tab, "whose", "")
    choose(tab, "federation", "1")
    assert tab.run(SHOWN) == 167
    choose(tab, "federation", "")
    assert tab.run(SHOWN) == 500
    tab.run("document.querySelector('#open').click()")
    assert tab.run("document.querySelectorAll('.host[open]').length") == 500
    tab.run("document.querySelector('#close').click()")
    assert tab.run("document.querySelectorAll('.host[open]').length") == 0


def test_a_problem_leads_to_its_host(tab: Page, files: dict[int, pathlib.Path]) -> None:
    tab.open(files[500])
    name = tab.run("document.querySelector('.problems a').textContent")
    tab_to(tab, name)
    tab.press("Enter", "\r")
    tab.wait("document.querySelector('.host[open] h3') !== null")
    assert tab.run("document.querySelector('.host[open] h3').textContent") == name
    assert name in tab.run("document.activeElement.textContent")


def test_without_scripts_everything_can_be_read(tab: Page, files: dict[int, pathlib.Path]) -> None:
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.open(files[5])
        assert tab.run("document.querySelector('#filters').hidden")
        tab.run("document.querySelector('.host summary').click()")
        assert tab.run("document.querySelector('.host[open] table').offsetParent !== null")
    finally:
        tab.send("Emulation.setScriptExecutionDisabled", value=False)


def hostile_plan() -> Plan:
    words: dict[str, t.Any] = dict.fromkeys(("id", "matrix", "federation", "flow", "purpose", "tls"), HOSTILE)
    rule = {**words, "direction": "egress", "protocol": "tcp", "ports": ["443"], "peers": {"address_sets": [HOSTILE], "names": [HOSTILE]}}
    lists = {"options": {}, "optional_flows": [], "version": None, "federation_scope": "members"}
    membership = {"matrix": HOSTILE, "federation": HOSTILE, "roles": [HOSTILE], **lists}
    host = {"host": HOSTILE, "addresses": ["192.0.2.1"], "managed": True, "rules": [rule], "memberships": [membership]}
    finding = {"id": HOSTILE, "about": HOSTILE, "text": HOSTILE, "hosts": [HOSTILE], "accepted": HOSTILE}
    return Plan({HOSTILE: ["192.0.2.2/32"]}, {HOSTILE: HostPlan.from_json(host)}, [finding])


def test_hostile_names_do_nothing_in_a_browser(tab: Page, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(build(hostile_plan(), NOTHING, Graphviz().draw, HOSTILE, NOW)), encoding="utf-8")
    tab.open(file)
    tab.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert tab.requests() == [file.as_uri()]
    assert tab.complaints() == []
    assert tab.run("document.title") != "owned"
    assert tab.run("document.querySelectorAll('img').length") == 0
    assert tab.run("document.querySelectorAll('script').length") == 1
    assert "<img" in tab.run("document.querySelector('svg').textContent")


def test_the_policy_of_the_page_stops_what_would_get_in(tab: Page, files: dict[int, pathlib.Path], tmp_path: pathlib.Path) -> None:
    """The second lock: if a text got out of its place in spite of all, it could not act."""
    file = tmp_path / "report.html"
    file.write_text(files[5].read_text(encoding="utf-8").replace("<main>", f"<main>{HOSTILE}"), encoding="utf-8")
    tab.open(file)
    tab.wait("document.readyState === 'complete'")
    assert tab.run("document.title") != "owned"
    assert any("Content Security Policy" in one for one in tab.complaints())
