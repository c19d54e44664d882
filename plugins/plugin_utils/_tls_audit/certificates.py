# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the audit reads in a certificate. Certificates are read with cryptography, on which ansible-core depends."""

from __future__ import annotations

import contextlib

from ...module_utils._host.printable import printable

with contextlib.suppress(ImportError):  # there wherever ansible-core is; ansible-test imports without it
    from cryptography import x509
    from cryptography.x509.oid import NameOID

ISSUER_MAXIMUM = 300


def issuer_of(certificate: str) -> tuple[str, str, str]:
    """Common name and organisation of a certificate's issuer, and what to call it; a damaged certificate has neither."""
    try:
        name = x509.load_pem_x509_certificate(certificate.encode()).issuer
        common_name, organization = (
            next((str(attribute.value) for attribute in name.get_attributes_for_oid(oid)), "")
            for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        )
        return common_name, organization, printable(name.rfc4514_string(), ISSUER_MAXIMUM) or "an issuer without a name"
    except (ArithmeticError, LookupError, TypeError, ValueError, x509.InvalidVersion):
        return "", "", "an issuer that cannot be read"


def is_self_signed(certificate: str) -> bool:
    """Whether a certificate names itself as its issuer. Such an issuer's name proves nothing: anybody can write it."""
    try:
        read = x509.load_pem_x509_certificate(certificate.encode())
        return read.issuer == read.subject
    except (ArithmeticError, LookupError, TypeError, ValueError, x509.InvalidVersion):
        return False
