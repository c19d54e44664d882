#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: plan_report
short_description: Show a plan and what is known about it on one page
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Writes a plan directory, and the results of runs on its hosts, as one HTML page and as Markdown. No host is contacted.
  - The page says first whether everything is as planned, and if not, what and where. It shows each federation, each host with its rules and
    their states, and the findings.
  - The page is one file. It loads nothing, and its content security policy forbids that.
  - Federations are drawn where Graphviz (the command C(dot)) is installed on the controller. The page has a table of the same flows.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.run_once
attributes:
  check_mode:
    support: full
    details:
      - Writes no file in check mode.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - The page has the time when it was made.
options:
  plan:
    description: The plan directory.
    type: path
    required: true
  results:
    description:
      - A directory with the JSON reports of C(verify) (O(federated.connectivity.verify_judge#module:report)), C(audit)
        (O(federated.connectivity.tls_audit_judge#module:report)), C(drift) (O(federated.connectivity.drift_judge#module:out))
        and C(trace) (O(federated.connectivity.trace_judge#module:out)).
      - The newest report of each kind counts. Reports about another plan do not count, and the page says so. Other files are left out.
    type: path
  out:
    description: The directory for C(report.html) and C(report.md). It is made if it does not exist. Only earlier reports are replaced.
    type: path
    required: true
  title:
    description: What the page calls the plan. By default the name of its directory.
    type: str
    default: ""
seealso:
  - module: federated.connectivity.drift_judge
  - module: federated.connectivity.plan_check
  - module: federated.connectivity.verify_judge
"""

EXAMPLES = r"""
- name: Write the report
  federated.connectivity.plan_report:
    plan: plan
    results: /var/lib/results
    out: report
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
files:
  description: The files of the report.
  type: list
  elements: str
  returned: success
  sample: [/srv/report/report.html, /srv/report/report.md]
status:
  description:
    - V(bad), something is not as planned. V(good), every host of ours is in force and no test failed.
    - V(partly), nothing is wrong as far as it was tested. V(unknown), there are no results.
  type: str
  returned: success
  sample: bad
headline:
  description: The answer in one sentence.
  type: str
  returned: success
  sample: 2 things are not as planned, on 1 host
problems:
  description: What is not as planned, with C(what), C(host), C(flow) and C(why). Each may be empty, except C(what).
  type: list
  elements: dict
  returned: success
  sample: [{"what": "-> hub 198.51.100.75:6443/tcp", "host": "clinic", "flow": "shrine.north.hub", "why": "silent"}]
summary:
  description: One line about the result and the files.
  type: str
  returned: success
  sample: "Everything is as planned. 40 of 40 rules are proven with packets. Written: report.html (48 kB), report.md (12 kB) in /srv/report"
"""
