# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan's directory that somebody else filled: no link is followed, no special file is opened, nothing outside is shown or written."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import stat
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import (
    PlanUnreadable,
    read_address_sets,
    read_host,
    read_plan,
    read_policy,
)
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import Written, render_plan, write_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan

SECRET = "vault password of the hospital\n"
STATION = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
PROXY = {"https_proxy": "http://198.51.100.8:3128"}
PLACES = (
    *("plan.json", "hosts", "hosts/a.json", "hosts/gone.json", "inspection", "inspection/hosts", "inspection/hosts/a.txt"),
    *("inspection/sites/s.md", "inspection/exports", "inspection/exports/squid", "inspection/exports/squid/s.conf"),
    *("proxies", "proxies/http_198.51.100.8_3128", "proxies/http_198.51.100.8_3128/allow.txt", "proxies/gone/squid.conf"),
    *("scripts", "scripts/a", "scripts/a/firewall.ps1", "scripts/gone/firewall.cmd"),
)
Intruder = t.Callable[[pathlib.Path, pathlib.Path], object]


def device(path: pathlib.Path, _outside: pathlib.Path) -> None:
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero


def unix_socket(path: pathlib.Path, _outside: pathlib.Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


INTRUDERS: dict[str, Intruder] = {
    "a symbolic link": lambda path, outside: path.symlink_to(outside),
    "a symbolic link to nothing": lambda path, outside: path.symlink_to(outside.parent / "nothing"),
    "a named pipe": lambda path, _outside: os.mkfifo(path),
    "a device": device,
    "a socket": unix_socket,
    "another name": lambda path, outside: path.hardlink_to(outside),
}


def a_plan(*hosts: str, **variables: object) -> Plan:
    own = {
        "connectivity_memberships": [STATION],
        "connectivity_site": "s",
        "connectivity_platform": "windows",
        **variables,
        "connectivity_inspection_products": ["squid"],
        "connectivity_forward_proxy": PROXY,
    }
    return compute_plan({host: {**own, "connectivity_addresses": [f"198.51.100.{n}"]} for n, host in enumerate(hosts, 10)}, Catalogue())


PLAN = a_plan("a", "b")


@pytest.fixture
def plan(tmp_path: pathlib.Path) -> pathlib.Path:
    directory = tmp_path / "plan"
    write_plan(PLAN, directory)
    return directory


@pytest.fixture
def outside(tmp_path: pathlib.Path) -> pathlib.Path:
    """A file, beside a directory that has everything a plan has."""
    (tmp_path / "outside").write_text(SECRET, encoding="utf-8")
    write_plan(a_plan("a", "b", "gone", connectivity_contact=SECRET.strip()), tmp_path / "outside.d")
    return tmp_path / "outside"


def put(path: pathlib.Path, intruder: Intruder, outside: pathlib.Path) -> None:
    """Put an intruder into a place, with a directory outside as target where the place is a directory's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = pathlib.Path(f"{outside}.d") if path.is_dir() else outside
    if path.is_dir():
        path.rename(f"{path}.before")
    else:
        path.unlink(missing_ok=True)
    intruder(path, target if intruder is not INTRUDERS["another name"] else outside)


def content(directory: pathlib.Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below a directory: inode, mode, and what it holds."""
    found = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        held = path.read_bytes() if stat.S_ISREG(status.st_mode) else os.readlink(path).encode() if path.is_symlink() else b""
        found[str(path.relative_to(directory))] = (status.st_ino, status.st_mode, held)
    return found


@pytest.mark.parametrize("kind", INTRUDERS)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_not_a_file_is_refused_by_name_and_nothing_is_touched(
    plan: pathlib.Path, outside: pathlib.Path, tmp_path: pathlib.Path, place: str, kind: str
) -> None:
    put(plan / place, INTRUDERS[kind], outside)
    (plan / "hosts" / "b.json").write_text("tampered", encoding="utf-8") if place != "hosts" else None
    before = content(tmp_path)
    for dry in (True, False):
        with pytest.raises(PlanRefused, match=f"{plan}/{place} ") as refused:
            write_plan(PLAN, plan, dry)
        assert SECRET.strip() not in str(refused.value)
        assert kind.removesuffix(" to nothing") in str(refused.value)
        assert content(tmp_path) == before


@pytest.mark.parametrize("kind", INTRUDERS)
@pytest.mark.parametrize("place", ["plan.json", "hosts", "hosts/a.json"])
def test_what_is_not_a_file_is_not_read_either(plan: pathlib.Path, outside: pathlib.Path, place: str, kind: str) -> None:
    put(plan / place, INTRUDERS[kind], outside)
    for read in (read_plan, lambda directory: read_policy(directory, "a")):
        with pytest.raises(PlanUnreadable, match=f"{plan}/{place} ") as refused:
            read(plan)
        assert SECRET.strip() not in str(refused.value)


def test_the_directory_that_is_named_may_be_a_link(plan: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "link").symlink_to(plan)
    assert write_plan(PLAN, tmp_path / "link") == Written([], [])
    assert read_plan(tmp_path / "link").hosts.keys() == {"a", "b"}
    (plan / "hosts" / "a.json").unlink()
    assert write_plan(PLAN, tmp_path / "link").changed == ["hosts/a.json"]
    assert (tmp_path / "link").is_symlink()


def test_links_that_others_keep_where_no_plan_has_files_stay(plan: pathlib.Path, outside: pathlib.Path) -> None:
    kept = ["notes.md", "hosts/README.txt", "inspection/elsewhere", "scripts/a/own.zip", "other"]
    for name in kept:
        (plan / name).symlink_to(f"{outside}.d" if name in ("inspection/elsewhere", "other") else outside)
    assert write_plan(PLAN, plan).changed == []
    assert all((plan / name).is_symlink() for name in kept)


def test_stale_files_go_and_those_of_others_stay_where_they_are(plan: pathlib.Path, outside: pathlib.Path) -> None:
    write_plan(a_plan("a", "b", "gone"), plan)
    (plan / "scripts" / "gone" / "notes.txt").write_text("ours", encoding="utf-8")
    (plan / "inspection" / "hosts" / "big.json").write_bytes(b"\xff" * 10)
    changed = write_plan(PLAN, plan).changed
    assert {"hosts/gone.json", "scripts/gone/firewall.cmd", "inspection/hosts/gone.md"} <= set(changed)
    assert [path.name for path in (plan / "scripts" / "gone").iterdir()] == ["notes.txt"]
    assert (plan / "inspection" / "hosts" / "big.json").exists()


def test_files_are_replaced_whole_and_keep_their_permissions(plan: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = plan / "hosts" / "a.json"
    file.write_text("tampered", encoding="utf-8")
    file.chmod(0o640)
    monkeypatch.setattr(os, "rename", lambda *_arguments, **_more: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(PlanRefused, match="no space left"):
        write_plan(PLAN, plan)
    assert file.read_text(encoding="utf-8") == "tampered"
    assert [path.name for path in plan.rglob(".*")] == []
    monkeypatch.undo()
    (plan / "hosts" / ".a.json.part").symlink_to(plan / "plan.json")  # of a run that was interrupted, or a trap
    write_plan(PLAN, plan)
    assert json.loads(file.read_text(encoding="utf-8")) == PLAN.host("a")
    assert json.loads((plan / "plan.json").read_text(encoding="utf-8")).keys() == {*PLAN.index, "collection_version"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in plan.rglob(".*")] == []


@given(st.sets(st.sampled_from(PLACES), min_size=1, max_size=4), st.sampled_from(sorted(INTRUDERS)), st.booleans())
@settings(max_examples=25)
def test_however_many_intruders_nothing_outside_changes(
    tmp_path_factory: pytest.TempPathFactory, places: set[str], kind: str, dry: bool
) -> None:
    top = tmp_path_factory.mktemp("drawn")
    (top / "outside").write_text(SECRET, encoding="utf-8")
    write_plan(a_plan("a", "gone"), top / "outside.d")
    write_plan(PLAN, top / "plan")
    for place in sorted(places, reverse=True):
        put(top / "plan" / place, INTRUDERS[kind], top / "outside")
    before = content(top)
    with pytest.raises(PlanRefused):
        write_plan(PLAN, top / "plan", dry)
    assert content(top) == before


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
)


def edited(directory: pathlib.Path, name: str, change: t.Callable[[t.Any], object]) -> None:
    data = json.loads((directory / name).read_text(encoding="utf-8"))
    change(data)
    (directory / name).write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("plan.json", "[" * 100_000, "nested more than 16 levels deep"),
        ("plan.json", '{"address_sets": ' + "[" * 50 + "]" * 50 + "}", "nested more than 16 levels deep"),
        ("plan.json", "[]", "must be a mapping, not a list"),
        ("plan.json", "9" * 10_000, "compute the plan again"),
        ("plan.json", '{"address_sets": {"a": ["x"]}, "hosts": {}}', r"address_sets\.a\[0\]: must be an address or a network, not 'x'"),
        ("plan.json", '{"address_sets": {"a": ["198.51.100.1/24"]}, "hosts": {}}', "must be an address or a network"),
        ("plan.json", '{"address_sets": {"a": "198.51.100.1"}, "hosts": {}}', r"address_sets\.a: must be a list"),
        ("plan.json", '{"address_sets": {}, "hosts": {"../../etc/x": {}}}', "cannot be a host of a plan"),
        ("plan.json", '{"address_sets": {}, "hosts": {"a\\nb": {}}}', r"U\+000A"),
        ("plan.json", '{"address_sets": {}, "hosts": ["a"]}', "hosts: must be a mapping"),
        ("hosts/a.json", '{"managed": "no", "rules": []}', "managed: must be true or false, not 'no'"),
        ("hosts/a.json", '{"managed": true, "rules": {}}', "rules: must be a list, not a mapping"),
        ("hosts/a.json", '{"managed": true, "rules": [{"ports": ["0-1"]}]}', r"rules\[0\]\.ports\[0\]: must be a port"),
        ("hosts/a.json", '{"managed": true, "rules": [{"ports": ["9\\n"]}]}', r"rules\[0\]\.ports\[0\]: must be a port"),
        ("hosts/a.json", '{"managed": true, "rules": [{"peers": {"names": ["a\\u202e"]}}]}', r"U\+202E"),
        ("hosts/a.json", "\ud800", "compute the plan again"),
    ],
)
def test_an_edited_plan_is_answered_in_words(plan: pathlib.Path, name: str, text: str, said: str) -> None:
    (plan / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(PlanUnreadable, match=said) as refused:
        read_plan(plan)
    assert len(str(refused.value)) < 500


def test_a_plan_that_lost_a_key_is_answered_in_words(plan: pathlib.Path) -> None:
    edited(plan, "hosts/a.json", lambda data: data["rules"][0].pop("direction"))
    with pytest.raises(PlanUnreadable, match=r"hosts/a\.json: rules\[0\]\.direction is missing; compute the plan again"):
        read_plan(plan)


@pytest.mark.parametrize("host", ["../plan", "..", ".a", "a/b", "", "a\0", "a\nb"])
def test_a_host_of_another_place_is_not_read(plan: pathlib.Path, host: str) -> None:
    for read in (read_host, read_policy):
        with pytest.raises(PlanUnreadable, match="cannot be a host of a plan"):
            read(plan, host)


@given(st.sampled_from(["plan.json", "hosts/a.json"]), st.sampled_from(["managed", "rules", "address_sets", "hosts", "defaults"]), JSON)
@settings(max_examples=60)
def test_any_value_is_read_or_answered_in_words(tmp_path_factory: pytest.TempPathFactory, name: str, key: str, value: object) -> None:
    directory = tmp_path_factory.mktemp("edited")
    rendered = dict(render_plan(PLAN))
    (directory / "hosts").mkdir()
    for each in ("plan.json", "hosts/a.json", "hosts/b.json"):
        (directory / each).write_text(rendered[each], encoding="utf-8")
    edited(directory, name, lambda data: data.update({key: value}))
    for read in (read_plan, read_address_sets, lambda path: read_host(path, "a"), lambda path: read_policy(path, "a")):
        try:
            said = str(read(directory))
        except PlanUnreadable as unreadable:
            said = str(unreadable)
        assert len(said.splitlines()) == 1
