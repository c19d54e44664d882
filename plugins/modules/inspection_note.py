#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: inspection_note
short_description: Leave a note on a host, which of its flows TLS inspection has to leave alone
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Installs the host's note from the plan as C(tls_inspection.txt), C(tls_inspection.md) and C(tls_inspection.json) in
    C(/usr/local/share/federated_connectivity).
  - The directory has mode 0755, the files have 0644, and root owns them, whatever was there.
  - Nothing of the host's network is changed.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.linux
  - federated.connectivity.attributes.plan_reader
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  plan:
    description:
      - The plan directory on the controller, as made by M(federated.connectivity.required_rules). Required with O(state=present).
      - A relative path starts in the current directory.
    type: path
  note:
    description: The text of each form. The action plugin reads it from O(plan), so a task does not set it.
    type: dict
    suboptions:
      txt:
        description: The note as plain text.
        type: str
        required: true
      md:
        description: The note as Markdown.
        type: str
        required: true
      json:
        description: The note for programs.
        type: str
        required: true
  state:
    description: V(present) installs the note; V(absent) removes it, and its directory unless somebody else keeps files there.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: federated.connectivity.required_rules
"""

EXAMPLES = r"""
- name: Leave the note of the plan
  federated.connectivity.inspection_note:
    plan: "{{ playbook_dir }}/plan"
  become: true

- name: Remove it
  federated.connectivity.inspection_note:
    state: absent
  become: true
"""

RETURN = r"""
changes:
  description: The files and directories that changed, or would change in check mode.
  returned: success
  type: list
  elements: str
  sample: [/usr/local/share/federated_connectivity/tls_inspection.txt]
errors:
  description: Each thing that is wrong, by itself; all of them are in the message too.
  returned: failure
  type: list
  elements: str
diff:
  description: Kind, mode, owner and content of what changed, before and after.
  returned: when diff mode is on
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyError
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, in_words
from ansible_collections.federated.connectivity.plugins.module_utils._inspection.note import FORMS, apply, propose


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "plan": {"type": "path"},
            "note": {"type": "dict", "options": {form: {"type": "str", "required": True} for form in FORMS}},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["note"])],
        supports_check_mode=True,
    )
    note = module.params["note"] if module.params["state"] == "present" else None
    host, warnings = Host(), []
    try:
        with host.lock():
            places = propose(note)
            changed = [place for place in places if place.changed]
            if changed and not module.check_mode:
                warnings = apply(places, host)
    except PolicyError as error:
        module.fail_json(msg=str(error), errors=list(error.messages))
    except OSError as error:
        module.fail_json(msg=in_words(error))
    for warning in warnings:
        module.warn(warning)
    module.exit_json(changed=bool(changed), changes=[place.path for place in changed], diff=[place.as_diff() for place in changed])


if __name__ == "__main__":
    main()
