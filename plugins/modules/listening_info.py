#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: listening_info
short_description: Tell which processes listen on given ports, and on which addresses
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Reads from C(/proc/net), or on Windows by C(Get-NetTCPConnection) and C(Get-NetUDPEndpoint), which sockets listen on the given ports.
    No tool needs to be installed.
  - Processes of other users are named only if the module runs as root, or as an administrator.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.windows_too
  - federated.connectivity.attributes.host_action
options:
  ports:
    description: The ports of interest.
    type: list
    elements: dict
    required: true
    suboptions:
      protocol:
        description: The transport protocol.
        type: str
        choices: [tcp, udp]
        required: true
      ports:
        description: Ports and ranges such as V(8000-8010).
        type: list
        elements: str
        required: true
      container_ports:
        description:
          - Ports inside containers. The answer lists the published ports of Docker that lead to one of them.
          - If dockerd runs, it is asked over its own socket. The programs that hold published ports for Docker, also for rootless Docker,
            are known by their command lines.
          - On Windows they are not looked up, and a warning says so.
        type: list
        elements: str
        default: []
"""

EXAMPLES = r"""
- name: See who listens on the ports of a local user interface
  federated.connectivity.listening_info:
    ports:
      - {protocol: tcp, ports: ["8484"]}
"""

RETURN = r"""
sockets:
  description: The sockets that listen on one of the ports.
  returned: success
  type: list
  elements: dict
  contains:
    protocol:
      description: The transport protocol.
      type: str
    family:
      description: 4 or 6.
      type: int
    address:
      description: The local address.
      type: str
    port:
      description: The port.
      type: int
    process:
      description: Its process; empty if that is not to be seen.
      type: str
    loopback:
      description: Whether only this host itself gets there.
      type: bool
  sample:
    - {protocol: tcp, family: 4, address: 127.0.0.1, port: 8484, process: "fedbiomed (pid 811)", loopback: true}
published:
  description: The published ports of containers that lead to one of the ports in C(container_ports).
  returned: success
  type: list
  elements: dict
  contains:
    protocol:
      description: The transport protocol.
      type: str
    address:
      description: The address of the host where it is published.
      type: str
    port:
      description: The port of the host.
      type: int
    inner_port:
      description: The port inside the container.
      type: int
    container:
      description: The name of the container; empty if that is not known.
      type: str
    loopback:
      description: Whether only this host itself gets there.
      type: bool
  sample:
    - {protocol: tcp, address: 127.0.0.1, port: 8101, inner_port: 8881, container: computation, loopback: true}
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._containers.docker import NoAnswer, containers
from ansible_collections.federated.connectivity.plugins.module_utils._containers.published import (
    Published,
    held_by_forwarders,
    with_names,
)
from ansible_collections.federated.connectivity.plugins.module_utils._host.listening_sockets import listening_sockets
from ansible_collections.federated.connectivity.plugins.module_utils._plan.ports import bounds, is_port_range


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "ports": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "protocol": {"type": "str", "choices": ["tcp", "udp"], "required": True},
                    "ports": {"type": "list", "elements": "str", "required": True},
                    "container_ports": {"type": "list", "elements": "str", "default": []},
                },
            },
        },
        supports_check_mode=True,
    )
    wanted, inside = (_numbers(module, key) for key in ("ports", "container_ports"))
    sockets = [dict(socket._asdict(), loopback=socket.is_loopback) for socket in listening_sockets(wanted)]
    published = _published(module, inside) if inside else []
    module.exit_json(changed=False, sockets=sockets, published=[dict(one._asdict(), loopback=one.is_loopback) for one in published])


def _numbers(module: AnsibleModule, key: str) -> t.Set[t.Tuple[str, int]]:
    found: t.Set[t.Tuple[str, int]] = set()
    for entry in module.params["ports"]:
        for text in entry[key]:
            if not is_port_range(text):
                module.fail_json(msg="%r is not a valid port: give a number from 1 to 65535, or a range such as 8000-8010" % text)
            low, high = bounds(text)
            found.update((entry["protocol"], port) for port in range(low, high + 1))
    return found


def _published(module: AnsibleModule, inside: t.Collection[t.Tuple[str, int]]) -> t.List[Published]:
    """What leads to one of these ports inside; the forwarders are asked besides, because a user's own Docker has another socket."""
    named: t.List[Published] = []
    try:
        named = [one for container in containers() for one in container.published]
    except NoAnswer as error:
        module.warn("%s; only those whose ports a program of Docker holds are known" % error)
    return [one for one in with_names(held_by_forwarders(), named) if (one.protocol, one.inner_port) in inside]


if __name__ == "__main__":
    main()
