#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: flow_probe
short_description: Try connections from this host and tell what became of each
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Tries TCP connections and UDP datagrams from the host, many at a time.
  - Tells for each whether it was answered, refused, rejected, or met silence.
  - A TCP attempt sends nothing but the handshake. A UDP attempt sends the password of the run, which is computed from O(token).
  - Where M(federated.connectivity.flow_listener) listens at the other end, its answer tells which host was reached.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.windows_too
  - federated.connectivity.attributes.host_action
options:
  probes:
    description: What to try.
    type: list
    elements: dict
    required: true
    suboptions:
      protocol:
        description: The transport protocol.
        type: str
        choices: [tcp, udp]
        required: true
      destination:
        description:
          - An IP address, or a host name, which this host resolves.
          - Of a name's addresses at most four are tried, and the first that answers counts.
        type: str
        required: true
      port:
        description: The destination port.
        type: int
        required: true
  token:
    description:
      - Any text that this run shares with M(federated.connectivity.flow_listener), 1 to 64 printable ASCII characters. Use a random one.
      - It stays on the controller. The action plugin computes from it what hosts are given, so that no host can claim to be the listener
        of another one.
    type: str
    required: true
  timeout:
    description: How many seconds to wait for an answer to each attempt, and, on a TCP connection, for a listener's word. More than 0.
    type: float
    default: 3
  retries:
    description: How often to try again after silence, since packets get lost.
    type: int
    default: 1
  parallel:
    description: How many attempts at a time, 1 or more.
    type: int
    default: 64
seealso:
  - module: federated.connectivity.flow_listener
"""

EXAMPLES = r"""
- name: Try a partner's port on both families
  federated.connectivity.flow_probe:
    token: spring-rollout
    probes:
      - {protocol: tcp, destination: 198.51.100.75, port: 8443}
      - {protocol: tcp, destination: "2001:db8:2::75", port: 8443}
"""

RETURN = r"""
outcomes:
  description: What became of each probe, in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    protocol:
      description: As given.
      type: str
    destination:
      description: As given.
      type: str
    port:
      description: As given.
      type: int
    outcome:
      description:
        - V(open), a connection or an answer came about.
        - V(refused), the host was reached and nothing listens.
        - V(rejected), a firewall on the way or at either end refused.
        - V(silent), nothing came back in time.
        - V(unroutable), this host has no way to that address.
        - V(unresolved), the name has no address here.
      type: str
    address:
      description: The address that was tried; empty where the name did not resolve.
      type: str
    source:
      description: This host's own address on the way; empty where nothing left.
      type: str
    by:
      description: Who rejected, where an ICMP error tells.
      type: str
    answered_by:
      description: The name of the listener whose words came back; empty for anything else that answers.
      type: str
    detail:
      description: The system's words for what went wrong.
      type: str
  sample:
    - protocol: tcp
      destination: 198.51.100.75
      port: 8443
      outcome: open
      address: 198.51.100.75
      source: 198.51.100.10
      by: ""
      answered_by: beta
      detail: ""
token:
  description: As given; it tells which run the result belongs to.
  returned: success
  type: str
  sample: 1f3870be274f6c49
"""

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._proof.probe import probe


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "probes": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "protocol": {"type": "str", "choices": ["tcp", "udp"], "required": True},
                    "destination": {"type": "str", "required": True},
                    "port": {"type": "int", "required": True},
                },
            },
            "token": {"type": "str", "required": True, "no_log": False},
            "timeout": {"type": "float", "default": 3},
            "retries": {"type": "int", "default": 1},
            "parallel": {"type": "int", "default": 64},
        },
        supports_check_mode=True,
    )
    options = module.params
    wrong = [
        "%s is %s; give %s" % (name, options[name], meaning)
        for name, least, meaning in (("timeout", 1e-9, "seconds above 0"), ("retries", 0, "0 or more"), ("parallel", 1, "1 or more"))
        if not options[name] >= least
    ]
    wrong += ["port %d is not valid: give 1 to 65535" % one["port"] for one in options["probes"] if not 1 <= one["port"] <= 65535]
    if wrong:
        module.fail_json(msg="; ".join(wrong))

    def attempt(wanted: t.Dict[str, t.Any]) -> t.Dict[str, t.Any]:
        outcome = probe(wanted["protocol"], wanted["destination"], wanted["port"], options["timeout"], options["token"], options["retries"])
        return dict(wanted, address=outcome.destination, **{key: value for key, value in outcome._asdict().items() if key != "destination"})

    with ThreadPoolExecutor(options["parallel"]) as pool:
        module.exit_json(changed=False, token=options["token"], outcomes=list(pool.map(attempt, options["probes"])))


if __name__ == "__main__":
    main()
