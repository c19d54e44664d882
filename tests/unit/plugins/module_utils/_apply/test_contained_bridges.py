# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Others on the bridge of computations are named, before anything of the policy is in force."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._apply.contained_bridges import check_contained_bridges
from ansible_collections.federated.connectivity.plugins.module_utils._containers.docker import Container, NoAnswer
from ansible_collections.federated.connectivity.plugins.module_utils._containers.published import Published
from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused
from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import InsideFlow
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import Policy

COMPUTATIONS = (InsideFlow("coinstac.n.container_docker", "tcp", ("8881",)),)
POLICY = Policy("alpha", (), False, False, contained_bridges=("docker0",), computations=COMPUTATIONS)


def container(name: str, bridge: str, *published: Published) -> Container:
    return Container(name, (bridge,), published)


COMPUTATION = container("computation", "docker0", Published("tcp", "127.0.0.1", 8101, 8881, "computation"))


def test_computations_alone_are_no_reason_to_refuse() -> None:
    found = [COMPUTATION, container("web", "br-0123456789ab")]
    assert check_contained_bridges(POLICY, lambda: found) == []


@pytest.mark.parametrize(
    "published", [(), (Published("tcp", "0.0.0.0", 8881, 80),), (Published("udp", "0.0.0.0", 8881, 8881),)], ids=["none", "outside", "udp"]
)
def test_others_are_named(published: tuple[Published, ...]) -> None:
    found = [COMPUTATION, container("web", "docker0", *published), container("db\n", "docker0")]
    with pytest.raises(PolicyRefused) as refused:
        check_contained_bridges(POLICY, lambda: found)
    (message,) = refused.value.messages
    assert message.startswith(
        "docker0 is for computations alone (containment: full), and other containers use it: web, db\\n. They publish"
    )
    assert "no port 8881 inside" in message
    assert message.endswith("or set computation_bridge to the bridge of the computations")


def test_many_others_are_counted() -> None:
    with pytest.raises(PolicyRefused, match="web9 and 20 more"):
        check_contained_bridges(POLICY, lambda: [container(f"web{number}", "docker0") for number in range(30)])


def test_each_bridge_has_its_message() -> None:
    policy = POLICY._replace(contained_bridges=("br-a", "docker0"))
    with pytest.raises(PolicyRefused) as refused:
        check_contained_bridges(policy, lambda: [container("web", "docker0"), container("db", "br-a")])
    assert [message.split()[0] for message in refused.value.messages] == ["br-a", "docker0"]


def test_who_contains_nothing_is_asked_nothing() -> None:
    def ask() -> list[Container]:
        raise AssertionError("nobody is to be asked")

    assert check_contained_bridges(POLICY._replace(contained_bridges=()), ask) == []
    assert check_contained_bridges(POLICY._replace(computations=()), ask) == []


def test_what_cannot_be_known_is_said(tmp_path: pathlib.Path) -> None:
    def silent() -> list[Container]:
        raise NoAnswer

    (doubt,) = check_contained_bridges(POLICY, silent)
    assert "Those on docker0 are contained, whatever they are" in doubt
    assert check_contained_bridges(POLICY, list, str(tmp_path)) == []
    (tmp_path / "docker0" / "brif" / "veth1").mkdir(parents=True)
    assert check_contained_bridges(POLICY, list, str(tmp_path)) == [
        "docker0 has interfaces (veth1), and Docker knows no containers there. Whatever is behind them is contained, too"
    ]


def test_a_link_that_is_no_bridge_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "eth0").mkdir()
    (tmp_path / "docker0" / "brif").mkdir(parents=True)
    policy = POLICY._replace(contained_bridges=("docker0", "eth0", "not-yet-made"))
    with pytest.raises(PolicyRefused) as refused:
        check_contained_bridges(policy, list, str(tmp_path))
    (message,) = refused.value.messages
    assert message.startswith("eth0 is a link of this host and no bridge: whatever comes in by it would be refused (containment: full).")
