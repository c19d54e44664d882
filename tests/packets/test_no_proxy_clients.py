# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real programs ask for hosts that ``no_proxy`` exempts: what docs/proxies.md says of each is what it does.

``RECORD_NO_PROXY=1`` writes what they do to no_proxy/outcomes.json; ``make docs`` then makes the table.
"""

from __future__ import annotations

import json
import os
import typing as t

import pytest
from no_proxy_clients import PACKAGES, RECORD, asked

pytestmark = pytest.mark.whole


@pytest.mark.parametrize("suite", list(PACKAGES))
def test_every_client_does_what_is_recorded(suite: str) -> None:
    seen = asked(suite)
    if os.environ.get("RECORD_NO_PROXY"):
        kept = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
        RECORD.write_text(json.dumps({**kept, suite: seen}, indent=1) + "\n", "utf-8")
    recorded = json.loads(RECORD.read_text("utf-8"))[suite]
    assert _outcomes(seen) == _outcomes(recorded)


def _outcomes(found: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: client["outcomes"] for name, client in found.items()}
