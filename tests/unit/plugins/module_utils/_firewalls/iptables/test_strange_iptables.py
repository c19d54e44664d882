# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever iptables-save prints can be read: what nobody understands is passed over, and costs no rule that is understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables import others
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables.saved import Table, options, parse
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables.unread import Unread
from ansible_collections.federated.connectivity.plugins.module_utils._policy.contradictions import contradictions
from ansible_collections.federated.connectivity.tests.strangers import ADDRESSES, POLICY, PORTS, altered, real, strange, texts, warnings_of

CHAINS = st.sampled_from(["INPUT", "OUTPUT", "DOCKER-USER", "f2b-web", "ufw-user-input", "ufw-before-input", "it's", '"', "-j"])
TARGETS = st.one_of(CHAINS, st.sampled_from(["ACCEPT", "DROP", "REJECT", "RETURN", "LOG", "NOTRACK", "CT", "DNAT", "NFQUEUE"]))
OPTIONS = st.one_of(
    st.builds("-{} {}".format, st.sampled_from("sd"), ADDRESSES),
    st.builds("--{} {}".format, st.sampled_from(["dport", "dports", "sport", "sports", "ctorigdstport"]), PORTS),
    st.builds("-p {}".format, st.sampled_from(["tcp", "udp", "47", "ipv6-icmp", "all", ""])),
    st.builds("-m {}".format, st.sampled_from(["tcp", "multiport", "comment", "recent", "set", "u32", "bpf", "owner", "geoip", ""])),
    st.builds("--comment {}".format, st.one_of(texts(), texts().map(lambda text: '"' + text.replace('"', '\\"') + '"'))),
    st.builds("--{} {}".format, st.sampled_from(["ctstate", "state"]), st.sampled_from(["NEW", "RELATED,ESTABLISHED", "", "NEW,X"])),
    st.builds("--name {} --rsource".format, texts(8)),
    st.builds("-i {}".format, st.sampled_from(["lo", "eth+", "it's", "!"])),
    st.sampled_from(["!", "--syn", '--hex-string "|41|\'"', "--match-set it's src", "--reject-with tcp-reset", "[5:300]"]),
    texts(),
)
LINES = st.one_of(
    st.builds("-A {} {} -j {}".format, CHAINS, st.lists(OPTIONS, max_size=5).map(" ".join), TARGETS),
    st.builds(":{} - [0:0]".format, CHAINS),
    st.sampled_from(["*filter", "*raw", "COMMIT", "-A", "-A ", "-A  ", ":", "*", "# Table `nat' is incompatible, use 'nft' tool.", ""]),
    texts(),
)
PLANTED = "-A INPUT -s 198.51.100.20/32 -p tcp -m tcp --dport 8443 -j DROP"


@strange
@given(st.lists(LINES, max_size=12), st.sampled_from([4, 6]))
def test_no_rule_of_others_breaks_a_run(lines: list[str], family: int) -> None:
    unread = Unread()
    warnings_of(others.places(parse("\n".join(lines)).tables.get("filter", Table()), family, unread))
    assert all("\n" not in words[:20] for words in unread.warnings())


@strange
@given(st.lists(LINES.filter(lambda line: "\n" not in line and not line.startswith("*")), max_size=12))
def test_a_rule_that_is_understood_is_named_whatever_stands_behind_it(lines: list[str]) -> None:
    places = others.places(parse("\n".join(["*filter", PLANTED, *lines])).tables["filter"], 4, Unread())
    assert any(words.startswith(f"iptables: '{PLANTED}' refuses peers of in") for words in warnings_of(places))


TOOLS = {4: ["iptables-save", "ufw-iptables-save"], 6: ["ip6tables-save"]}


@strange
@given(
    st.sampled_from([(family, tool) for family, tools in TOOLS.items() for tool in tools]).flatmap(
        lambda of: st.tuples(st.just(of[0]), altered(of[1]))
    )
)
def test_what_releases_print_breaks_no_run_with_changes_either(printed: tuple[int, str]) -> None:
    family, text = printed
    unread = Unread()
    saved = parse(text)
    warnings_of(others.places(saved.tables.get("filter", Table()), family, unread))
    assert all(
        isinstance(words, str) for words in (*unread.warnings(), *others.refusing(saved.tables.get("filter", Table()), family).values())
    )


@pytest.mark.parametrize(("family", "tool"), [(family, tool) for family, tools in TOOLS.items() for tool in tools])
def test_everything_that_releases_print_is_read(family: int, tool: str) -> None:
    for text in real(tool):
        unread = Unread()
        saved = parse(text)
        said = warnings_of([*others.places(saved.tables["filter"], family, unread)])
        assert unread.warnings() == []
        assert any("--dports 22,8000:9000" in words or "--dport 8443" in words for words in said) or tool == "ufw-iptables-save"
        assert set(others.refusing(saved.tables["filter"], family)) == ({"ingress"} if tool.startswith("ufw") else set())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('-A INPUT -m comment --comment "-j ACCEPT" -j DROP', {"-m": "comment", "--comment": "-j ACCEPT", "-j": "DROP"}),
        ("-A INPUT -m comment --comment -x -j DROP", {"-m": "comment", "--comment": "-x", "-j": "DROP"}),
        (
            "-A INPUT -m recent --update --name o'hara --rsource -j DROP",
            {"-m": "recent", "--update": "", "--name": "o'hara", "--rsource": "", "-j": "DROP"},
        ),
        (r'-A INPUT -m comment --comment "a \"b\" \\ c" -j DROP', {"-m": "comment", "--comment": 'a "b" \\ c', "-j": "DROP"}),
        ("-A INPUT ! -s 192.0.2.1/32 -p tcp -j DROP", {"!": "192.0.2.1/32", "-p": "tcp", "-j": "DROP"}),
    ],
)
def test_texts_of_administrators_are_no_options(line: str, expected: dict[str, str]) -> None:
    assert options(line) == expected


@pytest.mark.parametrize("source", ["10.0.0.1/255.0.255.0", "198.51.100.20/255.0.255.0"])
def test_a_mask_with_holes_certainly_refuses_nobody(source: str) -> None:
    saved = parse(f"*filter\n-A INPUT -s {source} -j DROP\n-A INPUT -p tcp -m tcp --dport 8443 -j DROP\n")
    found = contradictions(POLICY, others.places(saved.tables["filter"], 4, Unread()))
    assert [source in words for words in found] == [False]


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_a_character_at_which_python_splits_lines_ends_no_rule(mark: str) -> None:
    saved = parse(f'*filter\n-A OUTPUT -m comment --comment "x{mark}-A INPUT -j DROP" -j LOG\n')
    assert contradictions(POLICY, others.places(saved.tables["filter"], 4, Unread())) == []


def test_chains_that_jump_into_each_other_without_end_are_cut_and_named() -> None:
    """Each chain jumps to the next twice; and the last one to the first, which no kernel takes."""
    jumps = [f"-A {one} -j {two}" for i in range(40) for one, two in [(f"C{i}", f"C{(i + 1) % 40}")] * 2]
    unread = Unread()
    saved = parse("\n".join(["*filter", PLANTED, "-A INPUT -j C0", *jumps]))
    assert any(PLANTED in words for words in warnings_of(others.places(saved.tables["filter"], 4, unread)))
    assert [words for words in unread.warnings() if "jump to too many chains" in words]


def test_what_could_not_be_read_is_said_once_for_each_source() -> None:
    unread = Unread()
    lines = [f"-A INPUT -s 192.0.2.{i}/32 -p tcp -m tcp --dport nonsense{i} -j DROP" for i in range(3)]
    list(others.places(parse("\n".join(["*filter", *lines])).tables["filter"], 4, unread))
    (said,) = unread.warnings()
    assert said.startswith(f"iptables: 3 rules could not be read, for example '{lines[0]}'")


def test_tables_that_iptables_cannot_show_are_known() -> None:
    saved = parse("# Generated by iptables-save v1.8.9 (nf_tables)\n*nat\nCOMMIT\n# Table `filter' is incompatible, use 'nft' tool.\n")
    assert (saved.incompatible, set(saved.tables), saved.of_nft) == ({"filter"}, {"nat"}, True)
