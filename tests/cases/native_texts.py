"""The native texts of the policies in ``native/``: computed, stored, and, run as a program, written again."""

from __future__ import annotations

import pathlib
import shutil
import typing as t

import yaml

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld import native as firewalld
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import native as nftables
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw import native as ufw
from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPart
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy
from ansible_collections.federated.connectivity.plugins.module_utils._policy.reader import parse_policy
from ansible_collections.federated.connectivity.plugins.module_utils._policy.surroundings import OWN_CONTAINERS, Surroundings
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows import native as windows
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.rules import Inexpressible

DIRECTORY = pathlib.Path(__file__).parent / "native"
_POLICY = ".policy.yml"
_SURROUNDINGS = {"bridges", "links_of_others", "containers", "container_interfaces", "management", "names"}

Texts = dict[pathlib.Path, str]
"""Content of each file by its path below ``native/``."""


class Case(t.NamedTuple):
    """One policy of ``native/``; ``part`` and ``sets`` are what the plan says about the host, and its address sets."""

    policy: Policy
    surroundings: Surroundings
    part: HostPart
    sets: dict[str, list[str]]
    refused: dict[str, list[str]]


def names() -> list[str]:
    return sorted(path.name.removesuffix(_POLICY) for path in DIRECTORY.glob(f"*{_POLICY}"))


def read(name: str) -> Case:
    case = yaml.safe_load((DIRECTORY / f"{name}{_POLICY}").read_text(encoding="utf-8"))
    known = case["surroundings"]
    assert case.keys() <= {"surroundings", "policy", "refused"}
    assert known.keys() <= _SURROUNDINGS
    management = (known["management"]["client"], known["management"]["port"]) if "management" in known else None
    policy = parse_policy(case["policy"], known.get("names", {}), management, known.get("container_interfaces", ()))
    containers = AddressSet(OWN_CONTAINERS, *(tuple(known.get("containers", {}).get(family, ())) for family in ("ipv4", "ipv6")))
    surroundings = Surroundings(tuple(known.get("bridges", ())), tuple(known.get("links_of_others", ())), containers)
    return Case(policy, surroundings, _part(case["policy"]), case["policy"]["address_sets"], case.get("refused", {}))


def _part(data: dict[str, t.Any]) -> HostPart:
    """The plan's own type; a rule's id begins with matrix, federation and flow."""
    rules = [{**dict(zip(("matrix", "federation", "flow"), rule["id"].split("."), strict=False)), **rule} for rule in data["rules"]]
    return HostPart.from_json({"managed": True, "defaults": data["defaults"], "rules": rules})


def native(name: str) -> Texts:
    """What the policy becomes in each firewall."""
    policy, surroundings, part, sets, refused = read(name)
    texts = {
        "nft": nftables.translate(policy, surroundings),
        "ufw": ufw.translate(policy, surroundings),
        "beside_ufw.nft": nftables.translate_guard(policy, surroundings),
        "beside_firewalld.nft": nftables.translate_guard(policy, surroundings._replace(redirected_pass=True)),
        **{f"firewalld/{path}": text for path, text in firewalld.translate(policy, surroundings).items()},
    }
    if "windows" not in refused:
        texts["windows.json"] = windows.translate(part, sets)
    return {pathlib.Path(f"{name}.{ending}"): text for ending, text in texts.items() if text}


def refused_by_windows(name: str) -> list[str]:
    """What Windows Firewall says against the policy."""
    case = read(name)
    try:
        windows.translate(case.part, case.sets)
    except Inexpressible as error:
        return list(error.messages)
    return []


def stored(name: str) -> Texts:
    """The files beside a policy."""
    found = [path for path in DIRECTORY.rglob("*") if path.is_file() and not path.name.endswith(_POLICY)]
    paths = [path.relative_to(DIRECTORY) for path in found]
    return {path: (DIRECTORY / path).read_text(encoding="utf-8") for path in paths if path.parts[0].startswith(f"{name}.")}


def main() -> None:
    """Write all files again."""
    for name in names():
        texts = native(name)
        for path in stored(name):
            (DIRECTORY / path).unlink()
        shutil.rmtree(DIRECTORY / f"{name}.firewalld", ignore_errors=True)
        for path, text in texts.items():
            (DIRECTORY / path).parent.mkdir(parents=True, exist_ok=True)
            (DIRECTORY / path).write_text(text, encoding="utf-8")
        print(f"{name}: {len(texts)} files")


if __name__ == "__main__":
    main()
