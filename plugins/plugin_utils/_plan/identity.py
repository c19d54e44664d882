# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What tells whether the files of a plan belong together, and which version of this collection made them."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import pathlib
import re

FORMAT = 1
DIGEST = "digest"
COLLECTION_VERSION = "collection_version"
UNKNOWN = "0.0.0"
_ROOT = pathlib.Path(__file__).parents[3]
_VERSION = re.compile(r"^version:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
_RELEASE = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(-.*)?")


def digest_of(data: bytes) -> str:
    """The digest of a host's file. Line ends of Windows, which git may write, do not matter."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


@functools.cache
def own_version() -> str:
    """The version of this collection, from the metadata of an installed collection or of a checkout; 0.0.0 where a copy has neither."""
    with contextlib.suppress(FileNotFoundError):
        version: str = json.loads((_ROOT / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["version"]
        return version
    with contextlib.suppress(FileNotFoundError):
        found = _VERSION.search((_ROOT / "galaxy.yml").read_text(encoding="utf-8"))
        return found[1] if found else UNKNOWN
    return UNKNOWN


def is_newer(version: str, than: str) -> bool:
    """Whether a semantic version is newer than another; False where either is not one."""
    one, other = _RELEASE.fullmatch(version), _RELEASE.fullmatch(than)
    return one is not None and other is not None and _key(one) > _key(other)


def _key(version: re.Match[str]) -> tuple[int, int, int, bool]:
    major, minor, patch, before_release = version.groups()
    return int(major), int(minor), int(patch), before_release is None
