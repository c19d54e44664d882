# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was seen of a system's real software, as ``seen.yml`` keeps it, and how that differs from the system's matrix."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import yaml

from ansible_collections.federated.connectivity.plugins.module_utils._plan.ports import bounds
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import ALL_ADDRESSES, Flow, Matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.versions import Version

SYSTEMS = pathlib.Path(__file__).parent
FINISHES, FAILS = "the job finishes", "the job fails"
_LOOPBACK = ("127.", "::1")
_SHOWS = {"tofu": "server"}  # what the responder's certificate is worth cannot be seen
_ANY_TLS = ("optional", "unknown")
_HEAD = "# Written by make real SYSTEM={system}. People write only what is below otherwise and explained.\n"


class Difference(t.NamedTuple):
    """``key`` is what an explanation names; ``text`` says what differs."""

    key: str
    text: str


@dataclasses.dataclass(frozen=True)
class Host:
    """A host of an arrangement. ``network``: a user's host, which belongs to that network."""

    name: str
    roles: tuple[str, ...]
    network: str
    options: t.Mapping[str, t.Any]


class Arrangement:
    """One arrangement of a system's roles on hosts, with what was seen there."""

    def __init__(self, name: str, seen: t.Mapping[str, t.Any], matrix: Matrix, version: str) -> None:
        self.name = name
        self._seen = seen
        self._matrix = matrix
        self._hosts = {
            host: Host(host, tuple(each.get("roles", ())), each.get("network", ""), {**matrix.defaults, **each.get("options", {})})
            for host, each in seen["hosts"].items()
        }
        self._flows = [flow for flow in matrix.flows.values() if Version(version) in flow.versions]

    def differences(self) -> t.Iterator[Difference]:
        """What the matrix does not say as it was seen."""
        if self._seen["job"] != FINISHES:
            yield Difference("job", self._seen["job"])
        yield from self._connections()
        yield from self._refused()
        yield from self._sockets()
        yield from self._closed_listeners()
        yield from self._needless()

    def lasting_port(self, host: str, protocol: str, port: int) -> int | str:
        """A port as it is kept: the whole range instead of one that was chosen from it at run time."""
        if host not in self._hosts:
            return port
        flows = [flow for flow in self._flows if self._listens(flow, host, protocol, port)]
        fixed = [flow for flow in flows if not flow.dynamic]
        return port if fixed or not flows else flows[0].ports_with(self._hosts[host].options)[0]

    def flows_of(self, seen: t.Mapping[str, t.Any]) -> list[Flow]:
        """The flows of the matrix that a connection or an attempt is. A dynamic range explains what nothing else does."""
        found = [flow for flow in self._flows if self._is(flow, seen)]
        if found or seen["initiator"] != seen["responder"]:
            return [flow for flow in found if not flow.dynamic] or found
        return [flow for flow in self._flows if self._listens(flow, seen["responder"], seen["protocol"], seen["port"])]

    def _connections(self) -> t.Iterator[Difference]:
        for seen in self._seen["connections"]:
            flows, key = self.flows_of(seen), f"connection {_words(seen)}"
            if not flows:
                yield Difference(key, f"{key} is no flow of the matrix")
            elif "tls" in seen and not any(_SHOWS.get(flow.tls, flow.tls) in (seen["tls"], *_ANY_TLS) for flow in flows):
                said = ", ".join(f"{flow.id} has tls: {flow.tls}" for flow in flows)
                yield Difference(f"tls {_words(seen)}", f"{key} was seen with tls: {seen['tls']}, but {said}")
            elif seen.get("alpn", "h2") != "h2" and all(flow.application == "grpc" for flow in flows):
                said = ", ".join(f"{flow.id} has application: {flow.application}" for flow in flows)
                yield Difference(f"alpn {_words(seen)}", f"{key} was seen with ALPN: {seen['alpn']}, but {said}")

    def _refused(self) -> t.Iterator[Difference]:
        for seen in self._seen["refused"]:
            flows, key = self.flows_of(seen), f"refused {_words(seen)}"
            if not flows:
                yield Difference(key, f"{key} is no flow of the matrix")
            elif any(flow.necessity == "mandatory" for flow in flows):
                yield Difference(key, f"{key} is a mandatory flow of the matrix, and was refused")

    def _sockets(self) -> t.Iterator[Difference]:
        for seen in self._seen["sockets"]:
            key = f"socket {seen['host']} {seen['protocol']} {seen['address']} {seen['port']}"
            flows = [flow for flow in self._flows if self._listens(flow, seen["host"], seen["protocol"], seen["port"])]
            options = self._hosts[seen["host"]].options
            if not flows:
                yield Difference(key, f"{key} is no listener of the matrix")
            elif not seen["address"].startswith(_LOOPBACK) and all(
                flow.is_listener and flow.listens_with(options) != ALL_ADDRESSES for flow in flows
            ):
                yield Difference(key, f"{key}: the matrix says that it listens on loopback alone")

    def _closed_listeners(self) -> t.Iterator[Difference]:
        """Mandatory flows whose responder did not listen."""
        for flow in self._flows:
            end = flow.ends["responder"]
            if flow.necessity != "mandatory" or end.kind != "roles":
                continue
            for host in self._hosts.values():
                active = set(host.roles) & set(end.values) and self._conditions(flow, host, host)
                if active and not any(
                    seen["host"] == host.name and self._listens(flow, host.name, seen["protocol"], seen["port"])
                    for seen in self._seen["sockets"]
                ):
                    key = f"no socket {host.name} {flow.id}"
                    yield Difference(key, f"{key}: nobody listened on the port of a mandatory flow")

    def _needless(self) -> t.Iterator[Difference]:
        """Mandatory flows whose rules the job did not need."""
        for each in self._seen.get("without", ()):
            flows, names = [self._matrix.flows.get(flow) for flow in each["flows"]], ", ".join(each["flows"])
            if None in flows or (each["then"] != FAILS and any(flow and flow.necessity == "mandatory" for flow in flows)):
                text = f"a mandatory flow is among {names}" if len(flows) > 1 else f"{names} is mandatory"
                yield Difference(f"without {names} on {each['host']}", f"{text}, but {each['then']} without it")

    def _is(self, flow: Flow, seen: t.Mapping[str, t.Any]) -> bool:
        initiator, responder = self._hosts.get(seen["initiator"]), self._hosts.get(seen["responder"])
        owner = responder if responder and flow.ends["responder"].kind == "roles" else initiator
        return bool(
            initiator
            and owner
            and flow.protocol == seen["protocol"]
            and self._end_fits(flow, "initiator", seen["initiator"], seen)
            and self._end_fits(flow, "responder", seen["responder"], seen)
            and (initiator is not responder or _within(flow, initiator))
            and self._conditions(flow, initiator, owner)
            and _has_port(flow, owner.options, seen["port"])
        )

    def _end_fits(self, flow: Flow, end: str, name: str, seen: t.Mapping[str, t.Any]) -> bool:
        kind, values = flow.ends[end].kind, flow.ends[end].values
        host = self._hosts.get(name)
        if kind == "local":
            return seen["initiator"] == seen["responder"]
        if kind == "any":
            return end == "initiator"  # what may lead anywhere explains nothing
        if host is None:
            return kind == "names" and name in values
        return bool((kind == "roles" and set(host.roles) & set(values)) or (kind == "network" and host.network in values))

    def _listens(self, flow: Flow, name: str, protocol: str, port: int | str) -> bool:
        """Whether a flow says that a host listens on a port, whoever may connect."""
        host, ends = self._hosts[name], flow.ends
        own = ends["responder"].kind == "roles" and set(host.roles) & set(ends["responder"].values)
        within = ends["responder"].kind == "local" and set(host.roles) & set(ends["initiator"].values)
        return bool(
            (own or within) and flow.protocol == protocol and _has_port(flow, host.options, port) and self._conditions(flow, host, host)
        )

    def _conditions(self, flow: Flow, initiator: Host, responder: Host) -> bool:
        chosen = {"initiator": initiator.options, "responder": responder.options, "federation": {**responder.options, **initiator.options}}
        return all(flow.fits(decider, options) for decider, options in chosen.items())


def _within(flow: Flow, host: Host) -> bool:
    """Whether a flow can be between two roles of one host, or a role and the host itself. A role has no flow to itself."""
    ends = [flow.ends[end] for end in ("initiator", "responder")]
    mine, theirs = (set(host.roles) & set(end.values) if end.kind == "roles" else {end.kind} for end in ends)
    return len(mine | theirs) > 1


def _has_port(flow: Flow, options: t.Mapping[str, t.Any], port: int | str) -> bool:
    low, high = bounds(str(port))
    return any(first <= low and high <= last for first, last in map(bounds, flow.ports_with(options)))


def _words(seen: t.Mapping[str, t.Any]) -> str:
    return f"{seen['initiator']} -> {seen['responder']} {seen['protocol']} {seen['port']}"


def anchor(title: str) -> str:
    """Where the page about real software has a system."""
    return title.lower().replace(" ", "-").replace(".", "")


def systems() -> list[str]:
    """The systems that have been seen."""
    return sorted(path.parent.name for path in SYSTEMS.glob("*/seen.yml"))


def read(system: str, directory: pathlib.Path = SYSTEMS) -> dict[str, t.Any]:
    """What was seen of a system; empty if it never was."""
    path = directory / system / "seen.yml"
    return dict(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.exists() else {}


def write(system: str, seen: t.Mapping[str, t.Any], directory: pathlib.Path = SYSTEMS) -> None:
    body = yaml.dump(dict(seen), Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=160, allow_unicode=True)
    (directory / system / "seen.yml").write_text(_HEAD.format(system=system) + body, encoding="utf-8")


class _Dumper(yaml.SafeDumper):
    """Without aliases, with entries of lists indented, and each trial without rules on one line."""

    def ignore_aliases(self, _data: t.Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def represent_mapping(self, tag: str, mapping: t.Any, flow_style: bool | None = None) -> yaml.MappingNode:
        return super().represent_mapping(tag, mapping, True if "then" in mapping else flow_style)


def unexplained(seen: t.Mapping[str, t.Any], matrix: Matrix) -> list[str]:
    """The differences between what was seen and a matrix that nobody explained, and explanations of what is no difference."""
    explained = dict(seen.get("explained") or {})
    found = {
        f"{name}: {difference.key}": difference.text
        for name, arrangement in seen["arrangements"].items()
        for difference in Arrangement(name, arrangement, matrix, seen["version"]).differences()
    }
    unknown = [f"{key}: {text}" for key, text in found.items() if not any(_covers(each, key) for each in explained)]
    stale = [f"explained: {each} is not a difference" for each in explained if not any(_covers(each, key) for key in found)]
    return unknown + stale


def _covers(explained: str, key: str) -> bool:
    """An explanation names a difference with or without its arrangement."""
    return explained in (key, key.partition(": ")[2])
