# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads a plan directory back (docs/reference/plan.md), and answers who is in an address set."""

from __future__ import annotations

import contextlib
import functools
import json
import pathlib
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...module_utils._plan.model import HostPlan
from .._common.directory_files import PlanFiles, UnsafePlace
from .._common.texts import first_unseen, shortened
from .identity import COLLECTION_VERSION, FORMAT, UNKNOWN, digest_of, is_newer, own_version
from .shape import DEPTH, FINDINGS, HOST, INDEX, SELECTION, SETS, Shape, problems, shown, too_deep

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import netaddr

INDEX_FILE = "plan.json"
_MISSING = "does not exist; compute the plan first, for example with playbooks/plan.yml"


class PlanUnreadable(Exception):
    """A directory that is no plan, or a damaged one; the message names the file."""


class Plan(t.NamedTuple):
    """The rules of every host, as they stand in the files.

    Attributes:
        address_sets: Name -> CIDRs.
        hosts: Inventory name -> what the plan says about the host.
        findings: As they stand in the index.
    """

    address_sets: Mapping[str, Sequence[str]]
    hosts: Mapping[str, HostPlan]
    findings: Sequence[Mapping[str, t.Any]] = ()


def read_plan(directory: pathlib.Path) -> Plan:
    """Read all of a plan.

    Raises:
        PlanUnreadable: naming the file that is missing or damaged.
    """
    with opened(directory) as plan:
        index = plan.index("hosts", shape={**INDEX, **FINDINGS})
        plan.check_index()
        whole = index.get("format") is not None
        hosts = {name: plan.host_plan(name, complete=whole) for name in index["hosts"]}
        return Plan(index["address_sets"], hosts, index.get("findings", ()))


def read_host(directory: pathlib.Path, host: str) -> HostPlan:
    """Read one host's file of a plan.

    Raises:
        PlanUnreadable: naming the file that is missing or damaged.
    """
    with opened(directory) as plan:
        plan.check_index()
        return plan.host_plan(host)


def read_address_sets(directory: pathlib.Path) -> Mapping[str, Sequence[str]]:
    """Read the address sets of a plan: name -> CIDRs.

    Raises:
        PlanUnreadable: naming the file that is missing or damaged.
    """
    with opened(directory) as plan:
        sets: Mapping[str, Sequence[str]] = plan.index()["address_sets"]
        return sets


def read_findings(directory: pathlib.Path) -> Sequence[Mapping[str, t.Any]]:
    """Read the findings of a plan.

    Raises:
        PlanUnreadable: naming the file that is missing or damaged.
    """
    with opened(directory) as plan:
        found: Sequence[Mapping[str, t.Any]] = plan.index(shape={**SETS, **FINDINGS}).get("findings", ())
        return found


def read_digest(directory: pathlib.Path) -> str:
    """The digest of a plan's index, which holds the digests of the hosts' files: results say by it which plan they are about.

    Raises:
        PlanUnreadable: there is no index.
    """
    with opened(directory) as plan:
        data = plan.bytes_of(INDEX_FILE)
        if data is None:
            raise PlanUnreadable(f"{directory / INDEX_FILE} {_MISSING}")
        return digest_of(data)


def read_contacts(directory: pathlib.Path) -> dict[str, str]:
    """Read whom to ask about the hosts of a plan: name -> contact, for those that have one.

    Raises:
        PlanUnreadable: naming the file that is missing or damaged.
    """
    with opened(directory) as plan:
        hosts: Mapping[str, Mapping[str, t.Any]] = plan.index(shape=SETS).get("hosts", {})
        return {name: str(entry["contact"]) for name, entry in hosts.items() if entry.get("contact")}


def read_addresses(directory: pathlib.Path) -> dict[str, list[str]]:
    """Read the addresses of all hosts of a plan: name -> addresses.

    Raises:
        PlanUnreadable: naming the file that is missing or damaged.
    """
    with opened(directory) as plan:
        hosts: Mapping[str, Mapping[str, t.Any]] = plan.index("hosts", shape=SETS)["hosts"]
        return {name: [str(address) for address in entry.get("addresses", ())] for name, entry in hosts.items()}


def read_policy(directory: pathlib.Path, host: str) -> Mapping[str, t.Any]:
    """Read what a host that is ours has to enforce: its file of a plan, with the address sets that its rules name in ``address_sets``.

    Raises:
        PlanUnreadable: there is no such plan, it is damaged, or the host has no part in it that is ours to configure.
    """
    with opened(directory) as plan:
        if not plan.has(INDEX_FILE):
            raise PlanUnreadable(f"{directory} holds no plan.json; make the plan with federated.connectivity.required_rules first")
        if not plan.has(file_of(host)):
            raise PlanUnreadable(f"host {host} is not in the plan {directory}; give it connectivity_memberships and make the plan again")
        plan.check_index()
        content = plan.host(host, "managed", "rules")
        if not content["managed"]:
            raise PlanUnreadable(f"host {host} is a partner's: connectivity_managed is false, so its firewall is not ours to configure")
        named = {name for rule in content["rules"] for name in rule.get("peers", {}).get("address_sets", ())}
        sets = plan.index(shape=SETS)["address_sets"]
        return {**content, "address_sets": {name: cidrs for name, cidrs in sets.items() if name in named}}


def read_note(directory: pathlib.Path, host: str) -> dict[str, str]:
    """Read the note for those who inspect TLS on one host's way: its forms ``txt``, ``md`` and ``json``.

    Raises:
        PlanUnreadable: naming the file that is missing or damaged.
    """
    with opened(directory) as plan:
        plan.check_index()
        return {name.rpartition(".")[2]: plan.text(name) for name in files_of_note(host)}


def unfit(index: Mapping[str, t.Any]) -> Iterator[str]:
    """Why a plan must not be applied, verified or audited, as its index says."""
    form, version = index.get("format", FORMAT), index.get(COLLECTION_VERSION)
    if form != FORMAT:
        made_by = f" (it was made by version {shown(version)})" if version is not None else ""
        yield (
            f"the plan has format {shown(form)}, but version {own_version()} of federated.connectivity reads format {FORMAT}{made_by}; "
            "install the version that made it, or make the plan again"
        )
    elif isinstance(version, str) and own_version() != UNKNOWN and is_newer(version, own_version()):
        yield (
            f"the plan was made by version {version} of federated.connectivity, but this is version {own_version()}, which may not know "
            "all that the plan asks for; install the version that made it, or make the plan again"
        )
    if SELECTION in index:
        yield (
            f"the plan is narrowed by the selection {index[SELECTION]!r}, so rules are missing. A narrowed plan is for looking; "
            "make the plan again without a selection"
        )


def faults(content: Mapping[str, t.Any], shape: Shape, keys: Iterable[str] = (), complete: bool = False) -> Iterator[str]:
    """What is wrong with the content of a file: what does not fit its shape, and the keys that are missing."""
    yield from problems(content, shape, complete)
    yield from (f"{key} is missing" for key in keys if key not in content)


@contextlib.contextmanager
def opened(directory: pathlib.Path) -> Iterator[PlanOfFiles]:
    """Open the directory of a plan.

    Raises:
        PlanUnreadable: it, or something in it, cannot be read.
    """
    try:
        with PlanFiles(directory) as files:
            yield PlanOfFiles(directory, files)
    except UnsafePlace as unsafe:
        raise PlanUnreadable(str(unsafe)) from None
    except OSError as error:
        raise PlanUnreadable(f"{directory}: {error}; compute the plan again") from error


class PlanOfFiles:
    """The files of a plan that is open."""

    def __init__(self, directory: pathlib.Path, files: PlanFiles) -> None:
        self._directory = directory
        self._files = files
        self._ahead: dict[str, bytes | None] = {}
        self._index: Mapping[str, t.Any] = {}

    def check_index(self) -> None:
        """Raise PlanUnreadable for a plan that must not be applied, whoever reads it; a host's file alone has no index to look at."""
        self._index = self.index(shape=SETS) if self.has(INDEX_FILE) else {}
        for problem in unfit(self._index):
            raise PlanUnreadable(f"{self._directory / INDEX_FILE}: {problem}")

    def load(self, name: str) -> Mapping[str, t.Any]:
        """A file's content, of any shape."""
        return self._load(name, self._take(name))

    def bytes_of(self, name: str) -> bytes | None:
        """A file's bytes, which the next look at the file uses; None if there is no file."""
        return self._ahead[name] if self.has(name) else None

    def has(self, name: str) -> bool:
        self._ahead[name] = self._files.read(name)
        return self._ahead[name] is not None

    def index(self, *keys: str, shape: Shape | None = None) -> Mapping[str, t.Any]:
        return self._read(INDEX_FILE, INDEX if shape is None else shape, ("address_sets", *keys))

    def host(self, host: str, *keys: str, complete: bool = False) -> Mapping[str, t.Any]:
        name = file_of(host)
        content = self._read(name, HOST, keys, complete)
        if host not in self._index.get("hosts", {host: {}}):
            raise PlanUnreadable(
                f"{self._directory / name} is not part of the plan: {INDEX_FILE} does not name host {host}; "
                "remove the file, or make the plan again with this host"
            )
        if content.get("host", host) != host:
            raise PlanUnreadable(
                f"{self._directory / name} holds the rules of host {content['host']}, not of host {host}; "
                "restore the file from git, or make the plan again"
            )
        return content

    def host_plan(self, host: str, complete: bool = False) -> HostPlan:
        try:
            return HostPlan.from_json({"host": host, **self.host(host, "managed", "rules", complete=complete)})
        except KeyError as error:
            raise PlanUnreadable(f"{self._directory / file_of(host)}: {error.args[0]} is missing; compute the plan again") from None

    def text(self, name: str) -> str:
        data = self._files.read(name)
        if data is None:
            raise PlanUnreadable(f"{self._directory / name} {_MISSING}")
        try:
            return data.decode()
        except ValueError as error:
            raise PlanUnreadable(f"{self._directory / name}: {error}; compute the plan again") from error

    def _read(self, name: str, shape: Shape, keys: Sequence[str], complete: bool = False) -> Mapping[str, t.Any]:
        content = self._load(name, self._take(name))
        for fault in faults(content, shape, keys, complete):
            raise PlanUnreadable(f"{self._directory / name}: {fault}; compute the plan again")
        return content

    def _take(self, name: str) -> bytes | None:
        return self._ahead.pop(name) if name in self._ahead else self._files.read(name)

    def _load(self, name: str, data: bytes | None) -> Mapping[str, t.Any]:
        file = self._directory / name
        if data is None:
            raise PlanUnreadable(f"{file} {_MISSING}")
        try:
            content = json.loads(data.decode())
            deep = too_deep(content)
        except RecursionError:
            deep = True
        except ValueError as error:
            raise PlanUnreadable(f"{file}: {shortened(str(error))}; compute the plan again") from error
        if deep:
            raise PlanUnreadable(f"{file}: is nested more than {DEPTH} levels deep, as no plan is; compute the plan again")
        if not isinstance(content, dict):
            raise PlanUnreadable(f"{file}: the content: must be a mapping, not {shown(content)}; compute the plan again")
        return content


def file_of(host: str) -> str:
    """The file of a host. Raises PlanUnreadable: the host's name cannot be a file's."""
    return f"hosts/{_file_name(host)}.json"


def files_of_note(host: str) -> list[str]:
    """The files of a host's note. Raises PlanUnreadable: the host's name cannot be a file's."""
    return [f"inspection/hosts/{_file_name(host)}.{form}" for form in ("txt", "md", "json")]


def _file_name(host: str) -> str:
    """The name of a host's files, without their ends; an edited plan must not lead to another place.

    Raises:
        PlanUnreadable: the name cannot be a file's.
    """
    if host.startswith(".") or "/" in host or first_unseen(host) is not None or not host:
        raise PlanUnreadable(f"{host!a} cannot be a host of a plan: its name is not a file's; compute the plan again")
    return host


class AddressSetIndex:
    """Who is in which address set; answers are remembered, since hosts share sets."""

    def __init__(self, address_sets: Mapping[str, Sequence[str]]) -> None:
        self._address_sets = address_sets
        self._holds = functools.cache(self._holds_address)
        self._networks = functools.cache(self._read_networks)

    def members(self, name: str) -> Sequence[str]:
        """The CIDRs of a set.

        Raises:
            PlanUnreadable: a rule names a set that the plan lacks.
        """
        try:
            return self._address_sets[name]
        except KeyError:
            raise PlanUnreadable(f"plan.json: address set {name} is missing, and a rule names it; compute the plan again") from None

    def holds(self, names: Iterable[str], address: str) -> bool:
        """Whether one of the sets holds an address, a single one or a network as a whole."""
        return any(self._holds(name, address) for name in names)

    def _holds_address(self, name: str, address: str) -> bool:
        return netaddr.IPNetwork(address) in self._networks(name)

    def _read_networks(self, name: str) -> netaddr.IPSet:
        return netaddr.IPSet(self.members(name))
