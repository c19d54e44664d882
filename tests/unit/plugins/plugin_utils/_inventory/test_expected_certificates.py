# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users write into connectivity_expected_certificates, right and wrong."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.expected_certificates import (
    VARIABLE,
    Expectations,
    ExpectationsRefused,
    Expected,
    expectations_of,
    read_expectations,
)

PRINT = "0123456789abcdef" * 4
OPENSSL = ":".join(PRINT[at : at + 2] for at in range(0, 64, 2)).upper()


def test_what_openssl_prints_can_be_pasted() -> None:
    value = {"beta": {8443: {"sha256": OPENSSL}, "9090": {"sha256": [PRINT], "issuer": ["Old CA", "New CA"]}}}
    assert read_expectations(value) == {
        ("beta", 8443): Expected(frozenset({PRINT}), frozenset()),
        ("beta", 9090): Expected(frozenset({PRINT}), frozenset({"Old CA", "New CA"})),
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "connectivity_expected_certificates: is not a mapping; give destinations"),
        ({"beta": PRINT}, "connectivity_expected_certificates.beta: is not a mapping; give ports"),
        ({"beta": {8443: PRINT}}, "beta.8443: is not a mapping; give sha256 or issuer"),
        ({"beta": {"https": {"sha256": PRINT}}}, "beta.https: 'https' is not a valid port"),
        ({"beta": {0: {"sha256": PRINT}}}, "beta.0: 0 is not a valid port"),
        ({"beta": {8443: {"sha265": PRINT}}}, "unknown key 'sha265'; give sha256 or issuer (did you mean sha256?)"),
        ({"beta": {8443: {"sha256": PRINT[:40]}}}, "is not a SHA-256 value; give 64 hexadecimal digits"),
        ({"beta": {8443: {"sha256": 12}}}, "beta.8443.sha256: is not a string"),
        ({"beta": {8443: {"issuer": ""}}}, "beta.8443: nothing is expected"),
        ({"beta": {8443: {}}}, "beta.8443: nothing is expected; give sha256 or issuer"),
    ],
)
def test_mistakes_are_told_with_their_place(value: object, words: str) -> None:
    with pytest.raises(ExpectationsRefused) as refused:
        read_expectations(value)
    assert words in str(refused.value)


def test_all_mistakes_of_all_hosts_at_once() -> None:
    variable = "connectivity_expected_certificates"
    hosts = {"alpha": {variable: {"x": 1, "y": 2}}, "beta": {variable: 3}, "gamma": {}}
    with pytest.raises(ExpectationsRefused) as refused:
        expectations_of(hosts, hosts)
    assert [line.split(": ")[0] for line in str(refused.value).splitlines()] == ["host alpha", "host alpha", "host beta"]


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(PRINT)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sha256", "issuer", 443, "x"]), inner, max_size=3)
)


@given(anything)
def test_anything_is_read_or_refused(value: object) -> None:
    found: Expectations = {}
    with contextlib.suppress(ExpectationsRefused):
        found = read_expectations(value)
    assert all(expected.sha256 or expected.issuers for expected in found.values())


def test_variables_of_several_groups_add_up() -> None:
    other = "fedcba9876543210" * 4
    north = {"beta": {8443: {"sha256": PRINT}}, "gamma": {443: {"issuer": "CA"}}}
    own = {VARIABLE: north, f"{VARIABLE}_south": {"beta": {"8443": {"sha256": other}, 9090: {"issuer": "CA"}}}}
    assert expectations_of(["a", "b"], {"a": own, "b": {}}) == {
        "a": {
            ("beta", 8443): Expected(frozenset({PRINT, other}), frozenset()),
            ("beta", 9090): Expected(frozenset(), frozenset({"CA"})),
            ("gamma", 443): Expected(frozenset(), frozenset({"CA"})),
        },
        "b": {},
    }
    with pytest.raises(ExpectationsRefused, match=f"host a: {VARIABLE}_south: is not a mapping"):
        expectations_of(["a"], {"a": {f"{VARIABLE}_south": []}})
