# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user puts in the place of a Docker file is that user's error alone: others get their proxies, and the host stays manageable."""

from __future__ import annotations

import fcntl
import glob
import json
import os
import subprocess
import typing as t
import urllib.parse

import pytest
from firewall_host import FirewallHost, Network, network, payload
from policies import PEER_HTTP, policy

from ansible_collections.federated.connectivity.molecule.lab.rootfs import rootfs

PROXY = {"http_proxy": "http://198.51.100.20:3128", "https_proxy": "http://198.51.100.20:3128", "no_proxy": ["localhost"]}
STATE = ".local/state/federated_connectivity/docker_client"
BAD = {  # user: what is in the place of a file, which file, how the error goes on
    "fifo": ("mkfifo {config}", "config", " is a FIFO"),
    "zero": ("ln -s /dev/zero {config}", "", "/dev/zero is a device"),
    "folder": ("mkdir {config}", "config", " is a directory"),
    "huge": ("truncate -s 1T {config}", "config", " is larger than"),
    "deep": ("python3 -c 'print(\"[\" * 200)' > {config}", "config", ":1:101: more than 100 objects and arrays stand in each other"),
    "escape": ("ln -s \"$(printf 'x\\033[31m')\" {config}; mkfifo \"$(printf '{home}/.docker/x\\033[31m')\"", "", r"x\x1b[31m is a FIFO"),
    "memory": ("mkdir -p {home}/{state}; mkfifo {memory}", "memory", " is a FIFO"),
}  # fmt: skip


@pytest.fixture(scope="module")
def net() -> t.Iterator[Network]:
    with network(rootfs("bookworm")) as made:
        systemctl = made.host.file("/usr/local/sbin/systemctl")
        systemctl.write_text("#!/bin/sh\necho not-found\n")
        systemctl.chmod(0o755)
        for name in (*BAD, "good", "held"):
            made.host.run(["useradd", "--create-home", "--user-group", name])
            made.host.run(["su", name, "-c", "mkdir ~/.docker"])
        yield made


def arguments(*users: str, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
    usual = {"client": PROXY, "client_users": users, "system": False, "must_answer": False}
    return {**usual, **options, "_ansible_check_mode": check, "_ansible_diff": True}


def run(host: FirewallHost, *users: str, **options: t.Any) -> dict[str, t.Any]:
    done = host.run(["python3", "-"], input=payload(arguments(*users, **options), "docker_proxy"), check=False)
    result: dict[str, t.Any] = json.loads(done.stdout)
    return result


def test_each_bad_file_is_named_once_and_everybody_else_is_served(net: Network) -> None:
    expected = {}
    for name, (command, place, words) in BAD.items():
        paths = {"config": f"/home/{name}/.docker/config.json", "memory": f"/home/{name}/{STATE}/state.json", "": ""}
        net.host.run(["su", name, "-c", command.format(home=f"/home/{name}", state=STATE, config=paths["config"], memory=paths["memory"])])
        expected[name] = paths[place] + words
    for check in (True, False):
        result = run(net.host, *BAD, "good", check=check)
        assert result["failed"]
        assert result["changes"] == ["/home/good/.docker/config.json"]
        assert len(result["errors"]) == len(BAD)
        for name, words in expected.items():
            (error,) = [error for error in result["errors"] if error.startswith(f"user {name}: ")]
            assert words in error
            assert error.isprintable()
    written = json.loads(net.host.file("/home/good/.docker/config.json").read_text())
    assert written["proxies"]["default"]["httpsProxy"] == PROXY["https_proxy"]
    users = json.loads(net.host.file("/var/lib/federated_connectivity/docker_proxy_users.json").read_text())
    assert "good" in users["clients"]
    for name in BAD:
        net.host.run(["rm", "-rf", f"/home/{name}/.docker/config.json", f"/home/{name}/.local"])
    assert run(net.host, *BAD, "good")["changed"]
    assert "failed" not in run(net.host, state="absent")
    assert not net.host.file("/var/lib/federated_connectivity").exists()


def test_the_firewall_is_managed_while_a_user_is_waited_for(net: Network) -> None:
    host = net.host
    home = os.open(host.file("/home/held"), os.O_RDONLY)
    fcntl.flock(home, fcntl.LOCK_EX)  # as a program of the user could
    process = subprocess.Popen([*host.enter(), "python3", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(payload(arguments("held"), "docker_proxy"))
    process.stdin.close()
    process.stdin = None
    try:
        while not _waits_for_lock(os.fstat(home).st_ino):
            assert process.poll() is None
        assert host.apply(policy(PEER_HTTP), "nftables")["changed"]
        assert process.poll() is None
    finally:
        os.close(home)
    output = json.loads(process.communicate()[0])
    assert output["changes"] == ["/home/held/.docker/config.json"]
    host.apply(None)
    assert run(host, state="absent")["changed"]


def _waits_for_lock(inode: int) -> bool:
    """Whether a second process has our file open: it does not wait in the kernel, so /proc/locks does not tell."""
    found = set()
    for descriptor in glob.iglob("/proc/[0-9]*/fd/*"):  # pathlib's raises where a process ends meanwhile
        try:
            if os.stat(descriptor).st_ino == inode and os.readlink(descriptor).endswith("/home/held"):
                found.add(descriptor.split("/")[2])
        except OSError:
            continue
    return len(found) > 1


@pytest.mark.parametrize(
    "password", ["it's-0ld@", *(pytest.param(each, marks=pytest.mark.whole) for each in ("a b@c/d", "x\ny", 'q"uote\\', "p%40ss"))]
)
def test_the_password_that_was_there_is_shown_nowhere(net: Network, password: str) -> None:
    host = net.host
    config = host.file("/home/good/.docker/config.json")
    config.parent.mkdir(exist_ok=True)
    for url in (f"http://old:{password}@proxy.example.org:3128", f"old:{password}@proxy.example.org:3128"):
        config.write_text(json.dumps({"proxies": {"default": {"httpsProxy": url}, "tcp://other:2376": {"ftpProxy": url}}}))
        host.run(["chown", "-R", "good:", "/home/good/.docker"])
        for result in (run(host, "good", check=True), run(host, "good"), run(host, state="absent")):
            assert result["changed"], result
            texts = [text for diff in result["diff"] for text in diff.values()] + [json.dumps(result)]
            shown = [*texts, *map(urllib.parse.unquote, texts)]
            assert not [text for text in shown for form in (password, json.dumps(password)[1:-1]) if form in text]
        assert json.loads(config.read_text())["proxies"]["tcp://other:2376"] == {"ftpProxy": url}
        config.unlink()


def test_modes_of_what_is_remembered_are_drift(net: Network) -> None:
    host = net.host
    state = "/home/good/.local/state/federated_connectivity/docker_client/state.json"
    assert run(host, "good")["changed"]
    assert not run(host, "good")["changed"]
    users = "/var/lib/federated_connectivity/docker_proxy_users.json"
    for damage, path, words in (
        (f"chmod 666 {state}", state, "mode 0666, owner good:good"),
        (f"chmod 777 {os.path.dirname(state)}", os.path.dirname(state), "a directory, mode 0777, owner good:good"),
        (f"chmod 640 {users}", users, "mode 0640, owner root:root"),
        ("chmod 777 /var/lib/federated_connectivity", "/var/lib/federated_connectivity", "a directory, mode 0777, owner root:root"),
        (f"chown nobody {users}", users, "mode 0600, owner nobody:root"),
    ):
        host.run(["sh", "-c", damage])
        for check in (True, False):
            result = run(host, "good", check=check)
            assert result["changes"] == [path]
            assert result["diff"][0]["before"] == f"{path}: {words}\n"
            assert result["diff"][0]["after"] != result["diff"][0]["before"]
        assert not run(host, "good")["changed"]
    assert run(host, state="absent")["changed"]
    assert not host.file("/var/lib/federated_connectivity").exists()
    assert not host.file("/home/good/.local").exists()
