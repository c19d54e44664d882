# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ..plugin_utils._host_answers.action import HostAction

IS_TRUE = ("true", "yes", "on", "1")


class ActionModule(HostAction):
    """Lets the host shake hands, and takes its answer for the endpoints that it was asked for alone."""

    MODULE = "tls_handshake_info"

    def ask(self, module: str, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        result = super().ask(module, arguments, variables)
        if result.get("failed"):
            return result
        if result.get("token") != str(arguments.get("token", "")):
            return self.refuse("it does not have the token of this run")
        if [_identity(handshake) for handshake in result["handshakes"]] != [_identity(one) for one in arguments.get("endpoints", ())]:
            return self.refuse("its handshakes are not those of the endpoints that it was asked for")
        return result


def _identity(endpoint: dict[str, t.Any]) -> tuple[str, ...]:
    """What tells an endpoint from others, as the module reads its options."""
    own = str(endpoint.get("own", False)).lower() in IS_TRUE
    return str(endpoint.get("destination")), str(endpoint.get("port")), str(endpoint.get("server_name") or ""), str(own)
