# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Examples may take as long as a busy machine needs; every run looks at the same ones, the whole run at many more."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

for profile, examples in (("fixed", 60), ("whole", 1000)):
    settings.register_profile(profile, max_examples=examples, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("whole" if config.getoption("--whole") else "fixed")
