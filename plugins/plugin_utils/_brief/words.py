# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a step has to say, as lines of the screen."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from ...module_utils._host.printable import printable

_LINE_MAXIMUM = 4000


def as_lines(data: Mapping[str, t.Any], dump: Callable[[t.Any], str]) -> list[str]:
    """The lines of a message: a text, a list of texts, or what ``dump`` makes of anything else."""
    message = data.get("msg")
    if isinstance(message, str):
        return message.splitlines()
    if isinstance(message, Sequence) and all(isinstance(line, str) for line in message):
        return [part for line in message for part in line.splitlines()]
    return dump({name: value for name, value in data.items() if not name.startswith("_ansible_")}).splitlines()


def grouped(said: Mapping[Sequence[str], Sequence[str]], repeated: Collection[str]) -> Iterator[str]:
    """What hosts said, once for all hosts that said the same, in the order of their names.

    Args:
        said: The lines -> the hosts that said them. An empty name stands for the run itself.
        repeated: Lines that are shown elsewhere, and not here.
    """
    for lines, hosts in sorted(said.items(), key=lambda entry: min(entry[1])):
        shown = [printable(line, _LINE_MAXIMUM) for line in lines if line not in repeated]
        names = ", ".join(sorted(filter(None, hosts)))
        if names and len(shown) == 1:
            yield f"{names}: {shown[0]}"
            continue
        if names and shown:
            yield f"{names}:"
        yield from (f"  {line}" if names else line for line in shown)


def progress(step: str, seconds: float, finished: int) -> str:
    """That ``step`` still runs after so many seconds, and on how many hosts it is done."""
    done = f", done on {finished} host{'s' if finished > 1 else ''}" if finished else ""
    return f"still running after {seconds:.0f} seconds: {step}{done}"
