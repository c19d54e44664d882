# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rooms of plugins/ stand on the floors that docs/architecture.md shows, and tests/unit/plugins mirrors them."""

from __future__ import annotations

import ast
import pathlib
import re
import sys
import typing as t
from collections.abc import Iterator

import graphlib
import pytest

ROOT = pathlib.Path(__file__).parents[3]
PLUGINS = ROOT / "plugins"
SIDES = ("module_utils", "plugin_utils")
KNOW_ANSIBLE = {
    "_controller_action.py",
    "_host_answers/action.py",
    "_inventory/source_location.py",
    "_operator/layers.py",
    "_operator/results.py",
    "_operator/variables.py",
}
BINDINGS = {"firewall", "gi"}  # of firewalld: its Python client, and GLib for its journal
MIRROR = ROOT / "tests/unit/plugins/README.md"


class Import(t.NamedTuple):
    """An import: by a file of a room, of another room (with its side) or of a package that is not ours."""

    file: str
    room: str
    side: str
    imported: str


class Row(t.NamedTuple):
    """A room in the table of docs/architecture.md."""

    floor: int
    imports: frozenset[str]


def room_of(path: pathlib.Path) -> tuple[str, str]:
    """Side and room of a module: its package, or the module itself where it stands beside the packages."""
    side, *parts = path.relative_to(PLUGINS).with_suffix("").parts
    return side, "/".join(parts[:-1]) or parts[0]


def imported_modules(node: ast.ImportFrom, path: pathlib.Path) -> Iterator[pathlib.Path]:
    """The modules that a relative import names: ``from .package import module``, or ``from .module import name``."""
    place = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
    for name in node.names:
        within = (place / name.name).with_suffix(".py")
        module = within if within.is_file() else place.with_suffix(".py")
        yield module if module.is_file() else place / "__init__.py"


def imports_of(path: pathlib.Path, source: str) -> Iterator[Import]:
    side, room = room_of(path)
    file = path.relative_to(PLUGINS / side).as_posix()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield from (Import(file, room, *room_of(module)) for module in imported_modules(node, path))
        elif isinstance(node, ast.ImportFrom):
            yield Import(file, room, "", (node.module or "").partition(".")[0])
        elif isinstance(node, ast.Import):
            yield from (Import(file, room, "", alias.name.partition(".")[0]) for alias in node.names)


def all_imports(side: str) -> list[Import]:
    return [found for path in sorted((PLUGINS / side).rglob("*.py")) for found in imports_of(path, path.read_text(encoding="utf-8"))]


def rooms(side: str) -> set[str]:
    return {room_of(path)[1] for path in (PLUGINS / side).rglob("*.py")}


def documented(side: str) -> dict[str, Row]:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    part = re.split(r"^`plugins/(\w+)/`:", text, flags=re.MULTILINE)
    table = part[part.index(side) + 1]
    rows = re.findall(r"^\| (\d+) \| `([^`]+)` \| .+ \|(.*)\|$", table, re.MULTILINE)
    return {room: Row(int(floor), frozenset(re.findall(r"`([^`]+)`", imports))) for floor, room, imports in rows}


def others(imports: list[Import]) -> set[tuple[str, str]]:
    """Imports that are neither ours nor of the standard library: the room, and what it imports."""
    return {(found.room, found.imported) for found in imports if not found.side and found.imported not in sys.stdlib_module_names}


@pytest.mark.parametrize("side", SIDES)
def test_the_page_shows_every_room_and_no_other(side: str) -> None:
    assert set(documented(side)) == rooms(side)


@pytest.mark.parametrize("side", SIDES)
def test_no_rooms_import_each_other_in_a_circle(side: str) -> None:
    graph: dict[str, set[str]] = {room: set() for room in rooms(side)}
    for found in all_imports(side):
        if found.side == side and found.imported != found.room:
            graph[found.room].add(found.imported)
    assert set(graphlib.TopologicalSorter(graph).static_order()) == rooms(side)  # raises CycleError, which names the circle


@pytest.mark.parametrize("side", SIDES)
def test_rooms_import_from_lower_floors_alone(side: str) -> None:
    floors = documented(side)
    within = [found for found in all_imports(side) if found.side == side and found.imported != found.room]
    assert len(within) > 50
    assert [found for found in within if floors[found.imported].floor >= floors[found.room].floor] == []


def test_managed_hosts_need_nothing_of_the_controller() -> None:
    assert [found for found in all_imports("module_utils") if found.side == "plugin_utils"] == []


@pytest.mark.parametrize("side", SIDES)
def test_the_page_names_what_a_room_imports_from_outside(side: str) -> None:
    assert others(all_imports(side)) == {(room, name) for room, row in documented(side).items() for name in row.imports}


def test_managed_hosts_need_the_standard_library_and_the_bindings_of_firewalls_alone() -> None:
    assert {name for _room, name in others(all_imports("module_utils"))} == BINDINGS


def test_pass_1_knows_ansible_at_its_edge_alone() -> None:
    assert {found.file for found in all_imports("plugin_utils") if found.imported == "ansible"} == KNOW_ANSIBLE
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    assert all(f"`{file}`" in text for file in KNOW_ANSIBLE)


def test_the_files_that_the_page_names_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    steps = re.findall(r"^\| (?:\d+|back) \| `([\w/]+)/(\w+\.py)`(?:, `(\w+\.py)`)? \|", text, re.MULTILINE)
    assert len(steps) == 13
    assert [name for room, *names in steps for name in names if name and not (PLUGINS / room / name).is_file()] == []


def proven_elsewhere() -> dict[str, list[str]]:
    rows = re.findall(r"^\| `([\w/]+)` \| (.+) \|$", MIRROR.read_text(encoding="utf-8"), re.MULTILINE)
    return {room: re.findall(r"`([^`]+)`", proofs) for room, proofs in rows}


def test_every_room_has_tests_or_a_line_that_says_where_it_is_proven() -> None:
    expected = set()
    for side in SIDES:
        for room in rooms(side):
            here = ROOT / "tests/unit/plugins" / side / room
            if not (any(here.glob("test_*.py")) or here.with_name(f"test_{here.name.lstrip('_')}.py").is_file()):
                expected.add(f"{side}/{room}")
    assert set(proven_elsewhere()) == expected


def test_the_named_proofs_exist() -> None:
    proofs = proven_elsewhere()
    assert all(proofs.values())
    assert [path for paths in proofs.values() for path in paths if not (ROOT / path).exists()] == []


def test_the_tests_stand_in_rooms_that_exist() -> None:
    folders = {path.parent for side in SIDES for path in (ROOT / "tests/unit/plugins" / side).rglob("test_*.py")}
    mirrored = {folder.relative_to(ROOT / "tests/unit/plugins") for folder in folders}
    assert len(mirrored) > 15
    assert [folder.as_posix() for folder in mirrored if not (PLUGINS / folder).is_dir()] == []


@pytest.mark.parametrize(
    ("source", "side", "imported"),
    [
        ("from .._change.change import Change", "module_utils", "_change"),
        ("from .._firewalls.nftables import backend", "module_utils", "_firewalls/nftables"),
        ("from .._firewalls import backends", "module_utils", "_firewalls"),
        ("from .. import _errors", "module_utils", "_errors"),
        ("from . import refresher", "module_utils", "_apply"),
        ("from ...plugin_utils._plan import reader", "plugin_utils", "_plan"),
        ("def f():\n    from ansible.module_utils.basic import AnsibleModule", "", "ansible"),
        ("import firewall.client", "", "firewall"),
    ],
)
def test_imports_are_read_as_python_reads_them(source: str, side: str, imported: str) -> None:
    path = PLUGINS / "module_utils/_apply/enforce.py"
    assert list(imports_of(path, source)) == [Import("_apply/enforce.py", "_apply", side, imported)]
