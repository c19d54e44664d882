# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""user.rules as text: what is not ours keeps its bytes and its order, whatever we put in and take out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw.rules import Place, UfwRule
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw.rules_file import has_ours, is_ours, parse

HEAD = "*filter\n:ufw-user-input - [0:0]\n:ufw-user-output - [0:0]\n### RULES ###\n"
TAIL = "\n### END RULES ###\n\n### LOGGING ###\n-A ufw-after-logging-input -j LOG\n### END LOGGING ###\nCOMMIT\n"
SSH = "\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n"
LIMIT = (
    "\n### tuple ### limit tcp 2222 0.0.0.0/0 any 0.0.0.0/0 OpenSSH%20alt - in_eth0 comment=" + b"jump host".hex() + "\n"
    "-A ufw-user-input -i eth0 -p tcp --dport 2222 -m conntrack --ctstate NEW -m recent --set\n"
    "-A ufw-user-input -i eth0 -p tcp --dport 2222 -j ufw-user-limit-accept\n"
)
ROUTE = "\n### tuple ### route:allow any any 0.0.0.0/0 any 0.0.0.0/0 in_eth0!out_eth1\n-A ufw-user-forward -i eth0 -o eth1 -j ACCEPT\n"
BY_HAND = "-A ufw-user-input -p esp -j ACCEPT\n"
BROKEN = "\n### tuple ### allow tcp\n"
FOREIGN = (SSH, LIMIT, ROUTE, BROKEN)
PRISTINE = HEAD + "-A ufw-user-limit -j REJECT\n-A ufw-user-limit-accept -j ACCEPT\nCOMMIT\n"

ACCEPT = UfwRule("linksight.north.peer_http.ingress", 4, "allow", "in", "tcp", "8443", "198.51.100.20")
CLOSURE = UfwRule("linksight.north.peer_http.ingress", 4, "deny", "in", "tcp", "8443")
DENY = UfwRule("default deny egress", 4, "deny", "out")
OURS = Place((ACCEPT, CLOSURE), (DENY,))

places = st.builds(
    Place,
    st.lists(st.sampled_from([ACCEPT, CLOSURE]), max_size=4).map(tuple),
    st.lists(st.just(DENY), max_size=1).map(tuple),
)


@given(st.booleans(), st.lists(st.sampled_from(FOREIGN), max_size=6), places, places)
def test_foreign_bytes_survive(by_hand: bool, foreign: list[str], one: Place, other: Place) -> None:
    original = HEAD + (BY_HAND if by_hand else "") + "".join(foreign) + TAIL
    file = parse(original, "user.rules")
    assert file.text == original
    placed = parse(file.arranged(one).text, "user.rules")
    assert placed == file.arranged(one)
    assert placed.arranged(one) == placed
    assert placed.arranged(other) == file.arranged(other)
    assert placed.arranged(Place()).text == original
    assert placed.foreign == file.foreign


@given(places)
def test_a_file_that_ufw_never_wrote(place: Place) -> None:
    placed = parse(parse(PRISTINE, "user.rules").arranged(place).text, "user.rules")
    assert [is_ours(block) for block in placed.blocks] == [True] * len(place.first + place.last)
    assert placed.arranged(Place()).text == PRISTINE


def test_ours_stand_before_and_behind_the_administrators() -> None:
    text = parse(HEAD + SSH + LIMIT + TAIL, "user.rules").arranged(OURS).text
    assert text == HEAD + ACCEPT.file_text() + CLOSURE.file_text() + SSH + LIMIT + DENY.file_text() + TAIL


def test_rules_that_the_administrator_put_between_or_around_ours_keep_their_order() -> None:
    mixed = HEAD + SSH + ACCEPT.file_text() + LIMIT + DENY.file_text() + ROUTE + TAIL
    assert parse(mixed, "user.rules").arranged(OURS).foreign == (SSH, LIMIT, ROUTE)


def test_described_in_ufws_words() -> None:
    assert parse(HEAD + BY_HAND + SSH + LIMIT + ROUTE + BROKEN + TAIL, "user.rules").arranged(OURS).describe() == [
        "allow in from 198.51.100.20 to any port 8443 proto tcp  # federated.connectivity linksight.north.peer_http.ingress",
        "deny in from any to any port 8443 proto tcp  # federated.connectivity linksight.north.peer_http.ingress",
        "-A ufw-user-input -p esp -j ACCEPT",
        "allow in from any to any port 22 proto tcp",
        "limit in on eth0 from any to any port 2222 proto tcp app OpenSSH alt  # jump host",
        "route:allow in on eth0 out on eth1 from any to any",
        "### tuple ### allow tcp",
        "deny out from any to any  # federated.connectivity default deny egress",
    ]


def test_a_rule_of_ours_edited_below_its_tuple_shows() -> None:
    file = parse(HEAD + TAIL, "user.rules").arranged(OURS)
    edited = parse(file.text.replace("-s 198.51.100.20 ", ""), "user.rules")
    assert edited.describe()[:2] == [file.describe()[0], "-A ufw-user-input -p tcp --dport 8443 -j ACCEPT"]
    assert edited.arranged(OURS) == file


@pytest.mark.parametrize("comment", ["zz", "a", "ff"])
def test_a_comment_that_is_no_hexadecimal_text_is_shown_all_the_same(comment: str) -> None:
    assert len(parse(HEAD + SSH.replace(" in\n", f" in comment={comment}\n") + TAIL, "user.rules").describe()) == 1


def test_only_our_mark_makes_a_rule_ours() -> None:
    for comment in (b"federated.connectivity", b"federated.connectivity2 a", b"not federated.connectivity a"):
        block = SSH.replace(" in\n", f" in comment={comment.hex()}\n")
        assert not is_ours(block)
        assert not has_ours(block.encode())
    assert is_ours(ACCEPT.file_text())
    assert has_ours(ACCEPT.file_text().encode())


@pytest.mark.parametrize("action", ["allow", "deny", "limit_log"])
def test_lookalikes_whatever_their_action(action: str) -> None:
    theirs = f"\n### tuple ### {action} tcp 8443 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 8443 -j ACCEPT\n"
    file = parse(HEAD + SSH + theirs + TAIL, "user.rules")
    assert file.lookalikes(OURS.first) == [(f"{action} in from any to any port 8443 proto tcp", CLOSURE)]


def test_no_lookalikes() -> None:
    others = (
        "allow tcp 8443 0.0.0.0/0 any 198.51.100.0/24 in",
        "allow udp 8443 0.0.0.0/0 any 0.0.0.0/0 in",
        "allow tcp 8443 0.0.0.0/0 any 0.0.0.0/0 in_eth0",
        "allow tcp 8443 0.0.0.0/0 any 0.0.0.0/0 App - in",
        "route:allow tcp 8443 0.0.0.0/0 any 0.0.0.0/0 in",
    )
    text = "".join(f"\n### tuple ### {other}\n-A ufw-user-input -j ACCEPT\n" for other in others)
    assert parse(HEAD + text + TAIL, "user.rules").lookalikes(OURS.first) == []
    assert parse(HEAD + TAIL, "user.rules").arranged(OURS).lookalikes(OURS.first) == []


def test_allowances_are_the_administrators_alone_and_of_one_direction() -> None:
    out = "\n### tuple ### allow udp 123 0.0.0.0/0 any 0.0.0.0/0 out\n-A ufw-user-output -p udp --dport 123 -j ACCEPT\n"
    refused = SSH.replace("allow", "deny").replace("22", "23")
    file = parse(HEAD + SSH + LIMIT + ROUTE + out + refused + BY_HAND + BROKEN + TAIL, "user.rules").arranged(OURS)
    assert file.allowances("in") == [
        "allow in from any to any port 22 proto tcp",
        "limit in on eth0 from any to any port 2222 proto tcp app OpenSSH alt  # jump host",
    ]
    assert file.allowances("out") == ["allow out from any to any port 123 proto udp"]


@pytest.mark.parametrize("text", ["", "*filter\nCOMMIT\n", SSH + HEAD + TAIL, HEAD + TAIL + SSH, HEAD + HEAD + TAIL, PRISTINE + SSH])
def test_a_file_of_another_shape_is_refused_by_name(text: str) -> None:
    with pytest.raises(PolicyRefused, match=r"/etc/ufw/user\.rules"):
        parse(text, "/etc/ufw/user.rules")


def test_chains() -> None:
    assert parse(HEAD + TAIL, "user.rules").chains() == ["ufw-user-input", "ufw-user-output"]


BAN = (
    "\n### tuple ### reject any any 0.0.0.0/0 any 198.51.100.66 in comment="
    + b"by Fail2Ban".hex()
    + "\n-A ufw-user-input -s 198.51.100.66 -j REJECT\n"
)
OUTWARD = "\n### tuple ### deny_log tcp 25 203.0.113.0/24 any 0.0.0.0/0 out_eth0\n-A ufw-user-output -d 203.0.113.0/24 -j DROP\n"
EVERYBODY = "\n### tuple ### deny tcp 23 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 23 -j DROP\n"
BY_MISTAKE = "\n### tuple ### deny any any 0.0.0.0/0 any nobody in\n"


@pytest.mark.parametrize(
    ("foreign", "spared", "expected"),
    [
        ((BAN, OUTWARD, SSH, BAN), "", (BAN, OUTWARD)),
        ((BAN, EVERYBODY, OUTWARD), "", (BAN,)),
        ((SSH, BAN), "", ()),
        ((BY_MISTAKE, BAN), "", ()),
        ((BAN, OUTWARD), "203.0.113.7", (BAN,)),
        ((BAN, OUTWARD), "198.51.100.66", ()),
        ((BAN, OUTWARD), "2001:db8::66", (BAN, OUTWARD)),
    ],
)
def test_bans_before_all_else_stay_before_ours(foreign: tuple[str, ...], spared: str, expected: tuple[str, ...]) -> None:
    file = parse(HEAD + "".join(foreign) + TAIL, "user.rules")
    bans = file.bans(spared)
    assert bans == expected
    placed = file.arranged(OURS, bans)
    assert placed.blocks[: len(bans)] == bans
    assert is_ours(placed.blocks[len(bans)])
    assert placed.foreign == foreign
    assert parse(placed.text, "user.rules").bans(spared) == bans
