# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Encrypted values that cannot be decrypted here: a plan holds no secret, so whoever plans need not know any."""

from __future__ import annotations

import typing as t

PLACEHOLDER = "undecryptable_value"
"""Stands for an encrypted value that cannot be decrypted."""
_TYPES = ("EncryptedString", "AnsibleVaultEncryptedUnicode")
"""Ansible's types of encrypted values, from ansible-core 2.19 on and before."""


def without_secrets(value: t.Any) -> t.Any:
    """A value in which a placeholder stands for what cannot be decrypted; the value itself if there is nothing of that kind."""
    if type(value).__name__ in _TYPES:
        try:
            return str(value)
        except Exception:  # each version of Ansible has its own
            return PLACEHOLDER
    if isinstance(value, dict):
        changed = {key: other for key, inner in value.items() if (other := without_secrets(inner)) is not inner}
        return {**value, **changed} if changed else value
    if isinstance(value, (list, tuple)):
        items = [without_secrets(inner) for inner in value]
        return items if any(one is not other for one, other in zip(items, value, strict=True)) else value
    return value
