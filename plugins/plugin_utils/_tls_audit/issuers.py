# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which issuers exist for TLS inspection alone: the names that products give their certificate authorities by default.

Most sites give the middlebox an authority of their own, with any name; that one is found by comparison, not by this table.
Antivirus products that decrypt on the host itself make an authority of their own on each host, and all of these have one name.
"""

from __future__ import annotations

import re
import typing as t


class _Product(t.NamedTuple):
    """A product, and what the common name and the organisation of its issuer look like; an empty pattern fits all."""

    name: str
    common_name: str
    organization: str
    source: str


_KASPERSKY = r"AO Kaspersky Lab|Kaspersky Lab ZAO|"


def _shield(brand: str) -> str:
    """The authorities of the engine that Avast, AVG and Norton share. It has another one for servers whose certificate signs itself."""
    return rf"{brand} Web/Mail Shield (Self-signed )?Root"


_PRODUCTS = (
    _Product(
        "Zscaler", r"Zscaler .*Root CA.*", r"Zscaler Inc\.", "https://help.zscaler.com/unified/choosing-ca-certificate-ssl-inspection"
    ),
    _Product(
        "Cisco Umbrella",
        r"Cisco Umbrella .*",
        r"Cisco",
        "https://docs.umbrella.com/umbrella-user-guide/docs/add-customer-ca-signed-root-certificate",
    ),
    _Product("Fortinet", r"FortiGate CA|FG[A-Z0-9]{8,}", r"Fortinet", "https://community.fortinet.com/t5/FortiCache/x/ta-p/198478"),
    _Product(
        "Sophos Firewall",
        r"SecurityAppliance_SSL_CA",
        "",
        "https://www.avanet.com/en/kb/how-to-install-ssl-ca-certificate-for-sophos-https-scanning/",
    ),
    _Product(
        "ESET on the host itself",
        r"ESET SSL Filter CA",
        r"ESET, spol\. s ?r\. ?o\.|",
        "https://help.eset.com/ees/10.0/en-US/idh_config_epfw_ssl_cert_set.html",
    ),
    _Product("Avast on the host itself", _shield("Avast"), "", "https://github.com/curl/curl/issues/8848"),
    _Product("AVG on the host itself", _shield("AVG"), "", "https://github.com/curl/curl/issues/11268"),
    _Product("Norton on the host itself", _shield("Norton"), "", "https://github.com/matlab/matlab-mcp-server/issues/100"),
    _Product(
        "Kaspersky on the host itself",
        r"Kaspersky Anti-Virus Personal Root Certificate",
        _KASPERSKY,
        "https://github.com/microsoft/Git-Credential-Manager-for-Windows/issues/646",  # the chain; Kaspersky's own pages do not name it
    ),
    _Product(
        "Kaspersky on the host itself",
        r"Kaspersky Web Anti-Virus Certification Authority",
        _KASPERSKY,
        "https://github.com/keybase/client/issues/7228",
    ),
    _Product("mitmproxy", r"mitmproxy", r"mitmproxy", "https://docs.mitmproxy.org/stable/concepts-certificates/"),
)


def inspecting_product(common_name: str, organization: str) -> str:
    """The product whose default issuer this is; empty for none that is known."""
    for product in _PRODUCTS:
        if re.fullmatch(product.common_name, common_name) and re.fullmatch(product.organization or ".*", organization):
            return product.name
    return ""
