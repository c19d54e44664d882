# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Data as literals of PowerShell 5.1 and later, in which nothing is ever expanded or run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# PowerShell's tokenizer takes each of them for an apostrophe; one that is doubled stands for itself.
_QUOTES = "'\u2018\u2019\u201a\u201b"
_DOUBLED = str.maketrans({quote: quote * 2 for quote in _QUOTES})

Entry = Mapping[str, Sequence[str]]
"""A hash table's keys, bare words, with one text or several each."""


def verbatim(text: str) -> str:
    """A text as a verbatim string.

    Raises:
        ValueError: if it has characters that cannot be seen, such as line ends and NUL.
    """
    if not text.isprintable():
        raise ValueError(f"{text!r} has characters that do not belong into a script")
    return f"'{text.translate(_DOUBLED)}'"


def hash_tables(entries: Sequence[Entry]) -> str:
    """An array of hash tables; what has several texts becomes an array of them.

    Raises:
        ValueError: where :func:`verbatim` does, and if there is no text at all, which PowerShell would take for "no restriction".
    """
    return "\n".join(("@(", *(f"    @{{\n{_body(entry)}\n    }}" for entry in entries), ")"))


def _body(entry: Entry) -> str:
    return "\n".join(f"        {key} = {_texts(key, texts)}" for key, texts in entry.items())


def _texts(key: str, texts: Sequence[str]) -> str:
    if not texts:
        raise ValueError(f"{key} is empty")
    return ", ".join(map(verbatim, texts))
