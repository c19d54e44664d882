# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What make installs is exactly what the locks name: each release with its hashes, and everything that it needs."""

from __future__ import annotations

import importlib.metadata
import pathlib
import re
import typing as t

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = pathlib.Path(__file__).parents[3]
SOURCES = {"requirements.lock": "requirements-dev.txt", "requirements-controller.lock": "requirements.txt"}
PIN = re.compile(r"([a-z0-9][a-z0-9._-]*)==([0-9][0-9a-z.+!]*)((?: --hash=sha256:[0-9a-f]{64})+)\Z")

every_lock = pytest.mark.parametrize("lock", SOURCES)


class Pin(t.NamedTuple):
    version: str
    hashes: frozenset[str]


def pins(lock: str) -> dict[str, Pin]:
    """The releases of a lock. Every line that is not a comment has to be one, with a hash."""
    text = re.sub(r"\s*\\\n\s*", " ", (ROOT / lock).read_text(encoding="utf-8"))
    found = [(line, PIN.match(line)) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert [line for line, pin in found if not pin] == []
    return {canonicalize_name(pin[1]): Pin(pin[2], frozenset(pin[3].split())) for _line, pin in found if pin}


def requirements(path: str) -> list[Requirement]:
    """Of a file and of those that it includes."""
    lines = [line.split("#")[0].strip() for line in (ROOT / path).read_text(encoding="utf-8").splitlines()]
    included = [each for line in lines if line.startswith("-r ") for each in requirements(line[3:].strip())]
    return included + [Requirement(line) for line in lines if line and not line.startswith("-")]


@every_lock
def test_every_release_has_its_hashes_and_no_index_is_named(lock: str) -> None:
    assert len(pins(lock)) > 10
    assert not re.search(r"://|--(index|extra-index|find-links|trusted)", (ROOT / lock).read_text(encoding="utf-8"))


@every_lock
def test_every_requirement_is_in_its_lock(lock: str) -> None:
    locked = pins(lock)
    for requirement in requirements(SOURCES[lock]):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)].version), requirement


@every_lock
def test_what_the_releases_need_is_locked_too(lock: str) -> None:
    locked = pins(lock)
    for name in locked:
        for line in importlib.metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert needed.specifier.contains(locked[canonicalize_name(needed.name)].version), (name, line)


def test_the_controllers_lock_is_a_part_of_the_other() -> None:
    locked = pins("requirements.lock")
    assert {name: locked.get(name) for name in pins("requirements-controller.lock")} == pins("requirements-controller.lock")


def test_make_installs_by_hash_and_wheels_alone() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (install,) = [
        line for line in text.splitlines() if re.search(r"\bpip3? (install|download|wheel)\b", line) and not line.startswith("\tsed")
    ]
    assert install.startswith("pip_install := ")
    assert {"--require-hashes", "--only-binary"} <= set(install.split())
    used = [line.strip() for line in text.splitlines() if "$(pip_install)" in line]
    assert used == ["@$(pip_install) -r requirements-controller.lock", "@$(pip_install) -r requirements.lock"]
    assert "--generate-hashes" in text


def test_an_execution_environment_gets_the_requirements_that_the_lock_pins() -> None:
    environment = yaml.safe_load((ROOT / "meta/execution-environment.yml").read_text(encoding="utf-8"))
    lines = (ROOT / environment["dependencies"]["python"]).read_text(encoding="utf-8").splitlines()
    pinned = (ROOT / SOURCES["requirements-controller.lock"]).read_text(encoding="utf-8").splitlines()
    assert {line for line in pinned if not line.startswith("#")} <= set(lines)


@pytest.mark.parametrize(
    "line",
    [
        "netaddr==1.3.0",
        "netaddr>=1.3.0 --hash=sha256:" + "0" * 64,
        "netaddr==1.3.0 --hash=sha256:00",
        "netaddr @ file:///tmp/netaddr.whl",
        "-e .",
        "--index-url x",
    ],
)
def test_a_line_without_a_hash_is_noticed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    (tmp_path / "some.lock").write_text(f"# a comment\n{line}\n", encoding="utf-8")
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    with pytest.raises(AssertionError):
        pins("some.lock")
