# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed hosts that are nothing but answers: an honest one, and one that says whatever was drawn. Nothing on this machine changes.

As a program this file stands in for the Python of a managed host: ``hostile_hosts.py DIRECTORY HOST`` gets from its input what Ansible
wants to be run. What a host has to say instead of an honest answer stands in ``DIRECTORY/HOST.json``; ``DIRECTORY/hosts.json`` has the
address and the federation of each host.
"""

from __future__ import annotations

import ast
import copy
import json
import pathlib
import re
import sys
import typing as t

Arguments = t.Mapping[str, t.Any]
Answer = dict[str, t.Any]

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
SHA256 = "5f" * 32


class Network:
    """Where listeners of honest hosts wait, and who reaches them: the other hosts of the same federation.

    Args:
        federations: Address -> federation.
        directory: Where processes share what listeners answer with; None: there is one process.
    """

    def __init__(self, federations: t.Mapping[str, str], directory: pathlib.Path | None = None) -> None:
        self._federations = federations
        self._directory = directory
        self._words: dict[str, str] = {}

    def listen(self, address: str, words: str) -> None:
        """Let a listener wait."""
        self._words[address] = words
        if self._directory:
            self._directory.mkdir(exist_ok=True)
            (self._directory / address).write_text(words, encoding="utf-8")

    def words(self, source: str, address: str) -> str:
        """What a host reads at an address; empty where nothing answers."""
        if self._federations.get(address) != self._federations[source]:
            return ""
        if self._directory and (self._directory / address).exists():
            return (self._directory / address).read_text(encoding="utf-8")
        return self._words.get(address, "")


def honest(module: str, arguments: Arguments, address: str, network: Network) -> Answer:
    """What a host answers on which everything is as it should be, and which reaches honest listeners."""
    answers: dict[str, t.Callable[[], Answer]] = {
        "firewall_policy": lambda: _policy(arguments),
        "firewall_confirm": lambda: {"outcome": "confirmed"},
        "docker_proxy": lambda: {"changes": [], "restarts": [], "said": ["no Docker daemon on this host: nothing to do"], "diff": []},
        "inspection_note": lambda: {"changes": [], "diff": []},
        "firewall_packages": lambda: {"missing": []},
        "listening_info": lambda: {"sockets": [_socket(entry) for entry in arguments.get("ports", ())]},
        "refused_info": lambda: {"refused": [{"rule": rule, "address": address} for rule in arguments["rules"]], "missing": []},
        "observation_info": lambda: _observation(address),
        "flow_listener": lambda: _listener(arguments, address, network),
        "flow_probe": lambda: {
            "token": arguments["token"],
            "outcomes": [_outcome(probe, address, network) for probe in arguments["probes"]],
        },
        "tls_handshake_info": lambda: {
            "token": arguments["token"],
            "handshakes": [_handshake(endpoint) for endpoint in arguments["endpoints"]],
        },
    }
    return {"changed": False, "invocation": {"module_args": dict(arguments)}, **answers[module]()}


def speak(behaviour: t.Mapping[str, t.Any], answer: Answer) -> tuple[str, str]:
    """What a hostile host writes as output and as errors in place of an honest answer."""
    if behaviour["raw"] is not None:
        return behaviour["raw"], behaviour["errors"]
    found: t.Any = json.loads(json.dumps(answer))
    for index, value, alike in behaviour["changes"]:
        found = _changed(found, index, copy.deepcopy(value), alike)
    if isinstance(found, dict):
        found = {**found, **behaviour["more"]}
    return f"{behaviour['before']}\n{json.dumps(found)}\n{behaviour['after']}", behaviour["errors"]


def _policy(arguments: Arguments) -> Answer:
    seconds = int(arguments.get("confirm_timeout", 60))
    trial = {"changed": True, "on_trial": {"token": "0a" * 8, "seconds": seconds}}
    if arguments.get("_ansible_check_mode") or not seconds:
        trial = {}
    diff = {"before": "a rule\n", "after": "a rule\n", "before_header": "before: ", "after_header": "after: "}
    ids = [rule["id"] for rule in (arguments.get("policy") or {}).get("rules", ())] if arguments.get("_ansible_check_mode") else []
    rules = [{"rule": rule, "place": "nftables table", "disk": "present", "kernel": "present"} for rule in ids]
    return {"backend": "nftables", "allowed": ["ingress tcp 8443 from somebody"], "changes": [], "diff": diff, "rules": rules, **trial}


def _socket(entry: Arguments) -> Answer:
    port = int(str(entry["ports"][0]).partition("-")[0])
    return {"protocol": entry["protocol"], "family": 4, "address": "127.0.0.1", "port": port, "process": "x (pid 7)", "loopback": True}


def _observation(address: str) -> Answer:
    listener = {"protocol": "tcp", "address": "0.0.0.0", "port": 8443, "placement": "host", "program": "node", "tls": "mutual"}
    seen = {"incoming": True, "own": False, "peer": address, "opened": 2, "looks": 3, "answered": True}
    usual = {key: listener[key] for key in ("protocol", "port", "placement", "program")}
    told = {"looks": 9, "tracked": True, "cut": False, "unmatched": ["other"], "hidden": []}
    return {"sockets": [listener], "connections": [{**usual, **seen}], **told}


def _listener(arguments: Arguments, address: str, network: Network) -> Answer:
    if arguments.get("state", "started") == "stopped":
        return {"listener": "stopped"}
    network.listen(address, arguments["name"])
    return {
        "token": arguments["token"],
        "ports": [
            {"protocol": port["protocol"], "family": family, "port": int(port["port"]), "state": "listening", "detail": ""}
            for port in arguments["ports"]
            for family in (4, 6)
        ],
    }


def _outcome(probe: Arguments, address: str, network: Network) -> Answer:
    words = network.words(address, probe["destination"])
    outcome = {"outcome": "open" if words else "silent", "answered_by": words, "by": "", "detail": ""}
    return {**probe, "address": probe["destination"], "source": address, **outcome}


def _handshake(endpoint: Arguments) -> Answer:
    shown = {"certificate": CERTIFICATE, "sha256": SHA256, "version": "TLSv1.3", "client_certificate": True}
    agreed = {"outcome": "completed", "detail": "", "alpn": "", "publicly_trusted": None, "untrusted": ""}
    return {**endpoint, "address": endpoint["destination"], **shown, **agreed}


def _changed(found: t.Any, index: int, value: t.Any, alike: bool) -> t.Any:
    """The same data with another value at one of its places; if ``alike``, at one that holds the same type, as far as there is one."""
    places = list(_places(found))
    fit = [place for place, present in places if type(present) is type(value)] if alike else []
    place = fit[index % len(fit)] if fit else places[index % len(places)][0]
    if not place:
        return value
    container = found
    for key in place[:-1]:
        container = container[key]
    if value == "delete":
        del container[place[-1]]
    elif value == "twice" and isinstance(container, list):
        container.append(copy.deepcopy(container[place[-1]]))
    else:
        container[place[-1]] = value
    return found


def _places(found: t.Any, place: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[tuple[t.Any, ...], t.Any]]:
    """Every place in some data, with what it holds."""
    yield place, found
    items = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, value in items:
        yield from _places(value, (*place, key))


def _asked(text: str) -> tuple[str, Answer]:
    """The module that Ansible's program runs, and its arguments."""
    name = re.search(r"^ansible_module='federated\.connectivity\.(\w+)'", text, re.MULTILINE)
    parameters = re.search(r"^params=(.*),$", text, re.MULTILINE)
    assert name
    assert parameters
    return name[1], json.loads(ast.literal_eval(parameters[1]))["ANSIBLE_MODULE_ARGS"]


def main(directory: pathlib.Path, host: str, program: str) -> None:
    hosts = json.loads((directory / "hosts.json").read_text(encoding="utf-8"))
    module, arguments = _asked(program)
    answer = honest(module, arguments, hosts[host][0], Network(dict(hosts.values()), directory / "words"))
    behaviours = directory / f"{host}.json"
    written, errors = json.dumps(answer), ""
    if behaviours.exists():
        said = json.loads(behaviours.read_text(encoding="utf-8"))
        if module in said:
            written, errors = speak(said[module], answer)
    sys.stdout.buffer.write(written.encode("utf-8", "surrogatepass"))
    sys.stderr.buffer.write(errors.encode("utf-8", "surrogatepass"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2], sys.stdin.read())
