# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module payloads with bytecode beside the source: a host's Python compiles a hundred files once, not in each of a thousand runs.

The code is the same, and so is what runs it. Payloads as they are run in test_connections.py and test_verify.py, and on the lab's hosts.
"""

from __future__ import annotations

import re
import typing as t

# Reads the zip of a payload in base64, and writes it back with the bytecode of this Python, which is then not compared with the source.
_COMPILE = """
import base64, io, py_compile, sys, tempfile, zipfile
content = io.BytesIO(base64.b64decode(sys.stdin.read()))
with zipfile.ZipFile(content, "a") as file, tempfile.TemporaryDirectory() as directory:
    for name in file.namelist():
        if name.endswith(".py"):
            source = file.extract(name, directory)
            made = py_compile.compile(source, source + "c", name, True, -1, 1, py_compile.PycInvalidationMode.UNCHECKED_HASH)
            file.write(made, name + "c")
sys.stdout.write(base64.b64encode(content.getvalue()).decode())
"""
_ZIP = re.compile(r"(?<=^zip_data=')[A-Za-z0-9+/=]+(?=')", re.M)
_made: dict[tuple[str, int], str] = {}


def with_bytecode(payload: str, release: str, run: t.Callable[..., t.Any]) -> str:
    """A payload with the bytecode of a host's Python.

    Args:
        payload: As Ansible builds it.
        release: Hosts of the same release have the same Python.
        run: Runs a command on the host.
    """
    (source,) = _ZIP.findall(payload)
    key = release, hash(source)
    if key not in _made:
        _made[key] = run(["python3", "-c", _COMPILE], input=source).stdout
    return _ZIP.sub(lambda _match: _made[key], payload)
