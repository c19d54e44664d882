# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a host, with its Python: draws files of firewalld, reads them with firewalld's own readers, and judges them as a run does.

``guest_firewalld_files.py COUNT SEED``, with the collection's module_utils as a package on PYTHONPATH. The last line counts what firewalld
took; an exception of ours shows the files that it came from.
"""

import json
import os
import random
import shutil
import sys
import tempfile
import traceback
from xml.sax.saxutils import escape, quoteattr

from firewall.client import (
    FirewallClientIPSetSettings,
    FirewallClientPolicySettings,
    FirewallClientServiceSettings,
    FirewallClientZoneSettings,
)
from firewall.core.io.direct import Direct
from firewall.core.io.ipset import ipset_reader
from firewall.core.io.policy import policy_reader
from firewall.core.io.service import service_reader
from firewall.core.io.zone import zone_reader
from firewall.core.logger import log
from module_utils._firewalls.firewalld import others
from module_utils._firewalls.firewalld.live import rivals
from module_utils._firewalls.firewalld.runtime import _LISTS, RuntimeSnapshot
from module_utils._firewalls.iptables.unread import Unread
from module_utils._host.host import Host
from module_utils._plan.words import EGRESS, HOST, INGRESS
from module_utils._policy.contradictions import contradictions
from module_utils._policy.model import AddressSet, Policy, Rule

PARTNERS = AddressSet("partners", ("198.51.100.16/29",), ("2001:db8:1::20/128",))
POLICY = Policy(
    "host",
    (
        Rule("in", INGRESS, "tcp", ("8443",), (PARTNERS,), HOST, True),
        Rule("out", EGRESS, "udp", ("53",), (PARTNERS,), HOST, False),
    ),
    True,
    True,
)
PORTS = ("22", "8443", "8000-9000", "ssh", "https", "ftp-data", "ssh-https", "0", "65535", "1-65535", "99999", "port", "", "22,23")
PROTOCOLS = ("tcp", "udp", "sctp", "dccp", "gre", "esp", "47", "igmp", "ipv6-icmp", "TCP", "")
ADDRESSES = (
    "198.51.100.20", "198.51.100.0/24", "10.0.0.0/255.255.0.0", "0.0.0.0/0", "2001:db8:1::/64", "::/0", "::ffff:192.0.2.1",
    "02:00:00:00:00:01",
    "ipset:ban", "host.example.org", "1.2.3.4/33", "192.0.2.1-192.0.2.9", "",
)  # fmt: skip
FAMILIES = ("ipv4", "ipv6", "ipv5", "")
NAMES = ("till", "shop", "ban", "mac", "public", "drop", "HOST", "ANY", "gone", "bad name", "ü", "x" * 40)
TEXTS = ("mine", "f\u00fcr uns", "<&>\"'", "\u202e", "it's", "a" * 300, "")
ZONES, SERVICES, POLICIES, IPSETS = ("public", "drop", "mine"), ("shop", "till"), ("others",), ("ban", "mac")


def tag(draw, kind, inside="", /, **attributes):
    """An element whose attributes are sometimes missing, or other ones."""
    kept = {key.replace("_", "-"): value for key, value in attributes.items() if draw.random() < 0.95}
    if draw.random() < 0.02:
        kept[draw.choice(("port", "name", "mine"))] = draw.choice(PORTS + TEXTS)
    return "<%s%s>%s</%s>" % (kind, "".join(" %s=%s" % (key, quoteattr(value)) for key, value in kept.items()), inside, kind)


def port(draw):
    return tag(draw, draw.choice(("port", "port", "source-port")), port=draw.choice(PORTS), protocol=draw.choice(PROTOCOLS[:4]))


def protocol(draw):
    return tag(draw, "protocol", value=draw.choice(PROTOCOLS))


def rich(draw):
    element = draw.choice((
        "", port(draw), protocol(draw), tag(draw, "service", name=draw.choice(NAMES)), "<masquerade/>",
        tag(draw, "icmp-type", name="echo-request"),
        tag(draw, "icmp-block", name="echo-reply"), tag(draw, "tcp-mss-clamp", value="pmtu"),
        tag(draw, "forward-port", port=draw.choice(PORTS), protocol="tcp", to_port="80"),
    ))  # fmt: skip
    limit = draw.choice(("", '<limit value="3/m"/>'))
    action = draw.choice((
        "<accept>%s</accept>" % limit, "<drop/>", '<reject type="tcp-reset"/>', "<reject/>", '<mark set="5/0xff"/>', "", "<accept/><drop/>"
    ))  # fmt: skip
    log_of_it = draw.choice(("", '<log prefix="x" level="info"/>', '<nflog group="3"/>', "<audit/>"))
    origin = draw.choice((
        "", tag(draw, "source", address=draw.choice(ADDRESSES)), tag(draw, "source", ipset=draw.choice(NAMES)),
        tag(draw, "source", mac=ADDRESSES[7]),
        '<source NOT="yes" address="192.0.2.0/24"/>',
    ))  # fmt: skip
    target = draw.choice(("", "", tag(draw, "destination", address=draw.choice(ADDRESSES)), tag(draw, "destination", ipset="ban")))
    head = {}
    if draw.random() < 0.7:
        head["family"] = draw.choice(FAMILIES)
    if draw.random() < 0.4:
        head["priority"] = draw.choice(("-5", "0", "5", "32767", "40000", "x"))
    return tag(draw, "rule", origin + target + element + log_of_it + action, **head)


def several(draw, *kinds):
    return "".join(draw.choice(kinds)(draw) for _ in range(draw.randint(0, 6)))


def texts(draw):
    return "<short>%s</short><description>%s</description>" % (escape(draw.choice(TEXTS)), escape(draw.choice(TEXTS)))


def service_of(draw):
    return tag(draw, "service", name=draw.choice(NAMES))


def zone(draw, name):
    parts = several(
        draw, port, protocol, rich, service_of,
        lambda d: tag(d, "source", address=d.choice(ADDRESSES)),
        lambda d: tag(d, "source", ipset=d.choice(NAMES)),
        lambda d: tag(d, "interface", name=d.choice(("eth0", "lo", "wg0", "")) + str(d.randint(0, 9))),
        lambda d: "<masquerade/>", lambda d: "<forward/>", lambda d: tag(d, "icmp-block", name="echo-request"),
    )  # fmt: skip
    planted = '<port port="8443" protocol="tcp"/>' if name == "public" else ""
    attributes = {"target": draw.choice(("DROP", "ACCEPT", "%%REJECT%%", "default", "CONTINUE"))} if draw.random() < 0.5 else {}
    return tag(draw, "zone", texts(draw) + parts.replace(planted or "\0", "") + planted, **attributes)


def policy(draw, _name):
    sides = "".join(tag(draw, side + "-zone", name=draw.choice(NAMES[4:8])) for side in ("ingress", "egress"))
    attributes = {"target": draw.choice(("DROP", "ACCEPT", "REJECT", "CONTINUE"))}
    if draw.random() < 0.5:
        attributes["priority"] = draw.choice(("-1", "1", "-32768", "0", "x"))
    return tag(draw, "policy", sides + several(draw, port, protocol, rich, service_of), **attributes)


def service(draw, _name):
    parts = several(
        draw, port, protocol,
        lambda d: tag(d, "include", service=d.choice(NAMES)),
        lambda d: tag(d, "destination", ipv4="224.0.0.251", ipv6="ff02::fb"),
        lambda d: tag(d, "helper", name="ftp"), lambda d: tag(d, "module", name="nf_conntrack_ftp"),
    )  # fmt: skip
    return tag(draw, "service", texts(draw) + parts, version="1.0")


def ipset(draw, name):
    kinds = ("hash:ip", "hash:net", "hash:ip,port", "hash:mac", "hash:net,iface", "list:set")
    kind = "hash:mac" if name == "mac" else draw.choice(kinds)
    options = several(
        draw, lambda d: tag(d, "option", name=d.choice(("family", "timeout", "maxelem", "x")), value=d.choice(("inet6", "0", "60", "")))
    )
    entries = (*ADDRESSES, "198.51.100.20,tcp:8443", "192.0.2.0/24,eth0", "02:00:00:00:00:02")
    return tag(draw, "ipset", options + several(draw, lambda d: "<entry>%s</entry>" % d.choice(entries)), type=kind)


def direct(draw, _name):
    chain = {
        "ipv": draw.choice(("ipv4", "ipv6", "eb", "x")),
        "table": draw.choice(("filter", "nat", "raw", "")),
        "chain": draw.choice(("INPUT", "MINE")),
    }
    arguments = draw.choice(("-j DROP", "-s 198.51.100.20 -j ACCEPT", "-m comment --comment 'it is' -j x", "", "'", '-j "'))
    kinds = (
        lambda d: tag(d, "chain", **chain), lambda d: tag(d, "rule", escape(arguments), priority=d.choice(("0", "-9", "x")), **chain),
        lambda d: tag(d, "passthrough", escape(arguments), ipv=chain["ipv"]),
    )  # fmt: skip
    return tag(draw, "direct", several(draw, *kinds))


def damaged(draw, text):
    """Sometimes with bytes that are no XML, or cut."""
    content = ('<?xml version="1.0" encoding="utf-8"?>\n' + text).encode()
    if draw.random() < 0.03:
        return content[: draw.randint(0, len(content))]
    if draw.random() < 0.03:
        place = draw.randint(0, len(content))
        return content[:place] + bytes(draw.randint(0, 255) for _ in range(3)) + content[place:]
    return content


class Client:
    """firewalld's client over what its readers took; what it does not have is an error, as over D-Bus."""

    def __init__(self, found):
        self._found = found

    def config(self):
        return self

    def getDefaultZone(self):
        return "public"

    def getActiveZones(self):
        return {name: {"interfaces": ["eth0"]} for name in (*self._found["zone"], "gone")}

    def getZones(self):
        return list(self._found["zone"])

    def getPolicies(self):
        return list(self._found["policy"])

    def getIPSets(self):
        return list(self._found["ipset"])

    getZoneNames, getPolicyNames, getIPSetNames = getZones, getPolicies, getIPSets

    def getZoneSettings(self, name):
        return FirewallClientZoneSettings(self._found["zone"][name].export_config_dict())

    def getPolicySettings(self, name):
        return FirewallClientPolicySettings(self._found["policy"][name].export_config_dict())

    def getServiceSettings(self, name):
        return FirewallClientServiceSettings(self._found["service"][name].export_config_dict())

    def getIPSetSettings(self, name):
        return FirewallClientIPSetSettings(list(self._found["ipset"][name].export_config()))

    def getEntries(self, name):
        settings = self.getIPSetSettings(name)
        if "timeout" in settings.getOptions():
            raise Exception("IPSET_WITH_TIMEOUT: " + name)
        return settings.getEntries()

    def getZoneByName(self, name):
        return Of(self.getZoneSettings(name))

    def getPolicyByName(self, name):
        return Of(self.getPolicySettings(name))

    def __getattr__(self, name):
        lists = dict(zip([read for read, _kind in _LISTS][:3], self._found["direct"] or ([], [], [])))
        if name.startswith(("getAll", "getLockdown")):
            return lambda: lists.get(name, [])
        raise AttributeError(name)


class Of:
    def __init__(self, settings):
        self._settings = settings

    def getSettings(self):
        return self._settings


READERS = {"zone": zone_reader, "policy": policy_reader, "service": service_reader, "ipset": ipset_reader}
MADE = {
    "zone": (zone, ZONES),
    "policy": (policy, POLICIES),
    "service": (service, SERVICES),
    "ipset": (ipset, IPSETS),
    "direct": (direct, ("direct",)),
}


def read(draw, directory):
    """What firewalld takes of files that are drawn, and the files."""
    found = {kind: {} for kind in MADE}
    files = {}
    for kind, (make, names) in MADE.items():
        for name in names:
            content = files["%s %s" % (kind, name)] = damaged(draw, make(draw, name))
            path = os.path.join(directory, name + ".xml")
            with open(path, "wb") as file:
                file.write(content)
            try:
                if kind == "direct":
                    made = Direct(path)
                    made.read()
                    found[kind] = made.export_config()
                else:
                    found[kind][name] = READERS[kind](name + ".xml", directory)
            except Exception:  # firewalld refuses it
                continue
    return found, files


def judge(found):
    """What a run says of it."""
    client, unread = Client(found), Unread()
    said = contradictions(POLICY, others.places(client, lambda name: False, unread))
    said += unread.warnings() + rivals(client, lambda name: False)
    snapshot = RuntimeSnapshot.take(client, Host())
    json.dumps(snapshot.data)
    said += snapshot.losses(client, lambda name: False)
    assert all(isinstance(words, str) for words in said), said
    if "public" in found["zone"] and ("8443", "tcp") in found["zone"]["public"].ports:
        assert any("port 8443/tcp in zone public accepts others" in words for words in said), said
    return said


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    log.setInfoLogLevel(-1)
    taken, said = {}, 0
    for number in range(seed, seed + count):
        directory = tempfile.mkdtemp()
        found, files = read(random.Random(number), directory)
        shutil.rmtree(directory)
        try:
            said += len(judge(found))
        except Exception:
            traceback.print_exc()
            print("number %d: %s" % (number, files), file=sys.stderr)
            raise SystemExit(1) from None
        for kind in MADE:
            taken[kind] = taken.get(kind, 0) + len(found[kind] or ())
    print(json.dumps({"taken": taken, "said": said}))


if __name__ == "__main__":
    main()
