# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/proxies.md says of no_proxy what real programs did; and with what a plan writes, all of them go directly."""

from __future__ import annotations

import importlib.util
import pathlib
import typing as t

import pytest

ROOT = pathlib.Path(__file__).parents[3]
NAME, IPV4, IPV6 = "partner.example.org", "198.51.100.20", "[2001:db8::20]"


def generator() -> t.Any:
    specification = importlib.util.spec_from_file_location("no_proxy_table", ROOT / "docs" / "no_proxy_table.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


CASES = generator().by_case(generator().load())


def test_the_page_is_what_was_recorded() -> None:
    made = generator()
    assert made.BEGIN in made.PAGE.read_text(encoding="utf-8")
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), "run make docs"


def test_every_program_was_asked_in_every_case() -> None:
    made = generator()
    assert all(set(readers) == set(made.READERS) for readers in CASES.values())
    assert all(len(versions) > 1 for versions in made.versions(made.load()).values())


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("the plan's list")])
def test_no_program_fails_with_what_a_plan_writes(case: str) -> None:
    outcomes = {outcome for readers in CASES[case].values() for outcome in readers}
    assert outcomes <= {"direct", "proxy"}


# urllib compares with brackets, with which httpx fails; httpx reads addresses of IPv6 since 0.24.
NOT_IPV6 = {"urllib": ("3.",), "httpx": ("0.23.",)}


@pytest.mark.parametrize("target", ["localhost", "127.0.0.1", "[::1]", NAME, "host.intranet.example.org", IPV4, IPV6])
def test_what_a_plan_exempts_is_reached_directly_by_every_program(target: str) -> None:
    for reader, outcomes in CASES[f"the plan's list -> {target}"].items():
        assert set(outcomes) <= {"direct", "proxy"}
        for version in outcomes.get("proxy", ()):
            assert "[" in target, (reader, version)
            assert version.startswith(NOT_IPV6.get(reader, ())), (reader, version)


def test_why_brackets_and_networks_of_ipv6_are_not_written() -> None:
    for entry in (IPV6, "2001:db8::/64"):
        assert any(outcome.startswith("nothing: InvalidURL") for outcome in CASES[f"{entry} -> {IPV6}"]["httpx"]), entry
    assert any(outcome.startswith("nothing: InvalidURL") for outcome in CASES[f"2001:db8::/64 -> {IPV4}"]["httpx"])
