# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user's process answers is read as a stranger's. The rest of this file's subject is tested in packets/test_docker_users.py."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.outcome import outcome_of_user


@pytest.mark.parametrize(
    "said", [{"diffs": [1]}, {"changes": 5}, {"changes": [1]}, {"nothing": []}, {"diffs": [{"before": 1}]}, {"errors": [None]}]
)
def test_a_malformed_answer_is_its_users_error(said: dict[str, t.Any]) -> None:
    assert outcome_of_user("mallory", said).errors == ["user mallory: the user's process answered what it should not"]
