# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The script that closes ports without nft fails, and says so, as long as one family stays open."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import boot
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import SYSTEM_PATH

OPEN = "ALERT: the ports of the plan are OPEN to everybody on %s; iptables-restore is missing or failed"


@pytest.mark.parametrize(
    ("tools", "status", "said", "mark"),
    [
        ((), 1, [OPEN % "IPv4 and IPv6"], ""),
        (("iptables",), 1, ["closed by: iptables", OPEN % "IPv6"], "iptables"),
        (("ip6tables-nft",), 1, ["closed by:  ip6tables-nft", OPEN % "IPv4"], " ip6tables-nft"),
        (("iptables-legacy", "ip6tables"), 0, ["closed by: iptables-legacy ip6tables"], "iptables-legacy ip6tables"),
    ],
)
def test_a_family_that_stays_open_is_a_failure(
    tools: tuple[str, ...], status: int, said: list[str], mark: str, tmp_path: pathlib.Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "head", "rm", "cat"):
        path = shutil.which(name)
        assert path
        (programs / name).symlink_to(path)
    for tool in tools:
        (programs / f"{tool}-restore").write_text("#!/bin/sh\ncat >/dev/null\n", encoding="ascii")
        (programs / f"{tool}-restore").chmod(0o755)
    script = boot.SCRIPT.replace("PATH=" + SYSTEM_PATH, f"PATH={programs}").replace(boot.MARK, str(tmp_path / "mark"))
    for path in boot.EMERGENCY.values():
        rules = tmp_path / pathlib.Path(path).name
        rules.touch()
        script = script.replace(path, str(rules))
    done = subprocess.run(["/bin/sh", "-s", "close", "nft said"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()) == (status, said)
    assert (tmp_path / "mark").read_text(encoding="ascii") == f"{mark}\nnft said\n"
