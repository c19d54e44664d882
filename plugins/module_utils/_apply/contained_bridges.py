# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Who uses the bridges whose containers a policy contains: computations alone, or others that would be contained with them."""

from __future__ import annotations

import os
import typing as t

from .._containers.docker import Container, NoAnswer, containers
from .._errors import PolicyRefused
from .._host.printable import printable
from .._plan.ports import holds
from .._policy.model import Policy

_NAMES = 10  # that are shown of one bridge


def check_contained_bridges(
    policy: Policy, ask: t.Callable[[], t.List[Container]] = containers, links: str = "/sys/class/net"
) -> t.List[str]:
    """Look at the containers on these bridges. Returns what nobody can tell.

    A container is a computation if it publishes one of the ports inside that the policy knows computations by.

    Raises:
        PolicyRefused: a link is no bridge, so others than containers would lose their network; or other containers use one of the bridges,
            and it names them.
    """
    no_bridges = [bridge for bridge in policy.contained_bridges if _is_other_link(links, bridge)]
    if no_bridges:
        raise PolicyRefused(*map(_no_bridge, no_bridges))
    if not policy.contained_bridges or not policy.computations:
        return []
    try:
        found = ask()
    except NoAnswer as error:
        return ["%s. Those on %s are contained, whatever they are" % (error, ", ".join(policy.contained_bridges))]
    errors, doubts = [], []
    for bridge in policy.contained_bridges:
        present = [one for one in found if bridge in one.bridges]
        others = [printable(one.name) for one in present if not _is_computation(one, policy)]
        if others:
            errors.append(_refused(bridge, others, policy))
        elif not present and _interfaces(links, bridge):
            doubts.append(
                "%s has interfaces (%s), and Docker knows no containers there. Whatever is behind them is contained, too"
                % (bridge, _listed(_interfaces(links, bridge)))
            )
    if errors:
        raise PolicyRefused(*errors)
    return doubts


def _is_computation(container: Container, policy: Policy) -> bool:
    return any(
        one.protocol == flow.protocol and holds(flow.ports, one.inner_port) for one in container.published for flow in policy.computations
    )


def _refused(bridge: str, others: t.Sequence[str], policy: Policy) -> str:
    ports = " or ".join(sorted({port for flow in policy.computations for port in flow.ports}))
    return (
        "%s is for computations alone (containment: full), and other containers use it: %s. They publish no port %s inside, so they are "
        "not computations, and they would lose their network. Give them a network of their own (docker network create), or set "
        "computation_bridge to the bridge of the computations" % (bridge, _listed(others), ports)
    )


def _is_other_link(links: str, name: str) -> bool:
    """Whether the host has a link of this name that is no bridge. An engine makes a bridge that is missing when it needs it."""
    link = "%s/%s" % (links, name)
    return os.path.isdir(link) and not os.path.isdir("%s/brif" % link)


def _no_bridge(name: str) -> str:
    return (
        "%s is a link of this host and no bridge: whatever comes in by it would be refused (containment: full). Set computation_bridge to "
        "the bridge of the computations" % printable(name)
    )


def _listed(names: t.Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (" and %d more" % more if more > 0 else "")


def _interfaces(links: str, bridge: str) -> t.List[str]:
    try:
        return sorted(map(printable, os.listdir("%s/%s/brif" % (links, bridge))))
    except OSError:
        return []
