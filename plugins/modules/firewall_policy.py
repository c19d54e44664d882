#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall_policy
short_description: Enforce the connectivity policy of one host, in one transaction
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Makes a host's firewall hold exactly the rules that the plan of M(federated.connectivity.required_rules) has for it.
    Rules that an earlier plan had and this one has not are removed. What others own, administrators, Docker, Podman, is never changed.
  - A port of the plan is closed to everyone but its peers, on IPv4 and IPv6 alike, also where it is the published port of a container.
    Everything else on the host stays as it was, unless the plan asks for a default of V(deny).
  - The connection that Ansible itself uses is always allowed, before any other rule, wherever the policy could refuse it.
  - All changes are checked by the firewall's own tools first, and applied together; if one fails, the others are taken back.
  - Host names of rules are looked up on the host itself, and every 15 minutes again by a systemd timer while the policy has any.
    Addresses are remembered for a day after they were last answered, and for a week while the name service fails.
    A name that never had an address opens nothing, and neither does an address that a partner cannot have, such as a loopback or a
    cloud platform's metadata address. One answer adds at most 32 addresses to those that are remembered. A warning names new ones.
  - The host takes every change back by itself unless somebody confirms it in time over a new connection, which this action does right
    after the change, see O(confirm_timeout). So no policy can lock Ansible out, whatever becomes of the connection or of this controller.
notes:
  - A new address set takes effect when the module runs again.
  - Containers may use the ports of the plan by their own host's address. A network that their engine makes later is known from the
    next run on.
  - Rules of the nftables backend cannot open what another nftables table refuses; the module warns about such tables.
  - Rules of others that refuse a peer, or accept others at a port that the plan closes, are left alone. A warning names each as its owner
    wrote it, and says whose prevails.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.windows_too
  - federated.connectivity.attributes.plan_reader
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the rules as the firewall itself lists them, before and after.
  idempotent:
    support: full
options:
  plan:
    description:
      - The plan directory on the controller, as made by M(federated.connectivity.required_rules).
        A relative path starts in the current directory.
        The host's own part of it is sent to the host.
      - Exactly one of O(plan) and O(policy) is required with O(state=present).
    type: path
  policy:
    description:
      - The host's file of the plan with one more key, V(address_sets), which holds the address sets that its rules name.
    type: dict
  backend:
    description:
      - The firewall that carries the policy.
      - V(auto) takes the one that is running, ufw or firewalld, and nftables where neither is. Two running at once are an error.
      - When the backend changes, what the former one holds of the policy is removed in the same run.
      - V(windows) is Windows Firewall, which V(auto) takes on a Windows host. It is an error on other hosts.
    type: str
    choices: [auto, nftables, ufw, firewalld, windows]
    default: auto
  state:
    description:
      - V(present) enforces the policy; V(absent) removes all that this module ever put on the host.
    type: str
    choices: [present, absent]
    default: present
  container_interfaces:
    description:
      - The bridges behind which containers live, by name or by prefix with a trailing V(*).
      - Only what enters or leaves by these bridges counts as traffic of containers when the plan denies egress by default,
        or when somebody routes packets straight to a container's address.
      - Behind a link that a prefix covers, that is not in the list by its exact name, and that Docker or Podman did not name,
        such as C(br-lan), are strangers.
      - Exact names, and bridges that a prefix covers and Docker or Podman named themselves (C(br-) and 12 hexadecimal digits, C(podman0)),
        count as the host's own containers; and where the plan closes a published port or keeps one to the host, nobody from outside
        is routed straight to an address behind them.
    type: list
    elements: str
    default: [docker0, docker_gwbridge, br-*, podman*, cni-podman*]
  private_answers:
    description:
      - Host names that may resolve to private addresses, and domains, with a leading dot, whose names may.
      - Other public names that do so open nothing. Names without a dot, names that cannot be public, such as C(.local), C(.internal) and
        C(.home.arpa), and the forward proxy may always.
      - This allows private addresses alone. No name opens loopback, link-local, multicast or reserved addresses, or the metadata address of
        a cloud platform.
    type: list
    elements: str
    default: []
  look_up_names:
    description:
      - V(false) takes the addresses that the host remembers, so that check mode tells what is in force from what is not, and not whether
        the name service answers differently by now.
    type: bool
    default: true
  confirm_timeout:
    description:
      - How many seconds a change waits to be confirmed. The action plugin confirms it over a connection of its own that it opens for this.
      - A watchdog on the host, which needs neither Ansible nor its connection, takes back what is not confirmed, and does so early at boot
        where the host is rebooted meanwhile. The task then fails and says what was restored and why.
      - V(0) turns this off.
    type: int
    default: 60
  confirm_egress:
    description:
      - What the host has to reach before a change is confirmed, out of the single addresses in its egress rules (partners, the forward
        proxy, name servers). TCP ports are asked by a handshake, name servers by a question.
      - V(kept) asks for what was reachable before the change, so that a partner who is down fails nothing; V(all) for everything;
        V(none) for nothing.
    type: str
    choices: [kept, all, none]
    default: kept
  allow_shrink:
    description:
      - The host stops before it changes anything if the policy would take much away from the one in force, and names what would go.
        V(true) lets it pass. With O(state=absent) nothing stops.
      - Much is all rules or all peers, or more than O(shrink_share) and at least O(shrink_least) of the rules,
        or of the peers of one direction and family.
      - Peers are counted one by one, and by the addresses that they cover. A rule without peers left counts as gone.
      - A host on which no policy is in force, or none that this module has recorded there, does not stop.
      - Check mode warns about what would stop.
    type: bool
    default: false
  shrink_share:
    description: The share of rules or peers, from 0 to 1, that may go without O(allow_shrink).
    type: float
    default: 0.3333333333333333
  shrink_least:
    description: How many rules or peers must go for O(shrink_share) to matter.
    type: int
    default: 3
  show_diff:
    description: V(false) returns the differences of diff mode in RV(differences) instead of RV(diff), so that the run does not show them.
    type: bool
    default: true
requirements:
  - nft, where the backend is V(nftables), where the plan closes a port to others or keeps one to the host itself, and where it
    denies by default
  - unshare (util-linux), where nft is needed
seealso:
  - module: federated.connectivity.required_rules
"""

EXAMPLES = r"""
- name: Enforce the plan on every host that has one
  federated.connectivity.firewall_policy:
    plan: "{{ playbook_dir }}/plan"
  become: true

- name: See what would change
  federated.connectivity.firewall_policy:
    plan: "{{ playbook_dir }}/plan"
  become: true
  check_mode: true
  diff: true

- name: Enforce one rule without a plan
  federated.connectivity.firewall_policy:
    backend: nftables
    policy:
      host: station
      defaults: {ingress: unchanged, egress: unchanged}
      address_sets:
        partners: [198.51.100.20/32, "2001:db8:1::20/128"]
      rules:
        - id: example.north.peer_http.ingress
          direction: ingress
          protocol: tcp
          ports: ["8443"]
          peers: {address_sets: [partners], names: []}
          placement: published
  become: true

- name: Leave nothing behind
  federated.connectivity.firewall_policy:
    state: absent
  become: true
"""

RETURN = r"""
backend:
  description: The firewall that carries the policy.
  returned: success and O(state=present)
  type: str
  sample: nftables
allowed:
  description: What the host now allows and to whom, one line for each rule.
  returned: success and O(state=present)
  type: list
  elements: str
  sample: ["ingress tcp 8443 from linksight_north_data_station (3 networks) [linksight.north.peer_http.ingress]"]
changes:
  description: The places that changed, or would change in check mode.
  returned: success
  type: list
  elements: str
  sample: [nftables table inet federated_connectivity]
rules:
  description:
    - Where each rule of the policy stands, one entry for each rule and place that holds configuration.
    - Rules that a place cannot tell apart are left out, such as those about types of ICMP with firewalld.
  returned: in check mode, on Linux
  type: list
  elements: dict
  contains:
    rule:
      description: The id of the rule.
      type: str
      returned: always
    place:
      description: The place, as in RV(changes).
      type: str
      returned: always
    disk:
      description: V(present), V(partly) or V(missing) in the files that are loaded at boot.
      type: str
      returned: always
    kernel:
      description: The same for what filters now.
      type: str
      returned: always
  sample:
    - {rule: linksight.north.peer_http.ingress, place: ufw, disk: present, kernel: missing}
on_trial:
  description: What the action plugin confirms. Absent where nothing changed, in check mode, and with O(confirm_timeout=0).
  returned: when a change waits to be confirmed
  type: dict
  contains:
    token:
      description: What M(federated.connectivity.firewall_confirm) takes.
      type: str
      returned: always
    seconds:
      description: How long it waits.
      type: int
      returned: always
errors:
  description: Each thing that is wrong, by itself; all of them are in the message too.
  returned: failure
  type: list
  elements: str
  sample: ["rule linksight.north.peer_http.ingress: '84433' is not a valid port"]
differences:
  description: The same as RV(diff), with O(show_diff=false).
  returned: when diff mode is on
  type: dict
diff:
  description: The rules of the places that changed, before and after.
  returned: when diff mode is on
  type: dict
  contains:
    before:
      description: What was in force.
      type: str
      returned: always
    after:
      description: What is in force now, or would be.
      type: str
      returned: always
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.respawn import (
    has_respawned,
    probe_interpreters_for_module,
    respawn_module,
)

from ansible_collections.federated.connectivity.plugins.module_utils._apply.enforce import Outcome, Wanted, enforce
from ansible_collections.federated.connectivity.plugins.module_utils._apply.watchdog import settled
from ansible_collections.federated.connectivity.plugins.module_utils._change.change import Change
from ansible_collections.federated.connectivity.plugins.module_utils._errors import BindingMissing, PolicyError
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.boot import not_loaded
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, in_words
from ansible_collections.federated.connectivity.plugins.module_utils._host.printable import printable, printable_lines
from ansible_collections.federated.connectivity.plugins.module_utils._policy.container_bridges import DEFAULT_INTERFACES

LINE = 10_000  # characters of a message: more than any of ours, less than a file of somebody else
SYSTEM_PYTHONS = ("/usr/bin/python3", "/usr/libexec/platform-python")


def _wanted(params: t.Mapping[str, t.Any]) -> Wanted:
    present = params["state"] == "present"
    given = {name: params[name] for name in Wanted._fields if name != "policy"}
    return Wanted(policy=params["policy"] if present else None, **given)


def _result(outcome: Outcome) -> t.Dict[str, t.Any]:
    result: t.Dict[str, t.Any] = {
        "changed": bool(outcome.changed),
        "changes": [change.name for change in outcome.changed],
        "diff": _diff(outcome.changed),
    }
    if outcome.policy:
        result.update(backend=outcome.backend, allowed=[str(rule) for rule in outcome.policy.rules])
    if outcome.presence:
        result["rules"] = [each._asdict() for each in outcome.presence]
    if outcome.trial:
        result["on_trial"] = outcome.trial._asdict()
    return result


def _diff(changed: t.Sequence[Change]) -> t.Dict[str, str]:
    places = ", ".join(change.name for change in changed)
    return {
        "before": _shown("".join(change.before for change in changed)),
        "after": _shown("".join(change.after for change in changed)),
        "before_header": "before: " + places,
        "after_header": "after: " + places,
    }


def _shown(text: str) -> str:
    """A text in which bytes of others that are not UTF-8 are escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "plan": {"type": "path"},
            "policy": {"type": "dict"},
            "backend": {"type": "str", "choices": ["auto", "nftables", "ufw", "firewalld", "windows"], "default": "auto"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "container_interfaces": {"type": "list", "elements": "str", "default": list(DEFAULT_INTERFACES)},
            "confirm_timeout": {"type": "int", "default": 60},
            "confirm_egress": {"type": "str", "choices": ["kept", "all", "none"], "default": "kept"},
            "private_answers": {"type": "list", "elements": "str", "default": []},
            "look_up_names": {"type": "bool", "default": True},
            "allow_shrink": {"type": "bool", "default": False},
            "shrink_share": {"type": "float", "default": 0.3333333333333333},
            "shrink_least": {"type": "int", "default": 3},
            "show_diff": {"type": "bool", "default": True},
        },
        required_if=[("state", "present", ["policy"])],
        supports_check_mode=True,
    )
    if module.params["confirm_timeout"] < 0:
        module.fail_json(msg="confirm_timeout is %d; give seconds, or 0 to turn it off" % module.params["confirm_timeout"])
    if not 0 <= module.params["shrink_share"] <= 1:
        module.fail_json(msg="shrink_share is %s; give a share from 0 to 1, such as 0.5" % module.params["shrink_share"])
    if module.params["shrink_least"] < 1:
        module.fail_json(msg="shrink_least is %d; give 1 or more" % module.params["shrink_least"])
    if module.params["backend"] == "windows":
        module.fail_json(msg="backend is windows, and this host is not; give auto or a firewall of Linux")
    host = Host()
    broken = not_loaded(host)
    if broken:
        module.warn(str(broken))
    try:
        with settled(host, module.check_mode) as warnings:
            outcome = enforce(_wanted(module.params), module.check_mode, host)
    except BindingMissing as error:
        interpreter = None if has_respawned() else probe_interpreters_for_module(SYSTEM_PYTHONS, error.binding)
        if interpreter:
            respawn_module(interpreter)
        module.fail_json(msg=str(error))
    except PolicyError as error:
        messages = [*([str(broken)] if broken else []), *error.messages]
        errors = [printable_lines(message, LINE) for message in messages]
        module.fail_json(msg="\n".join(errors), errors=errors)
    except OSError as error:
        module.fail_json(msg=printable(in_words(error)))
    for warning in warnings + outcome.warnings:
        module.warn(printable(warning, LINE))
    module.exit_json(**_result(outcome))


if __name__ == "__main__":
    main()
