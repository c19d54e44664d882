# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of the inventory become names of files: no host, site, federation or proxy leads out of the plan's directory."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import render_plan, write_plan

CATALOGUE = Catalogue()
STATION = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
Variables = dict[str, dict[str, object]]

PATHS = ["../../etc/passwd", "..", ".", "a/b", "/a", "a\\..\\b", "\0x", ".git", "a\nb", "a\r", "\u202eb", "\ufeffa", "\ud800", "-rf"]
NAMES = st.text(st.sampled_from("ab.-_/\\ ~:*%\0\n\r\t\x1b\u202e\u2028\ufeff\ud800é")) | st.text(max_size=300)


def inventory(host: str = "own", **variables: object) -> Variables:
    return {
        host: {"connectivity_addresses": ["198.51.100.1"], "connectivity_memberships": [STATION], **variables},
        "partner": {"connectivity_addresses": ["203.0.113.2"], "connectivity_memberships": [STATION], "connectivity_managed": False},
    }


def files(variables: Variables) -> list[str] | None:
    """The names of the plan's files, or None if the inventory is refused."""
    try:
        return [name for name, _text in render_plan(compute_plan(variables, CATALOGUE))]
    except PlanRefused:
        return None


def assert_inside(names: list[str]) -> None:
    for name in names:
        parts = name.split("/")
        assert all(part not in ("", ".", "..") and part.isprintable() for part in parts), name
        assert all(len(part.encode()) <= 255 for part in parts), name
        assert not any(part.startswith(("-", ".")) for part in parts), name


@pytest.mark.parametrize("name", [*PATHS, "x" * 201, "é" * 101])
def test_host_names_that_lead_elsewhere_are_refused(name: str) -> None:
    assert files(inventory(name)) is None


@pytest.mark.parametrize("name", [*PATHS, "a b", "", "é", "x" * 64])
def test_sites_that_lead_elsewhere_are_refused(name: str) -> None:
    assert files(inventory(connectivity_site=name)) is None


@pytest.mark.parametrize("name", [*PATHS, "a b", "", "é"])
def test_federations_that_lead_elsewhere_are_refused(name: str) -> None:
    assert files(inventory(connectivity_memberships=[{**STATION, "federation": name}])) is None


@pytest.mark.parametrize(
    "url",
    [
        *("http://../../x:80", "http://a%2f..:80", "http://..:80", "http://[::1%25eth0]:80", "http://a:80/../../x", "http://a/b:80"),
        *("http://a\n:80", "http://-rf:80", "http://.a:80", "http://a\\b:80", "http://\u202ea:80", "file:///etc/passwd", "http://a\0:80"),
    ],
)
def test_proxies_that_lead_elsewhere_are_refused(url: str) -> None:
    assert files(inventory(connectivity_forward_proxy={"https_proxy": url})) is None


@given(st.sampled_from(["host", "site", "federation", "proxy"]), NAMES)
@settings(max_examples=150)
def test_any_name_is_refused_or_stays_inside(place: str, name: str) -> None:
    given_: dict[str, t.Callable[[], Variables]] = {
        "host": lambda: inventory(name),
        "site": lambda: inventory(connectivity_site=name, connectivity_inspection_products=["squid"]),
        "federation": lambda: inventory(connectivity_memberships=[{**STATION, "federation": name}]),
        "proxy": lambda: inventory(connectivity_forward_proxy={"https_proxy": f"http://{name}:3128"}),
    }
    found = files(given_[place]())
    if found is not None:
        assert_inside(found)
        assert len(found) == len(set(found))


@pytest.mark.parametrize("name", ["own", "a b", "2001:db8::10", "CON", "hosts", "plan.json", 'quo"te', "~root", "$HOME", "*", "x" * 200])
def test_unusual_names_are_files_of_their_own(name: str, tmp_path: pathlib.Path) -> None:
    directory = tmp_path / "deep" / "plan"
    write_plan(compute_plan(inventory(name), CATALOGUE), directory)
    assert (directory / "hosts" / f"{name}.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["plan"]
