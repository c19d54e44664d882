# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a run says of one place that has proxies."""

from __future__ import annotations

import typing as t

from .file import Deviation, File


class Outcome(t.NamedTuple):
    """What changed in one place, or would; everything in it may be shown.

    Attributes:
        changes: Files, and units that are restarted.
        restarts: What is said of restarts, before they happen.
        said: What else the administrator should hear.
        warnings: What should be fixed.
        diffs: As Ansible shows them.
        errors: Why a user has not got what is wanted; others have.
    """

    changes: t.Sequence[str] = ()
    restarts: t.Sequence[str] = ()
    said: t.Sequence[str] = ()
    warnings: t.Sequence[str] = ()
    diffs: t.Sequence[t.Dict[str, str]] = ()
    errors: t.Sequence[str] = ()


def outcome_of_files(files: t.Sequence[t.Union[File, Deviation]]) -> Outcome:
    """The outcome where these files change."""
    return Outcome([file.path for file in files], diffs=[file.as_diff() for file in files])


def outcome_of_user(user: str, said: t.Mapping[str, t.Any]) -> Outcome:
    """What a user's process says, provided that it is an outcome."""
    texts: t.List[t.Any]
    try:
        outcome = Outcome(**said)
        texts = [*outcome.changes, *outcome.restarts, *outcome.said, *outcome.warnings, *outcome.errors]
        texts += [text for diff in outcome.diffs for pair in diff.items() for text in pair]
    except (TypeError, AttributeError):
        outcome, texts = Outcome(), [None]
    if not all(isinstance(text, str) for text in texts):
        return Outcome(errors=["user %s: the user's process answered what it should not" % user])
    return outcome
