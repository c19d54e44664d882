# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel holds of ufw: our rules in their places, chains that were flushed, accepts that come before ours."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw.kernel import Kernel
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw.rules import Place, UfwRule

ACCEPT = UfwRule("a", 4, "allow", "in", "tcp", "8443", "198.51.100.20")
CLOSURE = UfwRule("a", 4, "deny", "in", "tcp", "8443")
EGRESS = UfwRule("b", 4, "allow", "out", "udp", "53", "198.51.100.20")
DENY = UfwRule("default deny egress", 4, "deny", "out")
OURS = Place((ACCEPT, CLOSURE, EGRESS), (DENY,))
SSH = "-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT"
NTP = "-A ufw-user-output -p udp -m udp --dport 123 -j ACCEPT"
BEFORE = (
    "-A INPUT -j ufw-before-input",
    "-A OUTPUT -j ufw-before-output",
    "-A ufw-before-input -i lo -j ACCEPT",
    "-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT",
    "-A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT",
    "-A ufw-before-input -j ufw-user-input",
    "-A ufw-before-output -j ufw-user-output",
)
IN = (ACCEPT.kernel_text(), CLOSURE.kernel_text())
OUT = (EGRESS.kernel_text(),)


def kernel(*lines: str) -> Kernel:
    chains = dict.fromkeys(["INPUT", "OUTPUT", *(line.split()[1] for line in lines), "ufw-user-input", "ufw-user-output"])
    return Kernel("\n".join(["*filter", *(f":{chain} - [0:0]" for chain in chains), *lines, "COMMIT"]), 4)


def test_in_force() -> None:
    assert kernel(*BEFORE, *IN, SSH, *OUT, NTP, DENY.kernel_text()).deviations(OURS) == ([], [])
    assert kernel(*BEFORE, SSH).deviations(Place()) == ([], [])


@pytest.mark.parametrize(
    ("chains", "loaded"),
    [
        ((SSH, NTP), [SSH, NTP]),
        ((*IN, SSH), []),
        ((SSH, *IN, *OUT, DENY.kernel_text()), [SSH, IN[0]]),
        ((*reversed(IN), *OUT, DENY.kernel_text()), [*reversed(IN)]),
        ((*IN, *OUT, DENY.kernel_text(), NTP), [*OUT, NTP]),
    ],
    ids=["none of ours", "output flushed", "theirs before ours", "another order", "theirs behind the last"],
)
def test_deviations(chains: tuple[str, ...], loaded: list[str]) -> None:
    found, wanted = kernel(*BEFORE, *chains).deviations(OURS)
    assert found == loaded
    assert set(wanted) <= {*IN, *OUT, DENY.kernel_text()}
    assert wanted


def test_deviations_behind_bans() -> None:
    ban = "\n### tuple ### deny any any 0.0.0.0/0 any 198.51.100.66 in\n-A ufw-user-input -s 198.51.100.66 -j DROP\n"
    banned = "-A ufw-user-input -s 198.51.100.66/32 -j DROP"
    loaded = kernel(*BEFORE, banned, *IN, SSH, *OUT, DENY.kernel_text())
    assert loaded.deviations(OURS, [ban]) == ([], [])
    assert loaded.deviations(OURS) != ([], [])
    assert loaded.deviations(OURS, [ban, ban]) != ([], [])


def test_one_rule_does_not_stand_for_first_and_last() -> None:
    twice = Place((DENY,), (DENY,))
    assert kernel(DENY.kernel_text()).deviations(twice)[1] == [DENY.kernel_text()] * 2
    assert kernel(DENY.kernel_text(), DENY.kernel_text()).deviations(twice) == ([], [])


def test_loaded() -> None:
    assert kernel().loaded
    assert not Kernel("*filter\n:INPUT ACCEPT [0:0]\n:ufw-before-input - [0:0]\nCOMMIT\n", 4).loaded
    assert not Kernel("", 4).loaded
    assert Kernel("*filter\n:ufw6-user-input - [0:0]\nCOMMIT\n", 6).loaded


def test_unhooked() -> None:
    assert kernel(*BEFORE).unhooked() == []
    assert kernel(*BEFORE[1:]).unhooked() == ["-A INPUT -j ufw-before-input"]
    assert kernel(*BEFORE[:-1]).unhooked() == ["-A ufw-before-output -j ufw-user-output"]


def test_established() -> None:
    assert kernel(*BEFORE).accepts_established("in")
    assert not kernel(*BEFORE).accepts_established("out")


@pytest.mark.parametrize(
    "line",
    [
        "-A INPUT -p tcp -m tcp --dport 8443 -j ACCEPT",
        "-A INPUT -j ACCEPT",
        "-A ufw-before-input -p tcp -m tcp --dport 8000:9000 -j ACCEPT",
        "-A ufw-before-input -s 203.0.113.0/24 -p tcp -m multiport --dports 80,8440:8450 -j ACCEPT",
        "-A ufw-before-input -p tcp -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT",
    ],
)
def test_accepted_before(line: str) -> None:
    assert kernel(line, *BEFORE).accepted_before("tcp", "443,8443") == [line]
    assert kernel(*BEFORE, line).accepted_before("tcp", "443,8443") == []


@pytest.mark.parametrize(
    "line",
    [
        "-A INPUT -p udp -m udp --dport 8443 -j ACCEPT",
        "-A INPUT -p tcp -m tcp --dport 8444 -j ACCEPT",
        "-A INPUT -p tcp -m tcp --dport 8443 -j DROP",
        "-A INPUT -i lo -p tcp -j ACCEPT",
        "-A ufw-before-input -p tcp -m multiport --dports 80,8444:8450 -j ACCEPT",
    ],
)
def test_not_accepted_before(line: str) -> None:
    assert kernel(line, *BEFORE).accepted_before("tcp", "443,8443") == []


def test_restore_text_puts_back_what_was_there() -> None:
    assert kernel(*BEFORE, SSH, NTP).restore_text(["ufw-user-input", "ufw-user-limit", "ufw-user-output"]) == "\n".join(
        ["*filter", ":ufw-user-input - [0:0]", ":ufw-user-output - [0:0]", SSH, NTP, "COMMIT", ""]
    )
