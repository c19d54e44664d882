# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which version made a plan: from the metadata of an installed collection, of a checkout, or of neither."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan import identity
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import unfit


@pytest.fixture(autouse=True)
def root(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    monkeypatch.setattr(identity, "_ROOT", tmp_path)
    identity.own_version.cache_clear()
    yield tmp_path
    identity.own_version.cache_clear()


def test_an_installed_collection_says_its_version(root: pathlib.Path) -> None:
    (root / "MANIFEST.json").write_text(json.dumps({"collection_info": {"version": "2.3.4"}}))
    (root / "galaxy.yml").write_text("version: 1.0.0\n")
    assert identity.own_version() == "2.3.4"


def test_a_checkout_says_its_version(root: pathlib.Path) -> None:
    (root / "galaxy.yml").write_text('name: connectivity\nversion: "1.2.3"  # next\n')
    assert identity.own_version() == "1.2.3"
    assert len(list(unfit({"format": identity.FORMAT, "collection_version": "1.3.0"}))) == 1
    assert list(unfit({"format": identity.FORMAT, "collection_version": "1.2.0"})) == []


def test_a_copy_without_metadata_refuses_no_version() -> None:
    assert identity.own_version() == identity.UNKNOWN
    assert list(unfit({"format": identity.FORMAT, "collection_version": "1.3.0"})) == []
