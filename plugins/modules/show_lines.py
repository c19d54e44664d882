#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: show_lines
short_description: Show lines, if there are any
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Shows lines as M(ansible.builtin.debug) does. Where there are none, the task succeeds and shows nothing.
  - So a playbook needs no condition, and no host is skipped.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.info_module
options:
  lines:
    description: What to show.
    type: list
    elements: str
    required: true
seealso:
  - module: ansible.builtin.debug
"""

EXAMPLES = r"""
- name: Show what the host now allows
  federated.connectivity.show_lines:
    lines: "{{ enforced['allowed'] | default([]) }}"
"""

RETURN = r"""
msg:
  description: The lines.
  type: list
  elements: str
  returned: if there are any
  sample: ["ingress tcp 8443 from linksight_north_data_station (3 networks) [linksight.north.peer_http.ingress]"]
"""
