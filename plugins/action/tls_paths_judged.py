# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.federated.connectivity.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.federated.connectivity.plugins.plugin_utils._expected_certificates import ExpectationsRefused, expectations_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._operator_variables import OperatorVariables, ValueUnreadable
from ansible_collections.federated.connectivity.plugins.plugin_utils._report_file import ReportUnwritable, write_report
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_flows import Looks, endpoint_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_report import counts, is_failure, lines, report, summary
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_verdict import Sights, judge_paths


class ActionModule(ControllerAction):
    """Judges on the controller what the hosts of the play have seen of TLS servers."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "chosen": {"type": "dict", "required": True},
        "registered": {"type": "str", "required": True},
        "strict": {"type": "bool", "default": False},
        "report": {"type": "path"},
    }
    MISTAKES = (ExpectationsRefused, ReportUnwritable, ValueUnreadable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        chosen, strict = options["chosen"], options["strict"]
        looks = {name: Looks.from_data(data) for name, data in chosen["hosts"].items()}
        expectations = expectations_of(looks, OperatorVariables(variables, self._task, self._loader))
        sights = {
            name: _sights(chosen["hosts"][name]["endpoints"], seen["handshakes"])
            for name in looks
            for seen in (variables["hostvars"][name].get(options["registered"], {}),)
            if "handshakes" in seen and seen["token"] == chosen["token"]
        }
        judgements = judge_paths(looks, sights, expectations)
        if options["report"]:
            write_report(pathlib.Path(options["report"]), report(judgements, looks, sights, strict))
        return {
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
