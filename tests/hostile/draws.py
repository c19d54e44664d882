# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws what a hostile host says: nearly honest answers, arbitrary data, and what Ansible itself would act upon."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

MODULES = (
    "firewall_policy",
    "firewall_confirm",
    "docker_proxy",
    "inspection_note",
    "firewall_packages",
    "listening_info",
    "flow_listener",
    "flow_probe",
    "tls_handshake_info",
    "refused_info",
    "observation_info",
)

_ESCAPES = ["\x1b[2J\x1b[1;1H", "\x1b]0;owned\x07", "\x9b31m", "\u202eevil\u2066", "\ud800", "\x00", "a\rb\nPLAY RECAP\n", "\u2028", "\x85"]
_TEXTS = st.one_of(
    st.sampled_from([*_ESCAPES, "", "{{ lookup('pipe', 'id') }}", "$(id)", "../../etc/passwd", "alpha", "x" * 5000, "9" * 400]),
    st.text(max_size=20),
)
_NUMBERS = st.one_of(
    st.integers(-5, 70000), st.sampled_from([10**30, -(10**300), 2**63, 0]), st.sampled_from([float("nan"), float("inf"), 1e308, 0.5])
)
_LEAVES = st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS)
JSON = st.recursive(_LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)), max_leaves=8)
_DEEP = "[" * 60_000
_VARIABLES = st.sampled_from(
    [
        "connectivity_addresses",
        "connectivity_memberships",
        "connectivity_planned",
        "connectivity_run",
        "firewall_own",
        "verify_report",
        "verify_chosen",
        "verify_probed",
        "verify_run",
        "audit_report",
        "ansible_host",
        "ansible_connection",
        "ansible_python_interpreter",
        "discovered_interpreter_python",
    ]
)
_FOR_ANSIBLE = st.fixed_dictionaries(
    {},
    optional={
        "ansible_facts": st.one_of(st.dictionaries(_VARIABLES, JSON, max_size=3), JSON),
        "add_host": st.one_of(st.just({"host_name": "alpha", "groups": ["connectivity_strangers"], "host_vars": {"x": "y"}}), JSON),
        "add_group": st.one_of(st.just("connectivity_managed"), JSON),
        "ansible_stats": st.one_of(st.just({"data": {"Verified": "all is well", "Planned": "owned"}, "aggregate": False}), JSON),
        "warnings": st.one_of(st.lists(_TEXTS, max_size=3), JSON),
        "deprecations": st.one_of(st.lists(st.fixed_dictionaries({"msg": _TEXTS}), max_size=2), JSON),
        "exception": _TEXTS,
        "msg": st.one_of(_TEXTS, JSON),
        "failed": JSON,
        "changed": JSON,
        "skipped": JSON,
        "unreachable": JSON,
        "unusable": JSON,
        "rc": JSON,
        "results": JSON,
        "diff": JSON,
        "invocation": JSON,
        "controller_record": st.just("0" * 32),
        "ansible_loop_var": st.just("item"),
        "_ansible_notify": JSON,
        "_ansible_delegated_vars": JSON,
        "_ansible_no_log": JSON,
        "__ansible_type": st.sampled_from(["TrustedAsTemplate", "WarningSummary", "x"]),
        "\x1b[2Jkey": JSON,
    },
)


def _behaviour(**changed: t.Any) -> st.SearchStrategy[dict[str, t.Any]]:
    usual = {
        "raw": st.none(),
        "changes": st.just([]),
        "more": st.just({}),
        "before": st.just(""),
        "after": st.just(""),
        "errors": st.just(""),
    }
    return st.fixed_dictionaries({**usual, **changed})


_VALUES = st.one_of(st.sampled_from(_ESCAPES), _NUMBERS, JSON, st.sampled_from(["delete", "twice"]))
_CHANGES = st.lists(st.tuples(st.integers(1, 10**6), _VALUES, st.booleans()).map(list), min_size=1, max_size=3)
BEHAVIOURS = st.one_of(
    _behaviour(changes=_CHANGES),
    _behaviour(more=_FOR_ANSIBLE),
    _behaviour(more=_FOR_ANSIBLE, changes=_CHANGES, before=_TEXTS, after=_TEXTS, errors=_TEXTS),
    _behaviour(
        raw=st.one_of(_TEXTS, st.sampled_from(["", "{", "[]", "null", '{"a": NaN}', f'{{"outcomes": {_DEEP}', '{"x": 1e999}'])),
        errors=_TEXTS,
    ),
)
CHARACTERS = st.dictionaries(st.sampled_from(MODULES), BEHAVIOURS, min_size=1, max_size=3)
"""What a hostile host says when it is asked to run some of our modules; it answers honestly to the others."""
