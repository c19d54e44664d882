# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.federated.connectivity.plugins.plugin_utils._expected_certificates import ExpectationsRefused, expectations_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_flows import Looks, endpoint_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_report import counts, is_failure, lines, summary, write_report
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_verdict import Sights, judge_paths


class ActionModule(ActionBase):
    """Judges on the controller what the hosts of the play have seen of TLS servers."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: t.Any = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(  # type: ignore[no-untyped-call]
            {
                "chosen": {"type": "dict", "required": True},
                "registered": {"type": "str", "required": True},
                "strict": {"type": "bool", "default": False},
                "report": {"type": "path"},
            }
        )
        chosen, strict = options["chosen"], options["strict"]
        looks = {name: Looks.from_data(data) for name, data in chosen["hosts"].items()}
        try:
            expectations = expectations_of(looks, task_vars["hostvars"])
        except ExpectationsRefused as error:
            raise AnsibleActionFail(str(error)) from error
        sights = {
            name: _sights(chosen["hosts"][name]["endpoints"], seen["handshakes"])
            for name in looks
            for seen in (task_vars["hostvars"][name].get(options["registered"], {}),)
            if "handshakes" in seen and seen["token"] == chosen["token"]
        }
        judgements = judge_paths(looks, sights, expectations)
        try:
            if options["report"]:
                write_report(pathlib.Path(options["report"]), judgements, looks, sights, strict)
        except OSError as error:
            raise AnsibleActionFail(f"the report could not be written: {error}") from error
        return result | {
            "changed": False,
            "hosts": {
                name: {"lines": lines(found, looks[name]), "failures": [str(one) for one in found if is_failure(one, strict)]}
                for name, found in judgements.items()
            },
            "counts": counts(judgements, strict),
            "summary": summary(judgements, strict),
        }


def _sights(endpoints: list[dict[str, t.Any]], handshakes: list[dict[str, t.Any]]) -> Sights:
    """What a host saw; handshakes stand in the order of the endpoints."""
    seen = [(endpoint_of(endpoint), handshake) for endpoint, handshake in zip(endpoints, handshakes, strict=True)]
    return Sights(
        {endpoint: handshake for endpoint, handshake in seen if not handshake["own"]},
        {endpoint: handshake for endpoint, handshake in seen if handshake["own"]},
    )
