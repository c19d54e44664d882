# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A variable that is nearly ours is an error; one that only shares a prefix with us is not."""

from __future__ import annotations

import pathlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.hosts import VARIABLES
from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.names import OF_PLAYBOOKS, meant_name
from ansible_collections.federated.connectivity.plugins.plugin_utils._operator.role_options import REGISTERED, all_options

ROOT = pathlib.Path(__file__).parents[5]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("connectivity_reviwed_plan", "connectivity_reviewed_plan"),
        ("connectivity_membership", "connectivity_memberships"),
        ("firewall_confirm_timout", "firewall_confirm_timeout"),
        ("docker_proxy_client_user", "docker_proxy_client_users"),
        ("verify_stranger", "verify_strangers"),
        ("dpi_exclusion_sate", "dpi_exclusion_state"),
        ("audit_strickt", "audit_strict"),
    ],
)
def test_a_name_that_is_nearly_ours_has_a_suggestion(written: str, meant: str) -> None:
    assert meant_name(written, VARIABLES) == meant


@pytest.mark.parametrize("name", ["firewall_ports", "firewall_rules", "verify_ssl", "audit_log_group", "docker_version", "ansible_host"])
def test_names_of_others_are_left_alone(name: str) -> None:
    assert meant_name(name, VARIABLES) is None


@given(st.sampled_from(sorted({*VARIABLES, *OF_PLAYBOOKS, *all_options()})))
def test_our_own_names_are_never_refused(name: str) -> None:
    assert meant_name(name, VARIABLES) is None


def test_every_name_that_playbooks_and_roles_read_is_known() -> None:
    files = [*ROOT.glob("playbooks/*.yml"), *ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("roles/*/defaults/*.yml")]
    read = {name for path in files for name in re.findall(r"\bconnectivity_[a-z_]+\b", path.read_text(encoding="utf-8"))}
    assert sorted(name for name in read - REGISTERED if meant_name(name, VARIABLES)) == []
