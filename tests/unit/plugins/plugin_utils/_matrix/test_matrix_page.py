# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A page says everything that an administrator needs, and users' texts stay text in it."""

from __future__ import annotations

import copy
import re
import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.markdown import fenced, label, link, table, text
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import MATRICES
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.diagram import diagram
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.located_yaml import read_yaml
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.page import matrix_page


def matrix(name: str) -> dict[str, t.Any]:
    return copy.deepcopy(t.cast("dict[str, t.Any]", read_yaml((MATRICES / f"{name}.yml").read_text(encoding="utf-8")).data))


def section(page: str, flow: str) -> str:
    return page.partition(f'<a id="flow-{flow}"></a>')[2].partition("<a id=")[0]


def test_page_says_what_has_to_be_asked_for() -> None:
    peer = section(matrix_page(matrix("linksight")), "peer_http")
    assert "- `data_station` → `data_station`, tcp `8443` (`peer_http_port`), `http`" in peer
    assert "- protection: TLS, both have certificates" in peer
    assert "- forward proxy: not possible; TLS inspection: to be excluded. Both data stations verify" in peer
    assert (
        "[Linksight, Network connections](https://docs.linksight.network/docs/prepare/network): Recommended Network Configuration" in peer
    )
    assert "confidence high" in peer


def test_page_says_who_disputes_a_flow_and_what_stands_in_for_it() -> None:
    page = matrix_page(matrix("coinstac"))
    assert "- **disputed** by [COINSTAC, Setting up a vault" in section(page, "mqtts")
    assert "- necessity: fallback for [`mqtts`](#flow-mqtts)" in section(page, "mqtt_websocket")
    assert "tcp `6006` with `native`" in section(matrix_page(matrix("fedbiomed")), "tensorboard")


def test_page_shows_its_example_and_traps() -> None:
    page = matrix_page(matrix("datashield"), "all:\n  hosts:\n")
    assert "## Example inventory\n\n```yaml\nall:\n  hosts:\n```\n" in page
    assert page.index("## Known traps") < page.index("past ufw", page.index("## Known traps"))


def test_diagram_draws_what_runs_between_hosts() -> None:
    drawn = diagram(matrix("fedbiomed"))
    assert '  role_node -->|"udp 51820"| role_vpn_server' in drawn
    assert '  role_node -.->|"tcp 50051"| role_researcher' in drawn
    assert "8888" not in drawn
    assert "tcp 80" not in drawn


LINES = st.text(st.sampled_from("a1 |`*_[]()<>#~\\\n-+.&!\"'{}$@é"), min_size=1)


def pipes(line: str) -> int:
    return len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))


@given(st.lists(LINES, min_size=1, max_size=3))
def test_text_never_breaks_a_table(cells: list[str]) -> None:
    head, rule, row, _end = table(["x"] * len(cells), [[text(cell) for cell in cells]])
    assert "\n" not in row
    assert pipes(head) == pipes(rule) == pipes(row) == len(cells) + 1


@given(LINES)
def test_text_holds_no_markup(content: str) -> None:
    bare = re.sub(r"\\[^a-z0-9\s]", "", text(content))
    assert re.search(r"[`*_\[\]<>|#~{}&!$@\\]", bare) is None
    assert re.match(r"\d*[-+.)]", text(content)) is None


@given(LINES)
def test_code_block_ends_where_its_content_does(content: str) -> None:
    first, *inside, last, _empty = fenced("yaml", content)
    assert last == first.removesuffix("yaml")
    assert [line for line in inside if line.strip().startswith(last)] == []


@given(LINES)
def test_label_of_a_diagram_stays_one(content: str) -> None:
    assert re.fullmatch(r'"[^"\n`<>\[\]{}|]*"', label(content))


@given(LINES)
def test_address_stays_inside_its_link(tail: str) -> None:
    address = link("title", "https://www.example.org/" + tail)
    assert re.fullmatch(r"\[title\]\([^()\s<>]*\)", address)
