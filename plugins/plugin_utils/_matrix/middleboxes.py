# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What firewalls, proxies and gateways on the way have to bear, in words for those who run them."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping

LONG_LIVED = "one connection stays open, with long silences: idle timeouts on the way must not cut it"


def demands(middleboxes: Mapping[str, t.Any]) -> Iterator[str]:
    """Each demand of a flow's ``middleboxes``, as the schema of matrices has them."""
    if "idle_timeout" in middleboxes:
        yield f"a connection that is silent for {middleboxes['idle_timeout']} seconds must not be forgotten: set idle timeouts higher"
    if "http" in middleboxes:
        yield f"HTTP/{middleboxes['http']} must pass"
    if "keyword_filter" in middleboxes:
        yield "no filter may look for words in the content: random numbers happen to spell them"
    if "buffering" in middleboxes:
        yield "requests and replies must not be collected before they are passed on"
    if "body_megabytes" in middleboxes:
        yield f"bodies of {middleboxes['body_megabytes']} megabytes must pass"
