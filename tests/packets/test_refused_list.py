# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole playbook that lists refused peers, on a host whose table holds some."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.peers_watched import REFUSED, set_of

INVENTORY = f"""
all:
  hosts:
    hospital:
      ansible_connection: local
      ansible_become: false
      ansible_python_interpreter: {sys.executable}
      connectivity_memberships: [{{matrix: linksight, federation: north, roles: [data_station]}}]
      connectivity_addresses: [203.0.113.20]
      connectivity_log_refused: true
    partner:
      connectivity_managed: false
      connectivity_memberships: [{{matrix: linksight, federation: north, roles: [data_station]}}]
      connectivity_addresses: [203.0.113.21]
"""


def test_refused_peers_are_listed_with_what_would_admit_them(tmp_path: pathlib.Path) -> None:
    refused = {("peer_http", 4): "elements = { 192.0.2.9 }", ("peer_grpc", 6): "elements = { 2001:db8::9 }"}
    sets = [
        f"set {set_of(REFUSED, f'linksight.north.{flow}.ingress', family)} "
        f"{{ type ipv{family}_addr; size 1000; flags dynamic,timeout; timeout 7d; {refused.get((flow, family), '')} }}"
        for flow in ("peer_http", "peer_grpc")
        for family in (4, 6)
    ]
    (tmp_path / "table.nft").write_text("table inet federated_connectivity {\n" + "\n".join(sets) + "\n}\n")
    (tmp_path / "hosts.yml").write_text(INVENTORY)
    (tmp_path / "play.yml").write_text("- ansible.builtin.import_playbook: federated.connectivity.refused\n")
    ansible = pathlib.Path(sys.executable).with_name("ansible-playbook")
    play = f"nft -f table.nft && exec {ansible} -i hosts.yml play.yml -e connectivity_plan={tmp_path}/plan"
    environment = {
        name: value for name, value in os.environ.items() if name == "ANSIBLE_COLLECTIONS_PATH" or not name.startswith("ANSIBLE_")
    }
    command = ["unshare", "--net", "--", "sh", "-c", play]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    words = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "192.0.2.9 was refused at tcp 8443 (linksight.north.peer_http.ingress). To admit it, add a host" in words
    assert "2001:db8::9 was refused at tcp 9090" in words
    assert "Refused: 2 refused peers on 1 hosts that log them" in words
