# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible Galaxy, and the user of the tarball, find in the collection."""

from __future__ import annotations

import fnmatch
import pathlib
import re
import typing as t

import pytest
import tomllib
import yaml

ROOT = pathlib.Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
MODULES = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
PACKAGES = re.compile(r"^([A-Za-z][\w.-]*)", re.MULTILINE)


def read(path: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.safe_load((ROOT / path).read_text(encoding="utf-8")))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_a_page_with_an_example_of_each_way_to_use_it(role: str) -> None:
    page = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    options = read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    used = set()
    for block in blocks:
        found = yaml.safe_load(block)
        for task in (task for entry in found for task in entry.get("tasks", [entry])):
            used |= {name for name in task if name.startswith("ansible.builtin.")}
            assert task.keys() - {"name", "vars"} <= {"ansible.builtin.import_role", "ansible.builtin.include_role"}
            assert task["vars"].keys() <= options.keys()
    assert used == {"ansible.builtin.import_role", "ansible.builtin.include_role"}
    assert f"federated.connectivity.{role}" in page
    assert "hosts: connectivity_managed" not in page  # a group that exists in our own playbooks alone
    assert "`apply: {tags: " in page
    assert f"roles/{role}/README.md" in README


def test_module_defaults_have_groups() -> None:
    groups = read("meta/runtime.yml")["action_groups"]
    assert set(groups["all"]) == MODULES
    with_plan = {name for name in MODULES if "plan" in documented_options(name)}
    assert set(groups["plan"]) == with_plan


def documented_options(module: str) -> dict[str, t.Any]:
    text = (ROOT / "plugins/modules" / f"{module}.py").read_text(encoding="utf-8")
    found = re.search(r'^DOCUMENTATION = r?"""\n?(.*?)"""', text, re.MULTILINE | re.DOTALL)
    assert found, module
    return t.cast("dict[str, t.Any]", yaml.safe_load(found[1]).get("options") or {})


def test_the_licence_of_every_file_is_declared() -> None:
    declared = tomllib.loads((ROOT / "REUSE.toml").read_text(encoding="utf-8"))
    (licence,) = {annotation["SPDX-License-Identifier"] for annotation in declared["annotations"]}
    assert "**" in [annotation["path"] for annotation in declared["annotations"]]
    assert [licence] == read("galaxy.yml")["license"]
    assert (ROOT / "LICENSES" / f"{licence}.txt").read_bytes() == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("heading", ["Install", "Included content", "Tested versions", "Communication"])
def test_the_first_page_has_what_galaxy_asks_for(heading: str) -> None:
    assert f"\n## {heading}\n" in README


def test_the_first_page_names_the_two_commands_of_a_fresh_machine_before_anything_else() -> None:
    first = README.partition("```yaml")[0]
    assert re.findall(r"^\| `(sudo make \w+)` \| `(\w+)`", first, re.MULTILINE) == [
        ("sudo make site", "Verified"),
        ("sudo make test", "Passed"),
    ]


def test_links_of_the_first_page_lead_to_what_the_tarball_has() -> None:
    ignored = read("galaxy.yml")["build_ignore"]
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^()\s]+)\)", README) if not re.match(r"[a-z]+:", link)]
    assert len(links) > 20
    assert [link for link in links if any(fnmatch.fnmatch(link.split("/")[0], pattern) for pattern in ignored)] == []
    assert "inventories" not in ignored


def test_the_first_page_installs_from_what_the_tarball_has() -> None:
    ignored = read("galaxy.yml")["build_ignore"]
    install = README.partition("\n## Install\n")[2].partition("\n## ")[0]
    commands = re.findall(r"^\$ (\S+)", install, re.MULTILINE)
    assert commands[0] == "ansible-galaxy"
    assert "make" not in commands
    paths = re.findall(r"\$collection/([\w./-]+)", install)
    assert len(paths) == 2
    assert all((ROOT / path).exists() and path.split("/")[0] not in ignored for path in paths)


def test_an_execution_environment_has_what_the_controller_needs_and_the_ways_to_windows() -> None:
    file = read("meta/execution-environment.yml")["dependencies"]["python"]
    packages = set(PACKAGES.findall((ROOT / file).read_text(encoding="utf-8")))
    assert packages == {*PACKAGES.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")), "pypsrp", "pywinrm"}


def test_an_execution_environment_has_the_programs_that_connections_and_reviewed_plans_need() -> None:
    file = read("meta/execution-environment.yml")["dependencies"]["system"]
    lines = [line for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert lines == ["openssh-client [platform:dpkg]", "openssh-clients [platform:rpm]", "git"]


def test_everything_says_since_when_it_is_there() -> None:
    """A version that is released or comes next, as galaxy.yml has it. Until it is released, its changes stay fragments."""
    version = read("galaxy.yml")["version"]
    released = set(read("changelogs/changelog.yaml")["releases"])
    since = {path: re.search(r"^version_added: (\S+)$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE) for path in documented()}
    versions = {path: found[1] if found else None for path, found in since.items()}
    versions |= {role: read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"].get("version_added") for role in ROLES}
    assert {path: found for path, found in versions.items() if found not in {version, *released}} == {}
    assert version in released or (ROOT / f"changelogs/fragments/{version}.yml").is_file()


def documented() -> list[str]:
    callbacks = sorted(path.stem for path in (ROOT / "plugins/callback").glob("*.py"))
    return [*(f"plugins/modules/{name}.py" for name in sorted(MODULES)), *(f"plugins/callback/{name}.py" for name in callbacks)]


def test_the_docs_site_finds_its_pages() -> None:
    sections = read("docs/docsite/extra-docs.yml")["sections"]
    pages = [page for section in sections for page in section["toctree"]]
    assert pages
    for page in pages:
        text = (ROOT / f"docs/docsite/rst/{page}.rst").read_text(encoding="utf-8")
        assert text.startswith(f".. _ansible_collections.federated.connectivity.docsite.{page}:")
    assert read("docs/docsite/links.yml")["edit_on_github"]["repository"] in read("galaxy.yml")["repository"]


def test_sanity_runs_with_every_version_that_is_supported() -> None:
    versions = read(".github/workflows/core.yml")["jobs"]["sanity"]["strategy"]["matrix"]["core"]
    assert read("meta/runtime.yml")["requires_ansible"] == f">={versions[0]}.0"


def test_there_is_a_code_of_conduct() -> None:
    assert "code of conduct" in (ROOT / "CODE_OF_CONDUCT.md").read_text(encoding="utf-8")
