# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate authority of a federation, made by openssl(1)."""

from __future__ import annotations

import pathlib
import subprocess
import typing as t


class Authority:
    """It signs certificates with the names and addresses of hosts."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)
        self._openssl("req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=authority -keyout ca.key -out ca.crt")

    def _openssl(self, arguments: str) -> None:
        subprocess.run(["openssl", *arguments.split()], cwd=self._directory, check=True, capture_output=True, timeout=120)

    @property
    def certificate(self) -> bytes:
        return (self._directory / "ca.crt").read_bytes()

    def sign(self, name: str, addresses: t.Sequence[str] = ()) -> tuple[bytes, bytes]:
        """A certificate and its key, in PEM."""
        names = ",".join([f"DNS:{name}", "DNS:localhost", "IP:127.0.0.1", *(f"IP:{address}" for address in addresses)])
        (self._directory / "names").write_text(f"subjectAltName={names}\n", encoding="ascii")
        self._openssl(f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout host.key -out host.csr")
        self._openssl("x509 -req -days 30 -in host.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -out host.crt")
        return (self._directory / "host.crt").read_bytes(), (self._directory / "host.key").read_bytes()
