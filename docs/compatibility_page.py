# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes docs/compatibility.md: which releases, tools and set-ups were tried, with what result."""

from __future__ import annotations

import pathlib
import typing as t

import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.markdown import code, table, text

ROOT = pathlib.Path(__file__).parents[1]
TRIED = ROOT / "tests" / "packets" / "compatibility.yml"
PAGE = ROOT / "docs" / "compatibility.md"
RESULTS = {
    "works": "The run does what the plan says",
    "named": "The run works, and names what it cannot do",
    "refused": "The run stops before it changes anything, and says why",
}
TOOLS = ("python", "nftables", "iptables", "ufw", "firewalld", "docker", "systemd")
HEAD = """\
# What was tried

Tests run real firewalls of these releases in network namespaces, and send real packets. Only hosts of Debian 12 and 13 boot with systemd.
`make docs` makes this page from `tests/packets/compatibility.yml`. A test compares its versions with those of the releases.

"""


def load() -> dict[str, t.Any]:
    """The table of what was tried."""
    return t.cast(dict[str, t.Any], yaml.safe_load(TRIED.read_text(encoding="utf-8")))


def page() -> str:
    """The whole page."""
    tried = load()
    releases = tried["releases"]
    versions = [[text(each["name"]), *(code(each[tool]) if each[tool] else "not tried" for tool in TOOLS)] for each in releases.values()]
    setups = [
        [
            text(each["what"]),
            text(", ".join(releases[release]["name"] for release in each["releases"])),
            text(each["result"]),
            text(each.get("remark", "")),
            code(each["test"]),
        ]
        for each in tried["setups"]
    ]
    meanings = [[text(result), text(meaning)] for result, meaning in RESULTS.items()]
    lines = [
        "## Releases and their tools",
        "",
        *table(("release", *TOOLS), versions),
        "## Set-ups",
        "",
        *table(("result", "what it means"), meanings),
        *table(("set-up", "releases", "result", "remark", "test in tests/packets"), setups),
    ]
    return HEAD + "\n".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
