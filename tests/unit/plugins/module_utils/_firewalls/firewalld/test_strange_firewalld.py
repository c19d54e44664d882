# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever firewalld tells of zones, policies, services and ipsets: what nobody can read is passed over and said, the rest is judged."""

from __future__ import annotations

import json
import sys
import types
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld import others
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables.unread import Unread
from ansible_collections.federated.connectivity.tests.strangers import ADDRESSES, PORTS, real, strange, texts, values, warnings_of


class Action:
    pass


class Accept(Action):
    pass


class Drop(Action):
    pass


class Element(types.SimpleNamespace):
    pass


class Port(Element):
    pass


class Service(Element):
    pass


class Protocol(Element):
    pass


class RichRule:
    """firewalld's own parser, for rules that stand in RULES; it refuses all others with errors of every kind."""

    RULES: t.ClassVar[dict[str, dict[str, t.Any]]] = {}

    def __init__(self, rule_str: str) -> None:
        if rule_str not in self.RULES:
            raise [ValueError, RuntimeError, KeyError][len(rule_str) % 3](rule_str)
        self.__dict__.update({"priority": 0, "family": None, "source": None, "destination": None, "element": None, **self.RULES[rule_str]})


@pytest.fixture(autouse=True)
def firewalld(monkeypatch: pytest.MonkeyPatch) -> None:
    rich = types.ModuleType("firewall.core.rich")
    names = {"Accept": Accept, "Drop": Drop, "Reject": type("Reject", (Action,), {}), "Rule": RichRule, "Port": Port, "Service": Service}
    for name, kind in {**names, "Protocol": Protocol}.items():
        setattr(rich, "Rich_" + name, kind)
    for name in ("firewall", "firewall.core"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "firewall.core.rich", rich)


class Settings:
    def __init__(self, data: dict[str, t.Any]) -> None:
        self._data = data

    def getSettingsDict(self) -> dict[str, t.Any]:
        return self._data

    def __getattr__(self, name: str) -> t.Any:
        return lambda: self._data.get(name[3:].lower(), [])


class Client:
    """firewalld's client; what it does not know is an error, as of D-Bus."""

    def __init__(self, zone: dict[str, t.Any], services: dict[str, dict[str, t.Any]], ipsets: dict[str, list[str]]) -> None:
        self._zone, self._services, self._ipsets = zone, services, ipsets

    def getDefaultZone(self) -> str:
        return "public"

    def getActiveZones(self) -> list[str]:
        return ["public", "gone"]

    def getPolicies(self) -> list[str]:
        return ["mine"]

    def getZoneSettings(self, name: str) -> Settings:
        return Settings({"public": self._zone}[name])

    def getPolicySettings(self, _name: str) -> Settings:
        return Settings({**self._zone, "ingress_zones": ["HOST"], "egress_zones": ["ANY"]})

    def getServiceSettings(self, name: str) -> Settings:
        return Settings(self._services[name])

    def getEntries(self, name: str) -> list[str]:
        return self._ipsets[name]


SOURCES = st.builds(
    lambda ipset, addr, mac, invert: Element(ipset=ipset, addr=addr, mac=mac, invert=invert),
    st.sampled_from([None, None, "ban", "gone"]), ADDRESSES, st.just("02:00:00:00:00:01"), st.booleans(),
)  # fmt: skip
ELEMENTS = st.one_of(
    st.none(),
    st.builds(lambda port: Port(port=port, protocol="tcp"), PORTS),
    st.builds(lambda name: Service(name=name), st.sampled_from(["shop", "till", "gone"])),
    st.builds(lambda value: Protocol(value=value), texts(5)),
)
RULES = st.fixed_dictionaries(
    {"action": st.sampled_from([Accept(), Drop(), None, Action()]), "element": ELEMENTS},
    optional={
        "source": SOURCES,
        "family": st.sampled_from(["ipv4", "ipv6", "ipv5", None]),
        "priority": st.integers(-5, 5),
        "destination": st.just(1),
    },
)
TCP = st.tuples(PORTS, st.sampled_from(["tcp", "udp", "sctp", ""]))
NAMES = st.sampled_from(["shop", "till", "gone"])
SERVICES = st.fixed_dictionaries(
    {"ports": st.lists(TCP, max_size=2), "protocols": st.lists(texts(4), max_size=1), "includes": st.lists(NAMES, max_size=3)},
    optional={"destinations": st.just({"ipv4": "224.0.0.251"})},
)


@strange
@given(
    rules=st.dictionaries(texts(8), RULES, max_size=3),
    unknown=st.lists(texts(), max_size=2),
    ports=st.lists(TCP, max_size=3),
    services=st.fixed_dictionaries({"shop": SERVICES, "till": SERVICES}),
    used=st.lists(NAMES, max_size=2),
    entries=st.lists(ADDRESSES, max_size=3),
    sources=st.lists(st.one_of(ADDRESSES, st.sampled_from(["ipset:ban", "ipset:gone"])), max_size=2),
)
def test_nothing_in_firewalld_breaks_a_run(
    rules: dict[str, t.Any],
    unknown: list[str],
    ports: list[t.Any],
    services: dict[str, t.Any],
    used: list[str],
    entries: list[str],
    sources: list[str],
) -> None:
    RichRule.RULES = rules
    zone = {"rich_rules": [*rules, *unknown], "ports": [*ports, ("8443", "tcp")], "services": used, "sources": sources, "target": "DROP"}
    unread = Unread()
    said = warnings_of(others.places(Client(zone, services, {"ban": entries}), lambda _name: False, unread))
    assert any(words.startswith("firewalld: your port 8443/tcp in zone public accepts others") for words in said)
    assert any("zone gone" in words for words in unread.warnings())


def test_services_that_include_each_other_are_read_once() -> None:
    services = {"shop": {"includes": ["till"]}, "till": {"includes": ["shop", "till"], "ports": [("8443", "tcp")]}}
    said = warnings_of(others.places(Client({"services": ["shop"]}, services, {}), lambda _name: False, Unread()))
    assert any(words.startswith("firewalld: your service till (by shop) in zone public accepts others") for words in said)
    assert len(said) == len(set(said))


@pytest.mark.parametrize("text", real("firewalld-dbus"))
def test_settings_of_each_release_are_read(text: str) -> None:
    found = json.loads(text)
    zone, services = found["zone"], {"samba": found["service"], "ssh": {}, "dhcpv6-client": {}, "samba-client": {}}
    zone["ports"].append(["8443", "tcp"])
    unread = Unread()
    said = warnings_of(others.places(Client(zone, services, {}), lambda _name: False, unread))
    assert any(words.startswith("firewalld: your port 8443/tcp in zone public accepts others") for words in said)
    assert not any("samba" in words for words in unread.warnings())


@strange
@given(st.sampled_from(real("firewalld-dbus")), st.data())
def test_settings_of_a_release_with_other_values_break_no_run(text: str, data: st.DataObject) -> None:
    found = json.loads(text)
    for settings in (found["zone"], found["service"]):
        for key in data.draw(st.lists(st.sampled_from(sorted(settings)), max_size=2)):
            if data.draw(st.booleans()):
                settings.pop(key, None)
            elif isinstance(settings.get(key), list):
                settings[key] = [*settings[key], *data.draw(st.lists(st.one_of(TCP, texts(4), values()), max_size=2))]
    said = warnings_of(others.places(Client(found["zone"], {"samba": found["service"]}, {}), lambda _name: False, Unread()))
    assert all(isinstance(words, str) for words in said)
