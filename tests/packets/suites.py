# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian releases and other parameters of which every run has some, and ``--whole`` all.

What differs between releases, firewalls and engines is proven in every run at least once for each of them; their whole product is not.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.molecule.lab.rootfs import RELEASES, SUITES


def on_suite(suite: str, *values: object, whole: bool = False, id: str | None = None) -> t.Any:
    """One set of parameters with the release of its host; with ``whole`` for the whole run alone."""
    marks = [pytest.mark.suite(suite), *([pytest.mark.whole] if whole else [])]
    return pytest.param(*values, marks=marks, id=id)


def suites(*fixed: str) -> pytest.MarkDecorator:
    """Run a test on every release, and on these in every run."""
    assert set(fixed) <= set(SUITES)
    return pytest.mark.parametrize("suite", [on_suite(suite, suite, whole=suite not in fixed) for suite in SUITES])


def releases(*fixed: str) -> pytest.MarkDecorator:
    """Run a test on every release that hosts may have, those before and after the lab's too, and on these in every run."""
    assert set(fixed) <= set(RELEASES)
    return pytest.mark.parametrize("suite", [on_suite(suite, suite, whole=suite not in fixed) for suite in RELEASES])


def some(names: str, product: t.Iterable[t.Sequence[object]], *fixed: t.Sequence[object]) -> pytest.MarkDecorator:
    """Run a test with every combination of some parameters, and with the ``fixed`` ones in every run."""
    combinations = [tuple(combination) for combination in product]
    assert {tuple(each) for each in fixed} <= set(combinations)
    return pytest.mark.parametrize(
        names.split(","),
        [pytest.param(*each, marks=() if each in {tuple(one) for one in fixed} else pytest.mark.whole) for each in combinations],
    )
