"""Where Docker cannot simply be restarted: what is said, what is done, and what is refused."""

from __future__ import annotations

import contextlib
import json
import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.molecule.forward_proxy.other_runs import DAEMON_JSON, changes, nothing_lost, other, site
from ansible_collections.federated.connectivity.molecule.shared.packets import host

MEMORY = "/var/lib/federated_connectivity/docker_proxy"
DROP_IN = "/etc/systemd/system/docker.service.d/zz-federated-connectivity.conf"
SWARM = "docker swarm init --advertise-addr=198.51.100.70", "docker swarm leave --force"
WITHOUT_LIVE_RESTORE = (
    f"cp -p {DAEMON_JSON} /root/kept; sed -i '0,/{{/s//{{\\n    \"live-restore\": false,/' {DAEMON_JSON}",
    f"cp -p /root/kept {DAEMON_JSON}; rm /root/kept",
)


@contextlib.contextmanager
def while_(name: str, begin: str, end: str) -> t.Iterator[None]:
    """A host between two commands."""
    host(name).check_output(begin)
    try:
        yield
    finally:
        host(name).check_output(end)


@pytest.mark.whole
@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (SWARM, "the daemon is part of a swarm, which knows no live-restore"),
        (WITHOUT_LIVE_RESTORE, f"{DAEMON_JSON} says that live-restore is false"),
    ],
    ids=["swarm", "live-restore false"],
)
def test_that_containers_will_stop_is_said_beforehand(tmp_path: pathlib.Path, state: tuple[str, str], reason: str) -> None:
    with nothing_lost(), while_("beta", *state):
        said = site(tmp_path, "beta", "--check", succeeds=True, **other())
        assert f"running container will stop, and start again where their restart policy says so: {reason}" in said
        assert host("beta").run(f"grep other.example.org {DAEMON_JSON}").rc == 1


@pytest.mark.whole
def test_without_a_restart_nothing_stops_and_each_run_says_what_is_left_to_do(tmp_path: pathlib.Path) -> None:
    """Under live-restore false, where a restart would stop containers."""
    beta, invocation = host("beta"), "systemctl show --value --property=InvocationID docker"
    with nothing_lost():
        before, content = beta.check_output(invocation), beta.file(DAEMON_JSON).content
        with while_("beta", *WITHOUT_LIVE_RESTORE):
            for changed in (1, 0):
                said = site(tmp_path, "beta", succeeds=True, docker_proxy_restart=False, **other())
                assert "docker.service must be restarted before it uses this; until then it goes on as it was" in said
                assert f"{DAEMON_JSON} says that live-restore is false" in said
                assert changes(said, "beta") == changed
            assert ".other.example.org" in json.loads(beta.file(DAEMON_JSON).content_string)["proxies"]["no-proxy"]
            assert ".other.example.org" not in beta.check_output("docker info --format={{.NoProxy}}")
            assert beta.check_output(invocation) == before
        site(tmp_path, "beta", succeeds=True)
        assert beta.file(DAEMON_JSON).content == content


def test_an_engine_that_was_downgraded_gets_its_drop_in_back_and_starts(tmp_path: pathlib.Path) -> None:
    """alpha's Docker 20.10 finds what a run has left for a later engine, beta's: it knows no ``proxies`` and does not start."""
    alpha, beta = host("alpha"), host("beta")
    drop_in = alpha.file(DROP_IN).content
    memory = json.loads(beta.file(f"{MEMORY}/state.json").content_string)
    proxies = json.loads(beta.file(DAEMON_JSON).content_string)["proxies"]
    for path, data in ((DAEMON_JSON, {"debug": False, "proxies": proxies}), (f"{MEMORY}/state.json", memory)):
        alpha.check_output(f"mkdir -p {MEMORY}; echo '{json.dumps(data)}' >{path}")
    alpha.check_output(f"rm {DROP_IN} /etc/federated_connectivity/docker_proxy.env; systemctl daemon-reload")
    assert alpha.run("systemctl restart docker").rc
    alpha.check_output("until systemctl is-failed docker; do sleep 0.5; done")
    journal = alpha.check_output("journalctl --quiet --no-pager --output=cat --unit=docker --lines=50")
    assert "the following directives don't match any configuration option" in journal
    site(tmp_path, "alpha", succeeds=True)
    assert "xxxxx:xxxxx@198.51.100.2:3128" in alpha.check_output("docker info")
    assert json.loads(alpha.file(DAEMON_JSON).content_string) == {"debug": False}
    assert alpha.file(DROP_IN).content == drop_in
    assert changes(site(tmp_path, "alpha", succeeds=True), "alpha") == 0
    alpha.check_output(f"rm {DAEMON_JSON}")


@pytest.mark.whole
@pytest.mark.parametrize(
    ("directory", "words"),
    [
        ("/var/snap/docker", "the snap of Docker has a unit and a daemon.json of its own: set its proxies there"),
        ("/opt/docker-desktop", "Docker Desktop ignores `proxies` in daemon.json: set its proxies in Settings > Resources > Proxies"),
    ],
)
def test_other_dockers_are_refused_by_name(tmp_path: pathlib.Path, directory: str, words: str) -> None:
    """On gamma without Debian's. Neither can be had here, but for its directory."""
    with while_("gamma", f"systemctl --quiet mask docker; mkdir -p {directory}", f"systemctl --quiet unmask docker; rmdir {directory}"):
        assert f"{words}. Then leave it out here: docker_proxy_system: false" in site(tmp_path, "gamma", "--check")
        assert changes(site(tmp_path, "gamma", "--check", succeeds=True, docker_proxy_system=False), "gamma") == 0
