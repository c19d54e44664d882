# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answers decide is what the policy says, by a reading of its own: ``tests/packets/model.py``, which real firewalls agree with."""

from __future__ import annotations

import itertools
import typing as t

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.connections import connections
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.decisions import Verdict
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.parties import find_party
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import AddressSetIndex, Plan
from ansible_collections.federated.connectivity.tests.packets.model import Packet, Surroundings, admits

HERE, THERE = ("198.51.100.10", "2001:db8:1::10"), ("203.0.113.1", "2001:db8:2::1")
NETWORKS = ("203.0.113.1/32", "203.0.113.0/24", "2001:db8:2::/64", "192.0.2.0/24", "0.0.0.0/0", "::/0", "198.51.100.10/32", "2001:db8::/32")
PORTS = (1, 22, 443, 8000, 8001, 8010, 65535)

ports = st.one_of(
    st.sampled_from(PORTS).map(str),
    st.lists(st.sampled_from(PORTS), min_size=2, max_size=2, unique=True).map(lambda x: "{}-{}".format(*sorted(x))),
)
rules = st.builds(
    lambda direction, closed, **more: {"direction": direction, "closed_to_others": closed and direction == "ingress", **more},
    direction=st.sampled_from(("ingress", "egress")),
    closed=st.booleans(),
    id=st.just("x.y.z.1"),
    protocol=st.sampled_from(("tcp", "udp")),
    ports=st.lists(ports, min_size=1, max_size=3),
    peers=st.lists(st.sampled_from(("one", "two", "nobody")), max_size=2, unique=True).map(
        lambda sets: {"address_sets": sets, "names": []}
    ),
    placement=st.sampled_from(("host", "published")),
)
policies = st.builds(
    lambda rules, ingress, egress, **sets: {
        "managed": True,
        "rules": rules,
        "defaults": {"ingress": ingress, "egress": egress},
        "address_sets": {**sets, "nobody": []},
    },
    rules=st.lists(rules, max_size=6),
    ingress=st.sampled_from(("unchanged", "deny")),
    egress=st.sampled_from(("unchanged", "deny")),
    one=st.lists(st.sampled_from(NETWORKS), max_size=3),
    two=st.lists(st.sampled_from(NETWORKS), max_size=3),
)


def plan_of(sets: dict[str, list[str]], **hosts: dict[str, t.Any]) -> Plan:
    return Plan(sets, {name: HostPlan.from_json({"host": name, **content}) for name, content in hosts.items()})


def passes(policy: dict[str, t.Any], packet: Packet) -> bool:
    return admits(policy, None, packet, Surroundings())


@settings(max_examples=150)
@given(policies, policies)
def test_a_connection_is_allowed_where_both_policies_admit_it(here: dict[str, t.Any], there: dict[str, t.Any]) -> None:
    there["rules"] = [
        {**rule, "peers": {**rule["peers"], "address_sets": [f"there_{name}" for name in rule["peers"]["address_sets"]]}}
        for rule in there["rules"]
    ]
    there["address_sets"] = {f"there_{name}": networks for name, networks in there["address_sets"].items()}
    plan = plan_of({**here["address_sets"], **there["address_sets"]}, here={**here, "addresses": HERE}, there={**there, "addresses": THERE})
    sets = AddressSetIndex(plan.address_sets)
    for (own, other), protocol, port in itertools.product(zip(HERE, THERE, strict=True), ("tcp", "udp"), (*PORTS, 8005)):
        ends = [passes(here, Packet("egress", protocol, other, port)), passes(there, Packet("ingress", protocol, own, port))]
        for initiator, responder, expected in (("here", "there", ends), (own, other, ends), ("192.0.2.7", "there", None)):
            if expected is None and ":" in own:
                continue
            found = connections(plan, sets, find_party(initiator, plan), find_party(responder, plan), protocol, port)
            (decided,) = [one for one in found if other in one.destinations]
            wanted = expected or [True, passes(there, Packet("ingress", protocol, "192.0.2.7", port))]
            refuses = [decided.egress.verdict.refuses, decided.ingress.verdict.refuses]
            assert refuses == [not end for end in wanted]
            assert (decided.verdict is Verdict.REFUSED) == (not all(wanted))
            assert (decided.verdict is Verdict.ALLOWED) == (all(wanted) and bool((*decided.egress.rules, *decided.ingress.rules)))
