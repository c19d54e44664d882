#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall_confirm
short_description: Confirm a change of the firewall policy, so that the host keeps it
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Proves that the host is still reachable, by being run over a connection that was opened after the change, and that the host
    still reaches what its policy wants it to. Then the watchdog is disarmed and the change stays.
  - Where that cannot be proven the host takes the change back, and this module fails and says what was restored and why. It does so,
    too, where the change was taken back before, because nobody confirmed it in time or because the host was rebooted.
  - M(federated.connectivity.firewall_policy) runs it by itself. Only what runs that module in other ways needs this one.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.windows_too
  - federated.connectivity.attributes.host_action
attributes:
  check_mode:
    support: none
    details:
      - In check mode nothing is to be confirmed.
  diff_mode:
    support: N/A
    details:
      - There is nothing to compare.
  idempotent:
    support: full
    details:
      - Confirming again is answered the same.
options:
  token:
    description: The RV(federated.connectivity.firewall_policy#module:on_trial.token) of the change.
    type: str
    required: true
seealso:
  - module: federated.connectivity.firewall_policy
"""

EXAMPLES = r"""
- name: Keep the change
  federated.connectivity.firewall_confirm:
    token: "{{ enforced.on_trial.token }}"
  become: true
"""

RETURN = r"""
outcome:
  description: How the change ended. V(restored) is a failure of this module, and so is V(failed), some of it could not be restored.
  returned: when the host has tried the change
  type: str
  sample: confirmed
errors:
  description: Why the change was taken back, and what became of each place; all of it is in the message too.
  returned: failure
  type: list
  elements: str
  sample: [nobody confirmed it within 60 seconds, ufw is as it was before]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._apply.confirmation import confirm
from ansible_collections.federated.connectivity.plugins.module_utils._apply.management import live_session
from ansible_collections.federated.connectivity.plugins.module_utils._apply.trial import CONFIRMED
from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyError
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, in_words


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "token": {"type": "str", "required": True, "no_log": False},
        }
    )
    try:
        record = confirm(module.params["token"], live_session(), Host())
    except PolicyError as error:
        module.fail_json(msg=str(error), errors=list(error.messages), outcome="")
    except OSError as error:
        module.fail_json(msg=in_words(error))
    if record.outcome != CONFIRMED:
        message = "the change was not confirmed: " + "; ".join(record.messages)
        module.fail_json(msg=message, errors=list(record.messages), outcome=record.outcome)
    module.exit_json(changed=False, outcome=record.outcome)


if __name__ == "__main__":
    main()
