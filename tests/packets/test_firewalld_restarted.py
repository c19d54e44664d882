# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody restarts firewalld while a run reads it: the run reads it again, and ends as if nothing had been."""

from __future__ import annotations

import pytest
from firewall_host import FirewallHost, Network
from firewalld_daemon import Firewalld
from namespaces import both, outcomes
from policies import PEER_HTTP, policy
from suites import suites

CLIENT = "/usr/lib/python3/dist-packages/firewall/client.py"
# The first program that asks for the services finds firewalld restarted before it is answered.
STRUCK = r"""

_listServices = FirewallClient.listServices

def listServices(self):
    import os, subprocess
    if os.path.exists("/run/strike"):
        os.rename("/run/strike", "/run/struck")
        nothing = subprocess.DEVNULL
        subprocess.run(["sh", "/usr/local/sbin/restart-firewalld"], stdin=nothing, stdout=nothing, stderr=nothing)
    return _listServices(self)

FirewallClient.listServices = listServices
"""
RESTART = """pkill -x firewalld
while pgrep -x firewalld; do sleep 0.1; done
setsid firewalld --nofork --nopid &
until firewall-cmd --state; do sleep 0.1; done
"""


@pytest.fixture
def struck(host: FirewallHost, firewalld: Firewalld) -> FirewallHost:
    """The host, whose firewalld is restarted while it is read once there is /run/strike."""
    host.file("/usr/local/sbin/restart-firewalld").write_text(RESTART)
    with host.file(CLIENT).open("a") as client:
        client.write(STRUCK)
    return host


@suites("bookworm")
def test_a_run_reads_it_again(net: Network, struck: FirewallHost, suite: str) -> None:
    for declared, changed in ((policy(PEER_HTTP), True), (policy(PEER_HTTP), False), (policy(PEER_HTTP, egress="deny"), True)):
        struck.file("/run/strike").touch()
        assert struck.apply(declared)["changed"] is changed
        assert struck.file("/run/struck").exists()
        struck.file("/run/struck").unlink()
        with struck.listen("tcp", 8443):
            assert outcomes(net.partner, "tcp", struck, 8443) == both("open")
            assert outcomes(net.stranger, "tcp", struck, 8443) == both("silent")
    struck.file("/run/strike").touch()
    assert struck.apply(None)["changed"]
    assert not struck.apply(None)["changed"]
