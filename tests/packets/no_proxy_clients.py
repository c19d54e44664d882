# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real programs that read ``no_proxy``, as Debian and PyPI offer them, and what each is asked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import typing as t

from firewall_host import FirewallHost

from ansible_collections.federated.connectivity.molecule.lab.rootfs import cache, locked, small_rootfs
from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.no_proxy import (
    BRIDGES,
    LOOPBACK,
    Exemptions,
    parse_exception,
)

FILES = pathlib.Path(__file__).parent / "no_proxy"
RECORD = FILES / "outcomes.json"
DEBIAN = ("curl", "wget", "python3", "python3-requests", "python3-httpx", "python3-grpcio", "golang-go")
PACKAGES = {"bookworm": (*DEBIAN, "openjdk-17-jdk-headless"), "trixie": (*DEBIAN, "openjdk-21-jdk-headless")}
PYPI = {"bookworm": ("old", "new")}  # whose Python is 3.11, for which both have wheels
NAME, IPV4, IPV6 = "partner.example.org", "198.51.100.20", "2001:db8::20"
HOSTS = f"""\
127.0.0.1 localhost
::1 localhost
{IPV4} {NAME} sub.{NAME} not{NAME} example.org host.intranet.example.org
"""
WHOLE = sorted({*LOOPBACK, *BRIDGES, NAME, ".intranet.example.org", "10.0.0.0/8", "2001:db8:9::/64", IPV4, IPV6})
"""What a host with a partner by name, one by address, and a suffix and networks of its own has."""


class Case(t.NamedTuple):
    """One entry of ``no_proxy``, or a list of them, and the host that is asked for."""

    entry: str
    target: str

    def text(self, reader: str) -> str:
        """The value of the variable, or of Java's property: the plan's list in the reader's form; one entry as it stands."""
        of_plan = Exemptions(WHOLE)
        if self.entry == "the plan's list":
            forms = {"java": of_plan.for_java, "go": of_plan.for_go}
            return ("|" if reader == "java" else ",").join(forms.get(reader, of_plan.for_environment)())
        try:
            return "|".join(Exemptions([parse_exception(self.entry)]).for_java()) if reader == "java" else self.entry
        except ValueError:  # the collection refuses it
            return self.entry


OURS = [
    Case("the plan's list", target)
    for target in ("localhost", "127.0.0.1", "[::1]", NAME, f"sub.{NAME}", "host.intranet.example.org", IPV4, f"[{IPV6}]")
]
EACH = [
    Case("localhost", "localhost"),
    Case("127.0.0.1", "127.0.0.1"),
    Case("127.0.0.0/8", "127.0.0.1"),
    Case("::1", "[::1]"),
    Case("[::1]", "[::1]"),
    Case(NAME, NAME),
    Case(NAME, f"sub.{NAME}"),
    Case(NAME, f"not{NAME}"),
    Case(".example.org", NAME),
    Case(".example.org", "example.org"),
    Case("*.example.org", NAME),
    Case(IPV4, IPV4),
    Case("198.51.100.0/24", IPV4),
    Case(IPV6, f"[{IPV6}]"),
    Case(f"[{IPV6}]", f"[{IPV6}]"),
    Case("2001:db8::/64", f"[{IPV6}]"),
    Case("2001:db8::/64", IPV4),
    Case(f"{NAME}:8080", NAME),
    Case(f"{IPV4}:8080", IPV4),
    Case("*", IPV4),
]
CASES = [*OURS, *EACH]


class Client(t.NamedTuple):
    """A program: who reads the list, how it is started, and what says its version."""

    reader: str
    kind: str
    command: t.Sequence[str]
    version: t.Sequence[str]


def clients(suite: str) -> dict[str, Client]:
    """The programs of a release, and those that PyPI has for its Python."""
    found = {
        "curl": Client("curl", "once", ["curl", "-sgm", "30"], ["curl", "--version"]),
        "wget": Client("wget", "once", ["wget", "-q", "-t", "1", "-T", "30", "-O", "-"], ["wget", "--version"]),
        "Go": Client("go", "once", ["/tmp/client"], ["go", "version"]),
        "Java": Client("java", "lasting", ["java", "-cp", "/tmp", "Client"], ["java", "--version"]),
    }
    for library in ("urllib", "requests", "httpx", "grpc"):
        found[library] = _python(library, "")
        if library != "urllib":
            found.update({f"{library} of PyPI, {age}": _python(library, f"/opt/{age}") for age in PYPI.get(suite, ())})
    return found


def _python(library: str, path: str) -> Client:
    command = ["env", f"PYTHONPATH={path}", "python3", "/tmp/python_client.py", library]
    return Client(library, "lasting", command, [*command, "version"])


@contextlib.contextmanager
def host(suite: str) -> t.Iterator[FirewallHost]:
    """A host with all clients, whose loopback has the addresses of partners."""
    with contextlib.closing(FirewallHost(small_rootfs(suite, PACKAGES[suite]), IPV4, IPV6)) as made:
        made.ip(*(f"address add {address} dev lo nodad" for address in (f"{IPV4}/32", f"{IPV6}/128")))
        made.file("/etc/hosts").write_text(HOSTS)
        for file in FILES.iterdir():
            if file.suffix in (".py", ".go", ".java"):
                shutil.copy(file, made.file(f"/tmp/{file.name}"))
        for age in PYPI.get(suite, ()):
            shutil.copytree(_from_pypi(age), made.file(f"/opt/{age}"))
        made.run(["sh", "-ec", "cd /tmp; go build -o client client.go; javac Client.java"], HOME="/root")
        yield made


def _from_pypi(age: str) -> pathlib.Path:
    """Wheels whose hashes are known, for Python 3.11; installed on first use."""
    requirements = FILES / f"{age}.txt"
    place = cache() / "no_proxy" / f"{age}-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked(place.parent / f"{age}.lock"):
        if not place.is_dir():
            with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
                pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
                wheels = ["--only-binary", ":all:", "--python-version", "3.11", "--target", f"{scratch}/made"]
                subprocess.run([*pip, *wheels, "-r", str(requirements)], check=True)
                pathlib.Path(scratch, "made").rename(place)
    return place


def asked(suite: str, names: t.Collection[str] = ()) -> dict[str, t.Any]:
    """What each client did in each case: by its name, with its version."""
    found = {name: client for name, client in clients(suite).items() if not names or name in names}
    with host(suite) as made:
        versions = {name: re.search(r"\d+(\.\d+)+", made.run(client.version).stdout) for name, client in found.items()}
        orders = {
            name: (
                client.kind,
                client.command,
                [{"no_proxy": case.text(client.reader), "target": case.target} for case in CASES],
            )
            for name, client in found.items()
        }
        outcomes = json.loads(made.run(["python3", "/tmp/probe.py"], input=json.dumps(orders)).stdout)
    return {
        name: {
            "version": version[0] if (version := versions[name]) else "",
            "outcomes": {f"{case.entry} -> {case.target}": outcome for case, outcome in zip(CASES, outcomes[name], strict=True)},
        }
        for name in found
    }
