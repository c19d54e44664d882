# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A firewalld whose reload outlasts D-Bus's time limit of 25 seconds: the run waits for its end, and nobody reloads into a reload."""

from __future__ import annotations

import pytest
from firewall_host import Network
from firewalld_daemon import Firewalld
from namespaces import both, outcomes
from policies import PEER_HTTP, policy
from suites import on_suite
from waiting import until

SERVER = "/usr/lib/python3/dist-packages/firewall/server/firewalld.py"
SLOW = r"""s/^\( *\)self\.fw\.reload()$/\1import time
\1open('\/run\/reloads', 'a').write('begin\\n')
\1time.sleep(%d)
\1self.fw.reload()
\1open('\/run\/reloads', 'a').write('end\\n')/""".replace("\n", "\\n")

pytestmark = pytest.mark.whole


def slow(net: Network, seconds: int = 28) -> Firewalld:
    """firewalld, whose reload takes some seconds longer than it should, and which counts reloads."""
    net.host.run(["sed", "-i", SLOW % seconds, SERVER])
    assert "time.sleep(" in net.host.file(SERVER).read_text()
    return Firewalld(net.host)


def reloads(net: Network) -> list[str]:
    file = net.host.file("/run/reloads")
    return file.read_text().split() if file.exists() else []


@pytest.mark.parametrize(
    "suite", [on_suite("bookworm", "bookworm"), on_suite("trixie", "trixie", whole=True), on_suite("forky", "forky", whole=True)]
)
def test_a_slow_reload_is_waited_for(net: Network, suite: str) -> None:
    host, firewalld = net.host, slow(net)
    firewalld.cmd("--add-port=7777/tcp")
    host.run(["iptables", "-A", "INPUT", "-s", net.stranger.ipv4, "-p", "tcp", "--dport", "5555", "-j", "DROP"])
    runtime = firewalld.runtime()
    assert host.apply(policy(PEER_HTTP))["backend"] == "firewalld"
    assert reloads(net) == ["begin", "end"]
    assert firewalld.runtime() == runtime
    assert firewalld.ours()
    with host.listen("tcp", 7777, 8443):
        assert outcomes(net.partner, "tcp", host, 7777, 8443) == both("open", "open")
        assert outcomes(net.stranger, "tcp", host, 7777) == both("open")
        assert "open" not in str(outcomes(net.stranger, "tcp", host, 8443))
    assert not host.apply(policy(PEER_HTTP))["changed"]


def test_a_change_is_not_taken_back_while_it_is_made(net: Network) -> None:
    slow(net, seconds=45)  # the watchdog waits 30 seconds for the lock of a run whose window is over
    assert net.host.apply(policy(PEER_HTTP), confirm_timeout=1)["on_trial"]
    until(lambda: reloads(net) == ["begin", "end"] * 2, "the watchdog did not take back what nobody confirmed")


def test_somebody_elses_reload_ends_before_ours_begins(net: Network) -> None:
    host = net.host
    slow(net)
    theirs = host.start(["firewall-cmd", "--reload"])
    until(lambda: reloads(net) == ["begin"], "firewalld did not begin to reload")
    assert host.apply(policy(PEER_HTTP))["backend"] == "firewalld"
    theirs.wait()
    assert reloads(net) == ["begin", "end", "begin", "end"]
    assert not host.apply(policy(PEER_HTTP))["changed"]
