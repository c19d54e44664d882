#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: observation_info
short_description: Watch which connections and listeners chosen software of a host has
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Looks twice a second at the sockets of the chosen software, and now and then at the connections that the kernel tracks.
  - It reads C(/proc) alone. Nothing is installed, changed or captured. Where the kernel does not show tracked connections, it uses
    C(conntrack) if that is installed.
  - Only what belongs to the chosen processes, units, containers or ports comes back, with the addresses of their peers.
    Other traffic of the host is forgotten at once.
  - Connections that begin and end between two looks are seen only at the responder, and only if the kernel tracks connections there.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.linux
  - federated.connectivity.attributes.host_action
options:
  seconds:
    description: How long to watch, from 1 to 3600.
    type: int
    default: 300
  processes:
    description: Names of programs, or patterns such as V(flower-*). What they have started counts, too.
    type: list
    elements: str
    default: []
  units:
    description: Units of systemd, such as V(node.service) or V(node@*).
    type: list
    elements: str
    default: []
  containers:
    description: Names of containers of Docker or Podman.
    type: list
    elements: str
    default: []
  ports:
    description: Ports such as V(8443), V(8000-8010/tcp) or V(7600/udp), whoever uses them. TCP unless the port says otherwise.
    type: list
    elements: str
    default: []
  tls:
    description:
      - Whether to begin a TLS handshake with each TCP listener at the end, from the host itself, to see its kind of TLS.
      - The software may log these handshakes.
    type: bool
    default: false
seealso:
  - module: federated.connectivity.observation_report
"""

EXAMPLES = r"""
- name: Watch what a federation does for five minutes
  federated.connectivity.observation_info:
    processes: ["flower-*"]
    seconds: 300
  become: true
  register: observed
"""

RETURN = r"""
sockets:
  description: The listeners of the software, as others reach them.
  returned: success
  type: list
  elements: dict
  contains:
    protocol:
      description: The transport protocol.
      type: str
    address:
      description: The local address.
      type: str
    port:
      description: The port, of a published container that of the host.
      type: int
    placement:
      description: V(host), or V(published) for the published port of a container.
      type: str
    program:
      description: The name of the program; empty if it is not known.
      type: str
    tls:
      description: V(none), V(server) or V(mutual); empty if it is not known.
      type: str
  sample:
    - {protocol: tcp, address: 0.0.0.0, port: 8000, placement: host, program: flower-superlink, tls: server}
connections:
  description: The connections of the software, one entry for each peer and port of the responder.
  returned: success
  type: list
  elements: dict
  contains:
    protocol:
      description: The transport protocol.
      type: str
    incoming:
      description: Whether the peer opened them.
      type: bool
    own:
      description: Whether both ends are on this host.
      type: bool
    peer:
      description: The address of the peer; empty if both ends are on this host.
      type: str
    port:
      description: The port of the responder.
      type: int
    placement:
      description: V(host), or V(published) for a container.
      type: str
    program:
      description: The name of the program; empty if it is not known.
      type: str
    opened:
      description: How many different connections were seen, up to 1000.
      type: int
    looks:
      description: In how many looks one of them was seen.
      type: int
    answered:
      description: Whether the responder ever answered.
      type: bool
  sample:
    - {protocol: tcp, incoming: true, own: false, peer: 198.51.100.21, port: 8000, placement: host, program: flower-superlink,
       opened: 2, looks: 340, answered: true}
looks:
  description: How often it looked.
  returned: success
  type: int
tracked:
  description: Whether the host shows the connections that its kernel tracks. Without them, short connections may be missing.
  returned: success
  type: bool
cut:
  description: Whether there was more than is returned.
  returned: success
  type: bool
unmatched:
  description: What was chosen and never ran.
  returned: success
  type: list
  elements: str
hidden:
  description: Chosen programs that run in a container that was not chosen. Their connections are not in the result.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._observe.choice import NotChosen, read_choice
from ansible_collections.federated.connectivity.plugins.module_utils._observe.tls import kinds_of
from ansible_collections.federated.connectivity.plugins.module_utils._observe.watch import Watch


def main() -> None:
    names: t.Dict[str, t.Any] = {"type": "list", "elements": "str", "default": []}
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "seconds": {"type": "int", "default": 300},
            "processes": names,
            "units": names,
            "containers": names,
            "ports": names,
            "tls": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    asked = module.params
    try:
        choice = read_choice(asked["processes"], asked["units"], asked["containers"], asked["ports"], asked["seconds"])
    except NotChosen as error:
        module.fail_json(msg=str(error))
    watch = Watch(choice, Host())
    watch.watch(asked["seconds"])
    kinds = kinds_of(watch.sockets) if asked["tls"] else {}
    module.exit_json(
        changed=False,
        sockets=[dict(socket._asdict(), program=program, tls=kinds.get(socket, "")) for socket, program in sorted(watch.sockets.items())],
        connections=[
            dict(kind._asdict(), program=seen.program, opened=len(seen.clients), looks=seen.looks, answered=seen.answered)
            for kind, seen in sorted(watch.connections.items())
        ],
        looks=watch.looks,
        tracked=watch.tracks,
        cut=watch.cut,
        unmatched=watch.unmatched,
        hidden=sorted(watch.hidden),
    )


if __name__ == "__main__":
    main()
