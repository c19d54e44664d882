#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trace_info
short_description: Trace the way of TCP connections from a host
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Runs C(traceroute -T), or where it is missing C(tcptraceroute), for each destination. Both send TCP packets with the flag SYN, and no
    data. No connection is completed.
  - It needs root. M(federated.connectivity.trace_judge) reads what the commands wrote.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.linux
  - federated.connectivity.attributes.host_action
options:
  targets:
    description: The connections. Keys other than these two are left out.
    type: list
    elements: dict
    required: true
    suboptions:
      destination:
        description: An IP address.
        type: str
        required: true
      port:
        description: The destination port.
        type: int
        required: true
  hops:
    description: How many hops to look at, 1 to 64.
    type: int
    default: 20
  wait:
    description: How many seconds to wait for an answer, 1 to 10.
    type: int
    default: 2
"""

EXAMPLES = r"""
- name: Trace the way to the hub
  federated.connectivity.trace_info:
    targets:
      - {destination: 198.51.100.75, port: 6443}
  become: true
"""

RETURN = r"""
missing:
  description: Whether the host has neither of the commands. Then there are no traces.
  returned: success
  type: bool
  sample: false
traces:
  description: What the command wrote, in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    destination:
      description: As given.
      type: str
    port:
      description: As given.
      type: int
    output:
      description: The lines.
      type: str
  sample: [{destination: 198.51.100.75, port: 6443, output: " 1  192.0.2.1  0.4 ms\n 2  198.51.100.75 <syn,ack>  0.9 ms\n"}]
"""

import ipaddress
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyError
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host

PARALLEL = 8
LONGEST = 16000


def command_for(host: Host, destination: str, port: int, hops: int, wait: int) -> t.Optional[t.List[str]]:
    """The command that traces a connection; None where the host has none."""
    bounds = ["-n", "-q", "2", "-w", str(wait), "-m", str(hops)]
    if host.which("traceroute"):
        return ["traceroute", "-T", "-O", "info", "-N", "16", *bounds, "-p", str(port), destination]
    if host.which("tcptraceroute"):
        return ["tcptraceroute", *bounds, destination, str(port)]
    return None


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "targets": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {"destination": {"type": "str", "required": True}, "port": {"type": "int", "required": True}},
            },
            "hops": {"type": "int", "default": 20},
            "wait": {"type": "int", "default": 2},
        },
        supports_check_mode=True,
    )
    options, host = module.params, Host()
    wrong = [
        "%s is %d; give %d to %d" % (name, options[name], low, high)
        for name, low, high in (("hops", 1, 64), ("wait", 1, 10))
        if not low <= options[name] <= high
    ]
    for target in options["targets"]:
        if not 1 <= target["port"] <= 65535:
            wrong.append("port %d is not valid: give 1 to 65535" % target["port"])
        try:
            ipaddress.ip_address(target["destination"])
        except ValueError:
            wrong.append("%s is not an IP address" % target["destination"])
    if wrong:
        module.fail_json(msg="; ".join(wrong))
    commands = [command_for(host, target["destination"], target["port"], options["hops"], options["wait"]) for target in options["targets"]]
    if None in commands:
        module.exit_json(changed=False, missing=True, traces=[])

    def trace(command: t.List[str]) -> str:
        try:
            done = host.run(command, check=False)
        except PolicyError as error:
            return str(error)
        return (done.stdout + done.stderr)[:LONGEST]

    with ThreadPoolExecutor(PARALLEL) as pool:
        outputs = list(pool.map(trace, t.cast(t.List[t.List[str]], commands)))
    traces = [
        {"destination": one["destination"], "port": one["port"], "output": output} for one, output in zip(options["targets"], outputs)
    ]
    module.exit_json(changed=False, missing=False, traces=traces)


if __name__ == "__main__":
    main()
