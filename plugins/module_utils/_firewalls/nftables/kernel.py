# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What others have in the kernel's packet filter, read with the tools that are there: iptables-save of each variant, and nft."""

from __future__ import annotations

import itertools
import typing as t

from ..._errors import ToolFailed
from ..._host.host import Host
from ..._policy.contradictions import Place
from ..iptables import others as iptables_others
from ..iptables.saved import Saved, Table, parse
from ..iptables.unread import Unread
from . import others as nftables_others
from . import untracked
from .listing import Broken, Listing, entries_of, tables_of
from .listing import Table as NftTable

_FAMILIES = {"ip": 4, "ip6": 6}
_OF_IPTABLES = ("filter", "nat", "mangle", "raw", "security")


class Kernel(t.NamedTuple):
    """Everything of everybody.

    Attributes:
        saved: What iptables-save shows, by family; of both variants where both are in use.
        listing: What nft lists.
        unread: What could not be read.
    """

    saved: t.Sequence[t.Tuple[int, Saved]]
    listing: Listing
    unread: Unread

    def places(self, managed: t.Collection[NftTable]) -> t.Iterator[Place]:
        """What others decide; ``managed`` are tables of nftables that are not looked at."""
        for family, saved in self.saved:
            yield from iptables_others.places(saved.tables.get("filter", Table()), family, self.unread)
        yield from nftables_others.places(self.listing, {*managed, *self.shown_by_iptables()}, self.unread)

    def refusing_by_default(self, managed: t.Collection[NftTable]) -> t.List[str]:
        """The chains of others that drop what they do not accept."""
        return nftables_others.refusing_by_default(self.listing, managed)

    def refusing(self, managed: t.Collection[NftTable]) -> t.Dict[str, str]:
        """For each direction in which others refuse what they do not accept, a chain that does, in words."""
        found = nftables_others.refusing(self.listing, managed)
        for family, saved in self.saved:
            for direction, words in iptables_others.refusing(saved.tables.get("filter", Table()), family).items():
                found.setdefault(direction, words)
        return found

    def untracked(self) -> t.Iterator[untracked.Untracked]:
        """The rules of others that take connections out of tracking."""
        for family, saved in self.saved:
            yield from untracked.of_iptables(family, saved)
        yield from untracked.of_nftables(self.listing, self.shown_by_iptables())

    def shown_by_iptables(self) -> t.Set[NftTable]:
        """The tables of nftables that iptables-save shows: those that its nftables variant keeps there, unless nft has written into
        them what iptables does not know."""
        return {
            (name, table)
            for (name, version), table in itertools.product(_FAMILIES.items(), _OF_IPTABLES)
            for family, saved in self.saved
            if family == version and saved.of_nft and table in saved.tables
        }


def read(host: Host) -> Kernel:
    """Read it; what cannot be read is in ``unread``."""
    unread = Unread()
    return Kernel(list(_saved(host, unread)), _listing(host, unread), unread)


def _saved(host: Host, unread: Unread) -> t.Iterator[t.Tuple[int, Saved]]:
    for family, tool in iptables_others.IPTABLES.items():
        if not host.which(tool + "-save"):
            continue
        done = host.run([tool + "-save"], check=False)
        saved = parse(done.stdout)
        if done.rc:
            unread.whole(tool, done.stderr.strip().partition("\n")[0] or "status %d" % done.rc)
        yield family, saved
        if saved.has_legacy and host.which(tool + "-legacy-save"):
            yield family, parse(host.run([tool + "-legacy-save"], check=False).stdout)


def _listing(host: Host, unread: Unread) -> Listing:
    if not host.which("nft"):
        return Listing((), "")
    listed = host.run(["nft", "-a", "-s", "list", "ruleset"], check=False)
    if listed.rc:
        unread.whole("nftables", listed.stderr.strip().partition("\n")[0] or "status %d" % listed.rc)
    return Listing(list(_entries(host, listed.stdout, unread)), listed.stdout)


def _entries(host: Host, text: str, unread: Unread) -> t.Iterator[t.Any]:
    """All tables in JSON at once; each by itself where that fails, so that one table costs no other."""
    try:
        yield from _json(host, "ruleset")
        return
    except (Broken, ToolFailed):
        pass
    for table in tables_of(text):
        try:
            yield from _json(host, "table", *table)
        except (Broken, ToolFailed) as error:
            unread.whole("nftables table %s %s" % table, str(error))


def _json(host: Host, *what: str) -> t.List[t.Any]:
    return entries_of(host.run(["nft", "-j", "list", *what]).stdout)
