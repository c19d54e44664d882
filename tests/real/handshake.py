# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a TLS server says before anything is secret."""

from __future__ import annotations

HANDSHAKE, CERTIFICATE_REQUEST, HELLO_DONE = 22, 13, 14  # a kind of record, and two kinds of messages


def handshake_messages(answer: bytes) -> list[int]:
    """The types of the handshake messages (RFC 5246, section 7.4) in what a TLS server has sent, as far as they are complete."""
    content, types = b"", []
    while len(answer) >= 5 and answer[0] == HANDSHAKE:
        length = int.from_bytes(answer[3:5], "big")
        content, answer = content + answer[5 : 5 + length], answer[5 + length :]
    while len(content) >= 4 and len(content) >= 4 + (length := int.from_bytes(content[1:4], "big")):
        types.append(content[0])
        content = content[4 + length :]
    return types
