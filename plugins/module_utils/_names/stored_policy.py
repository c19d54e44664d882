# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What is enforced on a host, kept there for the refresher of host names: the same policy, but for its answers."""

from __future__ import annotations

import json
import typing as t

from .._errors import ToolFailed
from .._host.host import STATE, Host
from .._policy.model import Policy
from .._policy.reader import ids_of_installation, names_of, parse_policy
from .._policy.shrink import Holding, holding
from .lookup import Answers

FILE = STATE + "/policy.json"


class StoredPolicy(t.NamedTuple):
    """A policy as it was declared, and what the host added to it.

    ``declared`` is the host's file of the plan with its ``address_sets``; ``backend`` carries it; ``management`` is the management
    connection that it allows: (client address, local port); ``private_answers`` are names or domains that may have private addresses;
    ``answers`` are the addresses in force for its names.
    """

    declared: t.Dict[str, t.Any]
    backend: str
    management: t.Optional[t.Tuple[str, int]]
    container_interfaces: t.Sequence[str]
    private_answers: t.Sequence[str]
    answers: Answers

    @property
    def names(self) -> t.List[str]:
        """The host names of its rules, sorted."""
        return names_of(self.declared)

    @property
    def own_names(self) -> t.List[str]:
        """Names and domains that may have private addresses: the administrator's, and the forward proxy, which is the site's own."""
        return own_names_of(self.declared, self.private_answers)

    def parse(self) -> Policy:
        """What is to be enforced. Raises PolicyRefused."""
        return parse_policy(self.declared, self.answers, self.management, self.container_interfaces)

    def holding(self, parsed: Policy) -> Holding:
        """What it opens, as :meth:`parse` has read it; names count as names, and what an installation alone needs does not count."""
        return holding(parsed, self.names, ids_of_installation(self.declared))

    def text(self) -> bytes:
        return (json.dumps(self._asdict(), indent=2, sort_keys=True) + "\n").encode()


def own_names_of(declared: t.Mapping[str, t.Any], private_answers: t.Sequence[str]) -> t.List[str]:
    """Names and domains of a declared policy that may have private addresses, as :attr:`StoredPolicy.own_names`."""
    rules = declared.get("rules")
    proxied = [rule for rule in rules if isinstance(rule, dict) and rule.get("via_proxy")] if isinstance(rules, list) else []
    return [*private_answers, *names_of({"rules": proxied})]


def read_stored_policy(host: Host) -> t.Optional[StoredPolicy]:
    """The policy that is in force; None where none with host names is. Raises ToolFailed where the file is damaged."""
    content = host.read_own(FILE)
    if content is None:
        return None
    try:
        stored = StoredPolicy(**json.loads(content))
    except (ValueError, TypeError):
        raise ToolFailed("%s is damaged; run firewall_policy again" % FILE) from None
    return stored._replace(management=(stored.management[0], stored.management[1]) if stored.management else None)
