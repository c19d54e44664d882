# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What tells the hosts of one verification apart, so that none can speak for another.

The token of a run stays on the controller. Hosts hear two things that are computed from it: all of them the same password, to which
listeners answer, and each listener its own words, which hold its name and a mark that nobody else can compute. Whoever repeats these
words has reached the listener.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import urllib.parse


def is_token(token: str) -> bool:
    """Whether a text can be the token of a run."""
    return re.fullmatch(r"[!-~]{1,64}", token) is not None


def password_of(token: str) -> str:
    """What all hosts of a run are told."""
    return _mark(token, "hosts")


def words_of(token: str, name: str) -> str:
    """What the listener of one host answers with; printable ASCII, also where its name is not."""
    return f"{_mark(token, f'listener {name}')} {urllib.parse.quote(name)}"


def listener_in(token: str, words: str) -> str:
    """The name of the listener that these words are from; empty where they are no listener's of this run."""
    name = urllib.parse.unquote(words.partition(" ")[2], errors="replace")
    return name if hmac.compare_digest(words_of(token, name).encode(), words.encode(errors="replace")) else ""


def _mark(token: str, purpose: str) -> str:
    return hmac.new(token.encode(), purpose.encode(errors="replace"), hashlib.sha256).hexdigest()[:32]
