# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The authorities of the distribution are read only from files that are regular and small."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._host.regular_file import SMALL
from ansible_collections.federated.connectivity.plugins.module_utils._tls import path as tls_path


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: os.truncate(os.open(path, os.O_WRONLY | os.O_CREAT), SMALL + 1), id="too large"),
        pytest.param(os.mkfifo, id="a FIFO"),
        pytest.param(os.mkdir, id="a directory"),
        pytest.param(lambda path: path.write_bytes(b"\xff"), id="not ASCII"),
    ],
)
def test_authorities_that_cannot_all_be_read_are_not_known(
    make: t.Callable[[pathlib.Path], object], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_path, "_PUBLIC_AUTHORITIES", str(tmp_path / "*.crt"))
    for name in ("a.crt", "c.crt"):
        (tmp_path / name).write_text(name, encoding="ascii")
    assert tls_path.public_authorities() == "a.crtc.crt"
    make(tmp_path / "b.crt")
    assert tls_path.public_authorities() == ""
