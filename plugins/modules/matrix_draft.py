#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: matrix_draft
short_description: Begin a network communication matrix of your own
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Writes a small, complete matrix with comments, to be changed into that of your system.
  - With O(table), drafts the matrix from a vendor's table of connections instead, in CSV or in Markdown, anywhere on a page.
  - What the table does not say, such as TLS, inspection and the use of a proxy, is written as C(unknown) and listed at the top of the file.
  - A row whose direction contradicts its source and destination becomes no flow. Both readings stand at the end of the file, commented out.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
attributes:
  check_mode:
    support: full
    details:
      - Writes nothing, and returns the same.
  diff_mode:
    support: full
  idempotent:
    support: none
    details:
      - A file that exists is never touched; the task fails.
options:
  path:
    description:
      - The file to write, on the controller. Its name is the matrix's, in lower case letters, digits and underscores, and C(.yml).
    type: path
    required: true
  table:
    description:
      - A file with a vendor's table. It has the columns port, source and destination under their usual names, and best direction,
        protocol and purpose.
    type: path
  perspective:
    description:
      - The components whose host the table describes, if all of its rows are written for one host, such as V(data_station).
        Then a row is a contradiction, too, where both ends are components and the direction does not fit.
    type: list
    elements: str
    default: []
requirements:
  - jsonschema >= 4.18, on the controller
  - PyYAML >= 6.0, on the controller
seealso:
  - module: federated.connectivity.required_rules
"""

EXAMPLES = r"""
- name: Begin a matrix
  federated.connectivity.matrix_draft:
    path: matrices/my_system.yml

- name: Draft a matrix from the vendor's page
  federated.connectivity.matrix_draft:
    path: matrices/my_system.yml
    table: vendor/network.md
  register: drafted
"""

RETURN = r"""
path:
  description: The file, as an absolute path.
  type: str
  returned: success
  sample: /home/operator/inventory/matrices/my_system.yml
flows:
  description: How many flows were drafted.
  type: int
  returned: with O(table)
  sample: 7
contradictions:
  description: Rows whose direction contradicts their source and destination.
  type: list
  elements: str
  returned: with O(table)
  sample:
    - "network.md:35: INGRESS, but its destination 'Internal IP range' is not a component of the system, and '[ Analysis Hub IP ]' is one"
unread:
  description: Rows that could not be read, and why.
  type: list
  elements: str
  returned: with O(table)
  sample: ["vendor/network.md:40: the port 'any' is not a number, range or list of them; write it so, or leave the row out"]
hints:
  description: What else is worth a look.
  type: list
  elements: str
  returned: with O(table)
problems:
  description: What the schema of matrices says against the draft, with its lines; mostly nothing.
  type: list
  elements: str
  returned: with O(table)
"""
