# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages are written as docs/style.md says. Its own table holds the words to avoid."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).parents[3]
STYLE = ROOT / "docs" / "style.md"
LONGEST = 40
GENERATED = "docs/matrices/"


def _words_to_avoid() -> list[str]:
    table = STYLE.read_text(encoding="utf-8").partition("## Words")[2]
    return [word for line in table.splitlines() for word in re.findall(r"`([^`]+)`", line.partition(" | ")[0])]


def _pages() -> list[str]:
    names = [path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]]
    return sorted(name for name in names if not name.startswith(GENERATED))


def _sentences(text: str) -> Iterator[str]:
    """The sentences of running text and of table cells: no code, no quotes of what not to write."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`]*`", "code", text)
    for paragraph in re.split(r"\n\s*\n|\n(?=[-#|\d])| \| ", text):
        yield from filter(None, re.split(r"(?<=[.:;?!])\s+", " ".join(paragraph.split())))


@pytest.mark.parametrize("page", _pages())
def test_a_page_is_plain_english(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    if page == "docs/style.md":
        text = text.partition("## Before and after")[0]
    sentences = list(_sentences(text))
    found = [f"{word!r} in: {sentence}" for sentence in sentences for word in _words_to_avoid() if re.search(rf"\b{word}\b", sentence)]
    long = [f"{len(sentence.split())} words: {sentence}" for sentence in sentences if len(sentence.split()) > LONGEST]
    assert not [*found, *long]


def test_there_are_words_to_avoid_and_pages_to_look_at() -> None:
    assert len(_words_to_avoid()) > 10
    assert {"CONTRIBUTING.md", "docs/style.md", "docs/security.md"} <= set(_pages())


def test_the_check_finds_what_it_is_for() -> None:
    assert "is no port" in _words_to_avoid()
    text = "One two.\n\n- three `four five` six; seven | eight\n```\nnine\n```\n"
    assert [len(sentence.split()) for sentence in _sentences(text)] == [2, 4, 1, 1]
