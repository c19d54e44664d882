# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What goes wrong on a host, in words for its administrator."""

from __future__ import annotations


class PolicyError(Exception):
    """What went wrong on a host, as one or more messages for its administrator."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


class PolicyRefused(PolicyError):
    """The policy cannot be expressed or would be unsafe; nothing was touched. Each message names the rule."""


class ToolFailed(PolicyError):
    """The firewall's own tool or binding refused or failed."""


class BindingMissing(ToolFailed):
    """This Python lacks a firewall's own binding; another interpreter of the host has it.

    Attributes:
        binding: What could not be imported: ``ufw``, ``firewall``.
    """

    def __init__(self, binding: str) -> None:
        super().__init__("no Python on this host can import %r, which comes with the firewall's Debian package" % binding)
        self.binding = binding


class HalfDone(ToolFailed):
    """A change failed, and what was done could not all be taken back."""
