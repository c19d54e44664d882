# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other people leave on hosts, drawn: texts in any encoding, and a policy whose peers they may refuse."""

from __future__ import annotations

import pathlib
import typing as t

from hypothesis import settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.molecule.lab.rootfs import RELEASES
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import EGRESS, HOST, INGRESS, PUBLISHED
from ansible_collections.federated.connectivity.plugins.module_utils._policy.contradictions import Place, contradictions
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

MANY = 5000
PARTNERS = AddressSet("partners", ("198.51.100.16/29",), ("2001:db8:1::20/128",))
POLICY = Policy(
    "host",
    (
        Rule("in", INGRESS, "tcp", ("8443",), (PARTNERS,), HOST, True),
        Rule("published", INGRESS, "tcp", ("8443", "9000-9010"), (PARTNERS,), PUBLISHED, True),
        Rule("out", EGRESS, "udp", ("53",), (PARTNERS,), HOST, False),
    ),
    True,
    True,
)

REAL_OUTPUTS = pathlib.Path(__file__).parent / "unit" / "real_outputs"
"""What tools of Debian's releases print; tests/packets/real_outputs.py writes it."""

F = t.TypeVar("F", bound=t.Callable[..., None])


def strange(test: F) -> F:
    """Draw as many examples as every run does, or MANY in the whole run."""
    count = settings.default.max_examples if settings.default else MANY
    return t.cast(F, settings(max_examples=MANY if count > 100 else count)(test))


def texts(most: int = 30) -> st.SearchStrategy[str]:
    """Any bytes as Host.run decodes them, and texts of any characters, line ends and control characters among them."""
    anything = st.binary(max_size=most).map(lambda content: content.decode("utf-8", "surrogateescape"))
    odd = st.text(st.sampled_from("ab-!\"'\\{}[]()#:;,./@$%*= \t\r\n\x0b\x0c\x1c\x85\u2028ü\udcfc"), max_size=most)
    return st.one_of(anything, odd, st.text(max_size=most))


def values() -> st.SearchStrategy[t.Any]:
    """Anything that JSON can hold."""
    plain = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), texts(8))
    return st.recursive(
        plain, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts(8), inner, max_size=3)), max_leaves=6
    )


def real(tool: str) -> list[str]:
    """What a tool of each release prints; ``proc-`` and a name: a table of the kernel in /proc/net, which releases share."""
    found = [path.read_text(encoding="utf-8") for path in sorted(REAL_OUTPUTS.glob(f"{tool}_*.txt"))]
    assert len(found) == (1 if tool.startswith("proc-") else len(RELEASES)), tool
    return found


@st.composite
def altered(draw: st.DrawFn, tool: str) -> str:
    """What a tool of one release prints, with lines left out, twice or in another place, and other texts among its characters."""
    lines = draw(st.sampled_from(real(tool))).splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 3))):
        place, other = draw(st.integers(0, len(lines))), draw(st.integers(0, len(lines)))
        lines[place : place + 1] = draw(st.sampled_from([[], lines[place : place + 1] * 2, lines[other : other + 1]]))
    text = "".join(lines)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(texts(6)) + text[place + draw(st.integers(0, 3)) :]
    return text


ADDRESSES = st.sampled_from(
    [
        "198.51.100.20", "198.51.100.20/32", "198.51.100.0/24", "0.0.0.0/0", "2001:db8:1::20/128", "::/0", "10.0.0.1/255.0.255.0",
        "10.0.0.0/0.0.0.255", "2001:db8::1/ffff::ffff", "10.0.0.9-10.0.0.1", "1.2.3.4-::1", "02:00:00:00:00:01", "host.example.org",
        "", "/", "1.2.3.4/33", "fe80::1%eth0", "@office", "999.1.1.1",
    ]
)  # fmt: skip
PORTS = st.sampled_from(
    [
        "22", "8443", "8000:9000", "8000-9000", "ssh", "https", "ftp-data", "ftp-data-ssh", "ssh-https", "22,8443", "22,8443:8500,ssh",
        "", "0", "65536", "99999999999999999999", "9000:8000", ":1024", "1024:", "-1", "port", "22-", "!22", "²",
    ]
)  # fmt: skip


def warnings_of(places: t.Iterable[Place]) -> list[str]:
    """What a run would say of these places; each place is looked at as a run does."""
    found = list(places)
    for place in found:
        for verdict in place.verdicts:
            for spans in (verdict.match.ports, verdict.match.peers):
                assert all(low <= high for low, high in spans)
                assert all(one[1] < two[0] for one, two in zip(spans, spans[1:], strict=False))
    said = contradictions(POLICY, found)
    assert all(isinstance(words, str) for words in said)
    return said
