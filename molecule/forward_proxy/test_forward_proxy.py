"""Behind a forward proxy: Docker pulls through it, partners are reached directly, containers go on, and mistakes break nothing."""

from __future__ import annotations

import contextlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.molecule.forward_proxy.other_runs import DAEMON_JSON, nothing_lost, other, site
from ansible_collections.federated.connectivity.molecule.shared.packets import BLOCKED, Probes, host

HOSTS = ("alpha", "beta", "gamma")
DOCKER = {"alpha": "docker", "beta": "docker", "gamma": "sudo -u admin docker -H unix:///run/user/1000/docker.sock"}
PARTNER = "203.0.113.20"

DIRECT = Probes(*((name, "partner", "tcp", port) for name in HOSTS for port in (8443, 9090)))
CLOSED = Probes(*((name, "vendor", "tcp", port) for name in HOSTS for port in (80, 443)))


def proxied() -> str:
    """What squid has logged."""
    return str(host("router").file("/var/log/squid/access.log").content_string)


@pytest.mark.parametrize("name", HOSTS)
def test_a_pull_goes_through_the_proxy(name):
    registry = f"{name}.registry.linksight.network"
    host(name).run(f"{DOCKER[name]} pull {registry}/station")
    assert f"CONNECT {registry}:443" in proxied()


@pytest.mark.parametrize("name", HOSTS)
@pytest.mark.parametrize("port", [8443, 9090])
def test_a_partner_is_reached_without_the_proxy(name, port):
    said = host(name).run(f"{DOCKER[name]} pull {PARTNER}:{port}/station").stderr
    assert "x509: " in said  # the partner's own end answers, with a certificate that no public authority has issued
    assert PARTNER not in proxied()


@pytest.mark.parametrize("probe", DIRECT.all, ids=str)
def test_direct_flow_passes(probe):
    assert DIRECT.outcomes[probe] == "open"


@pytest.mark.parametrize("probe", CLOSED.all, ids=str)
def test_nothing_else_leaves_but_through_the_proxy(probe):
    assert CLOSED.outcomes[probe] in BLOCKED


@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_containers_went_on_while_docker_was_restarted(name):
    started = host(name).check_output("date --date=$(docker inspect --format={{.State.StartedAt}} service-peer-http) +%s")
    docker = host(name).check_output('date --date="$(systemctl show --value --property=ActiveEnterTimestamp docker)" +%s')
    assert int(started) < int(docker)
    assert host(name).check_output("docker info --format={{.LiveRestoreEnabled}}") == "false"


def test_credentials_are_for_root_alone():
    alpha = host("alpha")
    assert "xxxxx:xxxxx@198.51.100.2:3128" in alpha.check_output("docker info")
    assert "word" not in alpha.check_output("sudo -u admin systemctl show docker; sudo -u admin systemctl cat docker")
    pid = alpha.check_output("systemctl show --value --property=MainPID docker")
    assert "HTTPS_PROXY=http://station:p%40ss%25word@198.51.100.2:3128" in alpha.check_output(f"tr '\\0' '\\n' </proc/{pid}/environ")
    assert alpha.file("/etc/federated_connectivity/docker_proxy.env").mode == 0o600


def test_the_users_own_configuration_is_kept():
    theirs = host("gamma").file("/home/admin/.config/docker/daemon.json")
    assert theirs.content_string.startswith('{\n    "storage-driver": "vfs", "log-driver": "local",\n    "proxies": {\n')
    assert (theirs.user, theirs.mode) == ("admin", 0o640)


@pytest.mark.whole
def test_a_wrong_url_is_refused_by_the_name_of_the_variable(tmp_path):
    with nothing_lost():
        said = site(tmp_path, "beta", **other(https_proxy="proxy.example.org"))
    assert "connectivity_forward_proxy.https_proxy: must be the URL of a proxy with its port" in said


@pytest.mark.whole
def test_a_proxy_that_does_not_answer_is_refused(tmp_path):
    with nothing_lost():
        said = site(tmp_path, "beta", **other(3129))
    assert "the forward proxy http://198.51.100.66:3129 does not answer this host" in said


@contextlib.contextmanager
def drop_in(text: str) -> t.Iterator[None]:
    """Another administrator's drop-in of Docker's unit on beta."""
    directory = "/etc/systemd/system/docker.service.d"
    host("beta").check_output(f"mkdir -p {directory}; printf '[Service]\\n{text}\\n' >{directory}/other.conf; systemctl daemon-reload")
    try:
        yield
    finally:
        host("beta").check_output(f"rm {directory}/other.conf; systemctl daemon-reload")


@pytest.mark.whole
def test_a_flag_of_the_unit_is_found(tmp_path):
    with nothing_lost(), drop_in("ExecStart=\\nExecStart=/usr/sbin/dockerd -H fd:// --http-proxy=http://198.51.100.66:3128"):
        said = site(tmp_path, "beta", **other())
    assert "/etc/systemd/system/docker.service.d/other.conf:3 gives dockerd the flag --http-proxy" in said


def test_docker_that_does_not_start_gets_its_files_back_and_starts(tmp_path):
    before = host("beta").file(DAEMON_JSON).content
    with nothing_lost(), drop_in(f'ExecStartPre=/bin/sh -c "! grep -q other.example.org {DAEMON_JSON}"'):
        said = site(tmp_path, "beta", **other())
    assert "docker.service does not start" in said
    assert "its files are as they were before, and it runs with them" in said
    assert host("beta").file(DAEMON_JSON).content == before


@pytest.mark.whole
def test_a_broken_file_is_told_by_its_place_and_left_alone(tmp_path):
    beta = host("beta")
    beta.check_output(f"cp -p {DAEMON_JSON} /root/kept; printf ',\\n' >>{DAEMON_JSON}")
    try:
        broken = beta.file(DAEMON_JSON).content
        with nothing_lost():
            said = site(tmp_path, "beta", **other())
        assert beta.file(DAEMON_JSON).content == broken
    finally:
        beta.check_output(f"cp -p /root/kept {DAEMON_JSON}; rm /root/kept")
    assert f"{DAEMON_JSON}:2:1: Extra data" in said
