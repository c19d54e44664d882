# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Findings: what a plan does as it was told, and an expert would ask about; and how users accept them."""

from __future__ import annotations

import collections
import dataclasses
import typing as t
from collections.abc import Iterable, Sequence

from .._common.problems import subject, unknown
from .value import Value

KEYS = ("id", "about", "reason", "until")

EXPLANATIONS = {
    "federation-scope-any": "Partners are not known yet, so the federation's flows between hosts are open to everybody on this host.",
    "opening-ends": "An optional flow is opened until a day. The day closes nothing: the entry has to be removed.",
    "anybody-admitted": "A port is open to everybody, though its matrix does not mean the whole Internet.",
    "anybody-reached": "A host that refuses what no rule allows may still reach any address on a port, and so may every program on it.",
    "site-port-exposed": "A port that is meant for the host's own site is open to far more addresses than a site has.",
    "plaintext-between-sites": "What a system sends between hosts of different sites can be read and changed on the way.",
    "plaintext-at-site": "Users of a port can be read and changed on their network, because an option of the system turns TLS off.",
    "uncertain-flow": "A rule rests on a fact that is inferred, or that the system's own documents dispute.",
    "many-ports": "A rule opens more than a thousand ports, so that whatever listens there by accident is open, too.",
    "undefined-network": "A conditional flow comes from a named network that the host does not define, so nobody may use it.",
    "wide-addresses": "A host claims more public addresses than any host has, and all its partners open their ports to them.",
    "replaced-variable": "One group or host replaces what another group says, and a membership or network of it is lost.",
    "similar-federation": "The name of a federation resembles another one of its system: a typing error has probably shut its hosts out.",
    "shared-address": "More than one host claims an address, so partners may open their ports to the wrong host.",
    "no-common-family": "Two ends of a flow have no address of the same family, so they cannot meet.",
    "shared-port": "Two services of a host may want one port, because one of them is optional.",
    "not-contained": "A system promises that its containers reach nothing, and nothing on this host enforces it.",
    "containment-differs": "Two memberships use the same bridge. One asks for containment. The other does not, but it is contained too.",
    "without-effect": "An option or a network is set, and the plan is the same without it.",
    "translated-address": "Something in front of the host translates addresses, and the inventory does not say what else it changes.",
    "management-port": "Ansible comes in by a port that no rule of the host admits, although it refuses what no rule admits.",
    "stale-acceptance": "An acceptance no longer matches a finding, and would hide the next one.",
}
"""The id of every lint, and what it is about, in one sentence (docs/lints.md says more)."""
STALE = "stale-acceptance"
SCOPE_ANY = "federation-scope-any"
OPENING_ENDS = "opening-ends"
WIDE_ADDRESSES = "wide-addresses"
REPLACED = "replaced-variable"
SIMILAR_FEDERATION = "similar-federation"
SHARED_ADDRESS = "shared-address"
NO_COMMON_FAMILY = "no-common-family"
SHARED_PORT = "shared-port"
NOT_CONTAINED = "not-contained"
CONTAINMENT_DIFFERS = "containment-differs"
WITHOUT_EFFECT = "without-effect"
_SAYING = {SCOPE_ANY: "federation_scope_until is", OPENING_ENDS: "optional_flows opens it until"}
"""What the inventory says where a finding has a last day of its own."""
TRANSLATED_ADDRESS = "translated-address"
MANAGEMENT_PORT = "management-port"
_NO_END = "no end"
"""Comes after every day in the order of strings."""
ACCEPTABLE = [lint for lint in EXPLANATIONS if lint != STALE]


class Finding(t.NamedTuple):
    """What a lint found.

    Attributes:
        lint: The lint's id.
        about: The flow (``<matrix>.<federation>.<flow>``), federation (``<matrix>.<federation>``), network, or variable.
        text: What is so, and what would change it.
        until: The last day of the exception that the finding is about, YYYY-MM-DD; None: it has no end.
    """

    lint: str
    about: str
    text: str
    until: str | None = None


@dataclasses.dataclass(frozen=True)
class Acceptance:
    """The user's word that a finding is known, why it may stay, and the last day that it may (None: it has no end)."""

    lint: str
    about: str
    reason: str
    until: str | None = None

    def fits(self, finding: Finding) -> bool:
        return (self.lint, self.about) == (finding.lint, finding.about)


class Findings:
    """Collects the findings of all hosts, and tells which of them their users accepted."""

    def __init__(self) -> None:
        self._hosts: dict[tuple[Finding, str | None, str | None], list[str]] = collections.defaultdict(list)
        self._accepting: dict[Acceptance, list[str]] = collections.defaultdict(list)
        self._used: set[Acceptance] = set()

    def add(self, host: str, found: Iterable[Finding], accepted: Sequence[Acceptance]) -> None:
        """Note what was found about a host, and what its user accepts."""
        for acceptance in accepted:
            self._accepting[acceptance].append(host)
        for finding in found:
            fitting = [acceptance for acceptance in accepted if acceptance.fits(finding)]
            self._used.update(fitting)
            reason, until = _accepted(finding, fitting)
            self._hosts[finding, reason, until].append(host)

    def as_plan(self) -> list[dict[str, t.Any]]:
        """Everything found, sorted; ``accepted`` is the user's reason, or None. Who accepts what nobody has is found, too.

        ``until`` is the last day that the reason counts, where it has one. What that means today is not said here.
        """
        entries = [_entry(finding, hosts, reason, until) for (finding, reason, until), hosts in self._hosts.items()]
        for acceptance, hosts in self._accepting.items():
            if acceptance not in self._used:
                text = f"{acceptance.lint} is not found there; remove its acceptance from connectivity_accepted_findings"
                entries.append(_entry(Finding(STALE, acceptance.about, text), hosts, None))
        return sorted(entries, key=lambda entry: (entry["id"], entry["about"], entry["hosts"], entry["text"]))


def _accepted(finding: Finding, fitting: Sequence[Acceptance]) -> tuple[str | None, str | None]:
    """Why a finding is not a warning, and until when: the acceptance that lasts longest counts, but no longer than the exception."""
    longest = max(fitting, key=lambda acceptance: acceptance.until or _NO_END, default=None)
    if longest is None:
        return (f"{_SAYING[finding.lint]} {finding.until}" if finding.until else None), finding.until
    return longest.reason, min(filter(None, (longest.until, finding.until)), default=None)


def _entry(finding: Finding, hosts: Iterable[str], reason: str | None, until: str | None = None) -> dict[str, t.Any]:
    dated = {"until": until} if until else {}
    return {"id": finding.lint, "about": finding.about, "hosts": sorted(hosts), "text": finding.text, "accepted": reason, **dated}


def shown(entry: dict[str, t.Any]) -> str:
    """A finding of the plan on one line."""
    return f"{subject(entry['hosts'])}{entry['id']}: {entry['about']}: {entry['text']}"


def read_acceptances(value: Value) -> tuple[Acceptance, ...]:
    """Read ``connectivity_accepted_findings``, or what adds to it; what has no reason, or an id that does not exist, is refused."""
    items = value.items("[{id: uncertain-flow, about: shrine.north.sqs, reason: ...}]")
    return tuple(acceptance for acceptance in map(_acceptance, items or ()) if acceptance)


def _acceptance(value: Value) -> Acceptance | None:
    fields = value.mapping(KEYS)
    if fields is None:
        return None
    lint = value.required(fields, "id", "the finding's id, as the plan shows it")
    about = value.required(fields, "about", "the flow or federation of the finding, as the plan shows it")
    reason = value.required(fields, "reason", "why the finding may stay, for those who read the inventory after you")
    texts = [(lint and lint.text()) or "", (about and about.text()) or "", (reason and reason.prose()) or ""]
    if lint and texts[0] and texts[0] not in ACCEPTABLE:
        lint.refuse(unknown("finding", texts[0], "the linter", ACCEPTABLE))
    if reason and isinstance(reason.data, str) and not reason.data.strip():
        reason.refuse("an empty reason is none; say why the finding may stay")
    until = fields["until"].day() if "until" in fields else None
    return Acceptance(texts[0], texts[1], texts[2], until) if all(texts) else None
