#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: flow_listener
short_description: Listen for a while where no service listens yet
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Starts a process that listens on ports which nothing else uses, on IPv4 and IPv6.
    So an open path is proven before its service is installed.
  - On TCP it says one line and hangs up; on UDP it answers datagrams that hold the password of the run, and nothing else.
    It reads nothing more, and runs without privileges. On Windows the Task Scheduler starts it, as LOCAL SERVICE.
  - It ends by itself after O(seconds), whatever becomes of the connection that started it. A port that is in use is left alone.
  - There is one listener per host; starting another ends it.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.windows_too
  - federated.connectivity.attributes.host_action
attributes:
  check_mode:
    support: full
    details:
      - Starts and stops nothing, and tells which ports are free or in use all the same.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Each start begins a new term, in place of the last.
options:
  state:
    description: Whether to start the listener or to end it.
    type: str
    choices: [started, stopped]
    default: started
  ports:
    description: Where to listen.
    type: list
    elements: dict
    default: []
    suboptions:
      protocol:
        description: The transport protocol.
        type: str
        choices: [tcp, udp]
        required: true
      port:
        description: The port.
        type: int
        required: true
  name:
    description: The name that the listener's answer stands for. Required when O(state=started).
    type: str
  token:
    description:
      - Any text that this run shares with M(federated.connectivity.flow_probe), 1 to 64 printable ASCII characters. Use a random one.
        Required when O(state=started).
      - It stays on the controller. The action plugin computes from it what hosts are given, so that no host can claim to be the listener
        of another one.
    type: str
  seconds:
    description: How many seconds it may live, 1 or more.
    type: int
    default: 120
seealso:
  - module: federated.connectivity.flow_probe
"""

EXAMPLES = r"""
- name: Listen where the data station will
  federated.connectivity.flow_listener:
    name: "{{ inventory_hostname }}"
    token: spring-rollout
    ports:
      - {protocol: tcp, port: 8443}

- name: Stop listening
  federated.connectivity.flow_listener:
    state: stopped
"""

RETURN = r"""
ports:
  description: What became of each port, per family.
  returned: when O(state=started)
  type: list
  elements: dict
  contains:
    protocol:
      description: The transport protocol.
      type: str
    family:
      description: 4 or 6.
      type: int
    port:
      description: The port.
      type: int
    state:
      description: V(listening), V(in_use) by a service, V(failed), or, in check mode, V(free).
      type: str
    detail:
      description: Which process holds the port, or why listening failed.
      type: str
  sample:
    - {protocol: tcp, family: 4, port: 8443, state: listening, detail: ""}
token:
  description: As given; it tells which run the result belongs to.
  returned: when O(state=started)
  type: str
  sample: 1f3870be274f6c49
listener:
  description: V(stopped), V(ended) if it had ended by itself before, or V(absent) if there was none.
  returned: when O(state=stopped), outside check mode
  type: str
  sample: stopped
"""

import re

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._proof import listener as proof_listener


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["started", "stopped"], "default": "started"},
            "ports": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "protocol": {"type": "str", "choices": ["tcp", "udp"], "required": True},
                    "port": {"type": "int", "required": True},
                },
            },
            "name": {"type": "str"},
            "token": {"type": "str", "no_log": False},
            "seconds": {"type": "int", "default": 120},
        },
        required_if=[("state", "started", ("name", "token"))],
        supports_check_mode=True,
    )
    options = module.params
    wanted = [(port["protocol"], port["port"]) for port in options["ports"]]
    if options["state"] == "stopped":
        if module.check_mode:
            module.exit_json(changed=False)
        listener = proof_listener.stop()
        module.exit_json(changed=listener == proof_listener.STOPPED, listener=listener)
    if not re.fullmatch(r"[!-~]{1,64}", options["token"]):
        module.fail_json(msg="token %r: give 1 to 64 printable ASCII characters" % options["token"])
    wrong = ["port %d is not valid: give 1 to 65535" % port for _protocol, port in wanted if not 1 <= port <= 65535]
    if options["seconds"] < 1:
        wrong.append("seconds is %d; give 1 or more" % options["seconds"])
    if wrong:
        module.fail_json(msg="; ".join(wrong))
    if module.check_mode:
        module.exit_json(changed=False, token=options["token"], ports=[port._asdict() for port in proof_listener.survey(wanted)])
    try:
        ports = proof_listener.start(wanted, options["name"], options["token"], options["seconds"])
    except OSError as error:
        module.fail_json(msg="the listener could not be started: %s" % error)
    module.exit_json(changed=bool(ports), token=options["token"], ports=[port._asdict() for port in ports])


if __name__ == "__main__":
    main()
