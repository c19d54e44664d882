#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_handshake_info
short_description: Shake hands with TLS servers from this host, and tell what they showed
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Makes TLS handshakes from the host, many at a time, and hangs up. It never sends application data, and has no client certificate.
  - Tells which certificate was shown, what was agreed on, and whether the server asked for a client certificate, in TLS 1.2 and in TLS 1.3.
  - Whether that is what the responder itself shows is judged by M(federated.connectivity.tls_audit_judge).
  - STARTTLS and the like, where TLS begins later than the connection, are not supported.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.windows_too
  - federated.connectivity.attributes.host_action
options:
  endpoints:
    description: The servers.
    type: list
    elements: dict
    required: true
    suboptions:
      destination:
        description:
          - An IP address, or a host name, which this host resolves.
          - Of a name's addresses at most four are tried, and the first that takes the connection counts.
        type: str
        required: true
      port:
        description: The TCP port.
        type: int
        required: true
      server_name:
        description: The name to ask for in the handshake (SNI); empty for none.
        type: str
        default: ''
      alpn:
        description: Application protocols to offer, such as V(h2).
        type: list
        elements: str
        default: []
      own:
        description:
          - Whether the server is a service of this very host, to be seen without leaving it.
          - If the address is none of the host's own, since it is translated on the way in, loopback stands for it.
        type: bool
        default: false
  token:
    description: Any text; it comes back in RV(token), to tell one run's results from another's.
    type: str
    default: ''
  timeout:
    description: How many seconds a connection and its handshake may take. More than 0.
    type: float
    default: 5
  seconds:
    description: How many seconds all of them together may take. What could not begin by then has the outcome V(not_tried).
    type: float
    default: 60
  parallel:
    description: How many handshakes at a time, 1 or more.
    type: int
    default: 32
seealso:
  - module: federated.connectivity.tls_audit_plan
  - module: federated.connectivity.tls_audit_judge
"""

EXAMPLES = r"""
- name: See which certificate a partner's gRPC server shows to this host
  federated.connectivity.tls_handshake_info:
    endpoints:
      - {destination: 198.51.100.75, port: 9090, alpn: [h2]}
  register: seen

- name: See what this host's own service shows, without leaving the host
  federated.connectivity.tls_handshake_info:
    endpoints:
      - {destination: 198.51.100.10, port: 8443, own: true}
"""

RETURN = r"""
handshakes:
  description: What each endpoint showed, in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    destination:
      description: As given.
      type: str
    port:
      description: As given.
      type: int
    server_name:
      description: As given.
      type: str
    own:
      description: As given.
      type: bool
    outcome:
      description:
        - V(completed), the handshake came to its end.
        - V(alert), V(reset) or V(closed), it was cut by a TLS alert, by a TCP reset, or by the end of the connection.
        - V(silent), the connection came about, and the handshake did not in time.
        - V(not_tls), something else than TLS was answered.
        - V(failed), the two ends do not fit.
        - V(unreachable), no connection came about.
        - V(not_tried), O(seconds) were over.
      type: str
    detail:
      description: Which alert, or the system's words for what went wrong.
      type: str
    address:
      description: The address that was connected to; empty where the name did not resolve.
      type: str
    version:
      description: The version of TLS; empty where the handshake did not come to its end.
      type: str
    offered:
      description: The newest version of TLS that this host offered; empty where no connection came about.
      type: str
    alpn:
      description:
        - The application protocol that the server chose; empty where it chose none.
        - Null where this host could not offer any, as on Windows with PowerShell 5.1.
      type: str
    client_certificate:
      description: Whether the server asked for a client certificate; null where it is not known.
      type: bool
    sha256:
      description: SHA-256 of the server's certificate, in hexadecimal digits; empty where none was seen.
      type: str
    certificate:
      description:
        - The server's certificate, PEM; empty where none was seen.
        - A server that insists on a client certificate shows its own all the same.
      type: str
    publicly_trusted:
      description:
        - Whether the certificate is for O(endpoints[].server_name) and from an authority that the distribution itself comes with.
          Authorities that an administrator has added do not count, since those of inspecting middleboxes are among them.
        - On Windows, the authorities are those that Microsoft's root certificate program brings (the store C(AuthRoot)).
        - Null without a name, or where the system's own authorities are not known. They are on Windows, Debian and its relatives.
      type: bool
    untrusted:
      description: Why it is not; or empty.
      type: str
  sample:
    - destination: 198.51.100.75
      port: 9090
      server_name: ""
      own: false
      outcome: completed
      detail: ""
      address: 198.51.100.75
      version: TLSv1.3
      offered: TLSv1.3
      alpn: h2
      client_certificate: true
      sha256: 6f0e7d2a3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1
      certificate: "-----BEGIN CERTIFICATE-----\n..."
      publicly_trusted: null
      untrusted: ""
token:
  description: As given.
  returned: success
  type: str
  sample: 1f3870be274f6c49
"""

import hashlib
import ssl
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._tls.path import Endpoint, look, public_authorities


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "endpoints": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "destination": {"type": "str", "required": True},
                    "port": {"type": "int", "required": True},
                    "server_name": {"type": "str", "default": ""},
                    "alpn": {"type": "list", "elements": "str", "default": []},
                    "own": {"type": "bool", "default": False},
                },
            },
            "token": {"type": "str", "default": "", "no_log": False},
            "timeout": {"type": "float", "default": 5},
            "seconds": {"type": "float", "default": 60},
            "parallel": {"type": "int", "default": 32},
        },
        supports_check_mode=True,
    )
    options = module.params
    wrong = [
        "%s is %s; give %s" % (name, options[name], meaning)
        for name, least, meaning in (
            ("timeout", 1e-9, "seconds above 0"),
            ("seconds", 1e-9, "seconds above 0"),
            ("parallel", 1, "1 or more"),
        )
        if not options[name] >= least
    ]
    wrong += ["port %d is not valid: give 1 to 65535" % one["port"] for one in options["endpoints"] if not 1 <= one["port"] <= 65535]
    if wrong:
        module.fail_json(msg="; ".join(wrong))
    authorities, end = public_authorities(), time.monotonic() + options["seconds"]

    def seen(wanted: t.Dict[str, t.Any]) -> t.Dict[str, t.Any]:
        endpoint = Endpoint(**dict(wanted, alpn=tuple(wanted["alpn"])))
        shown, address, trusted = look(endpoint, authorities, options["timeout"], end)
        certificate = shown.certificate
        return dict(
            wanted,
            **dict(
                shown._asdict(),
                address=address,
                sha256=hashlib.sha256(certificate).hexdigest() if certificate else "",
                certificate=ssl.DER_cert_to_PEM_cert(certificate) if certificate else "",
                publicly_trusted=trusted,
            ),
        )

    with ThreadPoolExecutor(options["parallel"]) as pool:
        module.exit_json(changed=False, token=options["token"], handshakes=list(pool.map(seen, options["endpoints"])))


if __name__ == "__main__":
    main()
