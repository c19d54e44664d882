# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever ufw's files and chains hold: rules that somebody edited by hand break no run, and ours can always be taken out again."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables.unread import Unread
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw import others, rules_file
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw.kernel import Kernel
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw.rules import Place, translate
from ansible_collections.federated.connectivity.tests.strangers import ADDRESSES, POLICY, PORTS, altered, real, strange, texts, warnings_of

OURS = translate(POLICY, 4)
WORDS = st.one_of(
    st.sampled_from(
        ["allow", "deny", "limit", "reject_log", "route:allow", "any", "tcp", "in", "out", "in_eth0", "in_", "-", "comment=zz"]
    ),
    PORTS,
    ADDRESSES,
    texts(6),
)
TUPLES = st.one_of(
    st.builds("{} {} {} 0.0.0.0/0 any {} {}".format, WORDS, WORDS, PORTS, ADDRESSES, st.sampled_from(["in", "out", "in_eth0", "IN"])),
    st.lists(WORDS, max_size=10).map(" ".join),
)
BLOCKS = st.one_of(
    st.builds("\n### tuple ### {}\n-A ufw-user-input {}\n".format, TUPLES, texts()),
    st.sampled_from([rule.file_text() for rule in (*OURS.first, *OURS.last)]),
    st.sampled_from([rule.file_text().rstrip("\n") for rule in OURS.first]),
    texts(),
)
FILES = st.builds(
    "{}### RULES ###\n{}{}".format,
    st.sampled_from(["*filter\n:ufw-user-input - [0:0]\n", "", "*filter\n"]),
    st.lists(BLOCKS, max_size=6).map("".join),
    st.sampled_from(["\n### END RULES ###\nCOMMIT\n", "", "\n"]),
) | st.one_of(altered("ufw-user.rules"), altered("ufw-user6.rules"))


@strange
@given(FILES)
def test_no_rules_file_breaks_a_run(text: str) -> None:
    with contextlib.suppress(PolicyRefused):  # of a file that is not one of ufw's; a run says so
        file = rules_file.parse(text, "user.rules")
        assert file.text == text
        wanted = file.arranged(OURS, file.bans("198.51.100.20"))
        assert wanted.arranged(OURS, wanted.bans("198.51.100.20")) == wanted
        assert all(isinstance(line, str) for line in (*wanted.describe(), *file.allowances("in"), *file.chains()))
        assert all(ours in OURS.first + OURS.last for _theirs, ours in file.lookalikes(OURS.first + OURS.last))
        warnings_of(others.places(file, file.bans(), Unread()))


@strange
@given(FILES)
def test_ours_can_be_taken_out_of_any_file(text: str) -> None:
    clean = rules_file.parse_for_removal(text).arranged(Place())
    assert not any(map(rules_file.is_ours, clean.blocks))
    assert clean.text == "".join((clean.head, *clean.foreign, clean.tail))


@pytest.mark.parametrize(("name", "family"), [("user.rules", 4), ("user6.rules", 6)])
def test_everything_that_ufw_of_each_release_writes_is_read(name: str, family: int) -> None:
    for text in real("ufw-" + name):
        file, unread = rules_file.parse(text, name), Unread()
        assert file.text == text
        said = warnings_of(others.places(file, file.bans(), unread))
        assert unread.warnings() == []
        assert any("8443/tcp" in words or "8443" in words for words in said) == (family == 4)
        wanted = file.arranged(translate(POLICY, family), file.bans())
        assert rules_file.parse_for_removal(wanted.text).arranged(Place()).text == text
    for text in real("ufw-iptables-save"):
        kernel = Kernel(text, 4)
        assert kernel.loaded
        assert list(kernel.unhooked()) == []
        assert kernel.accepts_established("in")
        assert kernel.accepts_established("out")


@strange
@given(altered("ufw-iptables-save"))
def test_no_change_of_what_the_kernel_holds_of_ufw_breaks_a_run(saved: str) -> None:
    kernel = Kernel(saved, 4)
    lists = [kernel.unhooked(), kernel.accepted_before("tcp", "22,8000:9000"), kernel.refused_before("198.51.100.20", 22)]
    assert all(isinstance(line, str) for found in (*lists, kernel.deviations(OURS)[0]) for line in found)


LINES = st.one_of(
    st.builds(
        "-A {} -s {} -p tcp -m tcp --dport {} -j {}".format,
        st.sampled_from(["INPUT", "ufw-before-input", "ufw-user-input"]),
        ADDRESSES,
        PORTS,
        st.sampled_from(["DROP", "ACCEPT", "ufw-before-input", "ufw-user-input", "REJECT --reject-with tcp-reset"]),
    ),
    st.sampled_from([":ufw-user-input - [0:0]", ":ufw-before-input - [0:0]", "-A INPUT -j ufw-before-input", "-A ", "*nat", "COMMIT", ":"]),
    texts(),
)


@strange
@given(st.lists(LINES, max_size=10), st.sampled_from([4, 6]))
def test_no_chain_in_the_kernel_breaks_a_run(lines: list[str], family: int) -> None:
    kernel = Kernel("\n".join(["*filter", *lines]), family)
    lists = [kernel.unhooked(), kernel.accepted_before("tcp", "22,8000:9000"), kernel.refused_before("198.51.100.20", 22)]
    lists += kernel.deviations(OURS)
    assert all(isinstance(line, str) for found in lists for line in found)
    assert kernel.restore_text(["ufw-user-input"]).startswith("*filter\n")
    assert kernel.accepts_established("in") in (True, False)
