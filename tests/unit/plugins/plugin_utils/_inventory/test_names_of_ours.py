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
from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.names import COLLECTIONS, OF_PLAYBOOKS, misnomer, unassigned
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
        ("conectivity_memberships", "connectivity_memberships"),
        ("Connectivity_networks", "connectivity_networks"),
        ("conectivity_networks_north", "connectivity_networks_north"),
        ("connectivity_membership_north", "connectivity_memberships_north"),
        ("connectivity_network_dns", "connectivity_networks_dns"),
        ("docker_proxi_plan", "docker_proxy_plan"),
        ("dpi_exlusion_plan", "dpi_exclusion_plan"),
        ("firewal_state", "firewall_state"),
        ("verfy_plan", "verify_plan"),
        ("federated_connectivity_defaults", "connectivity_defaults"),
        ("federated_connectivity_memberships_north", "connectivity_memberships_north"),
        ("federated_connectivity_membership", "connectivity_memberships"),
    ],
)
def test_a_name_that_is_nearly_ours_has_a_suggestion(written: str, meant: str) -> None:
    assert misnomer(written, VARIABLES) == f"{written} is not a variable of this collection (did you mean {meant}?)"


@pytest.mark.parametrize("name", ["connectivity_zebra", "connectivity_memberships_", "connectivity_x", "connectivity_"])
def test_the_whole_prefix_is_ours(name: str) -> None:
    assert str(misnomer(name, VARIABLES)).startswith(f"{name} is not a variable of this collection")


@given(st.sampled_from(COLLECTIONS), st.text("abcxyz_0", min_size=1))
def test_collections_may_have_parts_of_any_name(plain: str, part: str) -> None:
    assert misnomer(f"{plain}_{part}", VARIABLES) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("connectivity_reviewed_plan: /srv/plan", "connectivity_reviewed_plan"),
        ("connectivity_reviewed_plan = /srv/plan", "connectivity_reviewed_plan"),
        ("connectivity_reviwed_plan", "connectivity_reviwed_plan"),
        ("forks connectivity_allow_shrink", "connectivity_allow_shrink"),
        ("firewall_state absent", "firewall_state"),
        ("connectivity_networks_x", "connectivity_networks_x"),
    ],
)
def test_an_extra_variable_of_ours_without_a_value_is_named(text: str, name: str) -> None:
    assert str(unassigned(text, VARIABLES)).startswith(f"{name} stands among the extra variables (-e) without a value; write {name}=value")


@given(st.text("abc =:", max_size=20) | st.integers() | st.none())
def test_what_others_write_without_a_value_is_theirs(text: object) -> None:
    assert unassigned(text, VARIABLES) is None


@given(st.text())
def test_any_name_can_be_judged(name: str) -> None:
    wrong = misnomer(name, VARIABLES)
    assert wrong is None or wrong.startswith(name)


@pytest.mark.parametrize(
    "name",
    [
        *("firewall_ports", "firewall_rules", "verify_ssl", "audit_log_group", "docker_version", "ansible_host"),
        *("firewalld_state", "auditd_plan", "docker_proxy_url", "connection_timeout", "connectivity", "inventory_hostname", "connections"),
    ],
)
def test_names_of_others_are_left_alone(name: str) -> None:
    assert misnomer(name, VARIABLES) is None


@given(st.sampled_from(sorted({*VARIABLES, *OF_PLAYBOOKS, *all_options()})))
def test_our_own_names_are_never_refused(name: str) -> None:
    assert misnomer(name, VARIABLES) is None


def test_every_name_that_playbooks_and_roles_read_is_known() -> None:
    files = [*ROOT.glob("playbooks/*.yml"), *ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("roles/*/defaults/*.yml")]
    read = {name for path in files for name in re.findall(r"\bconnectivity_[a-z_]*[a-z]\b", path.read_text(encoding="utf-8"))}
    assert sorted(name for name in read - REGISTERED if misnomer(name, VARIABLES)) == []
