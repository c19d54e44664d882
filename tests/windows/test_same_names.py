# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same answers of a name service do the same on Linux and on Windows: they open the same, and the same is remembered and reported."""

from __future__ import annotations

import ipaddress
import json
import os
import pathlib
import random
import subprocess
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._names import lookup, special_addresses
from ansible_collections.federated.connectivity.plugins.module_utils._names.address_filter import refusal
from ansible_collections.federated.connectivity.plugins.module_utils._names.lookup import Memory
from ansible_collections.federated.connectivity.plugins.module_utils._names.remembered import FIRST, MAXIMUM, NEW, Seen

_ANSWERS = pathlib.Path(__file__).with_name("Answers.ps1")
_NOW = 1_800_000_000.0
_NAMES = ("a.example", "A.example", "b.example", "registry.hospital.example", "proxy", "x.intern.example", "nas.lan", "dotted.example.")
_OWN: tuple[list[str], ...] = ([], ["registry.hospital.example"], [".intern.example"], ["A.Example", ".hospital.example"])
_AGES = (
    0.0,
    0.25,
    1800.0,
    3600.0,
    7200.5,
    86_399.0,
    86_400.0,
    86_401.0,
    3 * 86_400.0,
    7 * 86_400.0,
    7 * 86_400.0 + 1,
    9 * 86_400.0,
    -5000.0,
)
_JUNK = (
    "",
    "x",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "300.1.1.1",
    "fe80::1%eth0",
    "2001:db8::1%5",
    "1.2.3.4%1",
    "1.2.3.4/32",
    ":",
    "2001:db8::/64",
    "0x7f.1",
)


class Drawn(t.NamedTuple):
    """What a run finds: names, what is remembered of them, and the answers of those whose look-up ended in time."""

    names: list[str]
    memory: Memory
    own: list[str]
    found: dict[str, list[str]]
    now: float

    def text(self) -> str:
        def entries(known: t.Mapping[str, Seen]) -> list[dict[str, t.Any]]:
            return [{"address": address, **seen._asdict()} for address, seen in known.items()]

        memory = [{"name": name, "addresses": entries(known)} for name, known in self.memory.items()]
        found = [{"name": name, "addresses": addresses} for name, addresses in self.found.items()]
        return json.dumps({"names": self.names, "memory": memory, "own": self.own, "found": found, "now": self.now})


def edges() -> list[str]:
    """The first and last addresses of all special ranges, those beside them, and addresses that stand for IPv4 addresses."""
    ranges = [line for name in ("_NEVER", "_PRIVATE", "_TRANSPARENT") for line in getattr(special_addresses, name)]
    found = set(_JUNK)
    for version, mask, first, _words in [*ranges, special_addresses._RESERVED, special_addresses._GLOBAL]:
        kind = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
        top = 2 ** (32 if version == 4 else 128) - 1
        last = first | (top ^ mask)
        found |= {written(kind(number)) for number in (first - 1, first, first + 1, last - 1, last, last + 1) if 0 <= number <= top}
    for octets in ((10, 0, 0, 5), (169, 254, 169, 254), (127, 0, 0, 1), (192, 0, 2, 7), (8, 8, 4, 4), (0, 0, 0, 9)):
        number = int.from_bytes(bytes(octets), "big")
        low, plain = 2**128 - 1, number
        standing = (
            0x2002 << 112 | plain << 80,
            0x20010000 << 96 | plain << 64 | 0x3FFFFFF6,
            0x20010000 << 96 | 0xC0000207 << 64 | (~plain & 0xFFFFFFFF),
            0x0064FF9B << 96 | plain,
            0x0064FF9B0001 << 80 | plain << 48,
            0x0064FF9B0001 << 80 | (plain >> 8) << 56 | (plain & 0xFF) << 40,
            0x0064FF9B0001 << 80 | plain,
            0x20010DB8 << 96 | 0x5EFE << 32 | plain,
            0x20010DB8 << 96 | 0x02005EFE << 32 | plain,
            0xFFFF << 32 | plain,
        )
        found |= {written(ipaddress.IPv6Address(each & low)) for each in standing}
    return sorted(found)


def written(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    return str(address)


def draw(rng: random.Random, addresses: list[str]) -> Drawn:
    names = rng.sample(_NAMES, rng.randint(1, 3)) if rng.random() < 0.95 else [f"n{number}.example" for number in range(rng.randint(8, 12))]
    many = rng.random() < 0.1
    public = [
        f"203.0.{rng.randint(112, 114)}.{rng.randint(0, 255)}"
        for _each in range(rng.choice([3, NEW + 5, FIRST + 20, MAXIMUM + 30]) if many else 3)
    ]
    pool = [*public, *rng.sample(addresses, 6)]
    memory: Memory = {}
    found: dict[str, list[str]] = {}
    for name in names:
        if rng.random() < 0.6:
            paused, base = rng.random() < 0.3, rng.choice(_AGES)
            chosen = dict.fromkeys(rng.sample(pool, rng.randint(1, len(pool)))) if rng.random() < 0.8 else {}
            memory[name] = {
                address: Seen(
                    _NOW - base - rng.choice(_AGES[:6]), _NOW - base - rng.choice(_AGES) - rng.randint(0, 9), rng.random() < 0.7, paused
                )
                for address in list(chosen)[:MAXIMUM]
            }
        if rng.random() < 0.8:
            found[name] = rng.sample(pool, rng.randint(0, len(pool))) if rng.random() < 0.8 else []
    return Drawn(names, {name: known for name, known in memory.items() if known}, rng.choice(_OWN), found, _NOW)


def expected(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """What Linux does."""
    monkeypatch.setattr(lookup, "look_up_all", lambda *_given: drawn.found)
    memory, lines = lookup.resolve(drawn.names, drawn.memory, drawn.own, now=drawn.now)
    known = [[name, address, *seen] for name, addresses in memory.items() for address, seen in addresses.items()]
    reasons = [refusal(name, address, drawn.own) for name, addresses in drawn.found.items() for address in addresses]
    return {"known": sorted(known), "lines": lines, "reasons": reasons}


def test_the_same_answers_do_the_same(whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(20)
    addresses = edges()
    singles = [
        Drawn([name], {}, own, {name: [address]}, _NOW)
        for address in addresses
        for name in ("a.example", "proxy")
        for own in ([], ["a.example"])
    ]
    drawn = [*singles, *(draw(rng, addresses) for _each in range(4000 if whole else 600))]
    command = [os.environ.get("PWSH") or "pwsh", "-NoProfile", "-File", str(_ANSWERS)]
    text = "".join(f"{one.text()}\n" for one in drawn)
    answers = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(answers) == len(drawn)
    seen: set[str] = set()
    for one, answer in zip(drawn, answers, strict=True):
        got = json.loads(answer)
        got["known"] = sorted([name, address, *map(float, times), told, paused] for name, address, *times, told, paused in got["known"])
        assert got == expected(one, monkeypatch), one
        seen |= {
            word
            for word in ("ignored", "new address", "more addresses", "stay in force", "open nothing", "no longer open")
            for line in got["lines"]
            if word in line
        }
    assert len(seen) == 6, seen
