# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Names and comments in our own table."""

from __future__ import annotations

import hashlib
import re

MARK = "federated.connectivity"
COMMENT_LENGTH = 127  # NFTNL_UDATA_COMMENT_MAXLEN, less its terminating zero
PREFIX_LENGTH = 120  # NF_LOG_PREFIXLEN is 128, with the terminating zero
IDENTIFIER_LENGTH = 200  # the kernel takes 255 (NFT_NAME_MAXLEN)
_PLAIN_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*\Z")


def identifier(name: str, family: int) -> str:
    """The set's name in the table. Names that nft could take for something else carry a hash of their original."""
    if not _PLAIN_IDENTIFIER.match(name) or len(name) > IDENTIFIER_LENGTH:
        readable = re.sub(r"[^A-Za-z0-9_]", "_", name)[:IDENTIFIER_LENGTH]
        name = "_%s_%s" % (readable, _digest(name))
    return "%s_ipv%d" % (name, family)


def comment(text: str) -> str:
    """Our mark and a rule's id, as long as nft takes comments; longer ones end in a hash of the whole."""
    return 'comment "%s"' % _quoted("%s %s" % (MARK, text), COMMENT_LENGTH)


def log_prefix(text: str) -> str:
    """What a line of the kernel's log begins with, in the same way."""
    return 'log prefix "%s: "' % _quoted("%s refused %s" % (MARK, text), PREFIX_LENGTH)


def _quoted(text: str, length: int) -> str:
    if len(text.encode()) > length:
        text = "%s~%s" % (text.encode()[: length - 9].decode(errors="ignore"), _digest(text))
    return re.sub(r'["\\\n]', "?", text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
