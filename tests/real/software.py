# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The software of a system, installed once from files whose hashes are known, in a place of its own.

The place is a directory that an overlay of a host puts on Debian's root filesystem. Nothing of it is on this machine's own paths.
"""

from __future__ import annotations

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

from ansible_collections.federated.connectivity.molecule.lab.rootfs import cache, locked

HOME = "/opt/real"
SYSTEMS = pathlib.Path(__file__).parent
PYTHON = pathlib.Path("/usr/bin/python3")
SECONDS = 3600  # for the largest of them, on a slow connection


class CannotInstall(Exception):
    """The text says why, and what to do."""


def software(system: str) -> pathlib.Path:
    """The directory with a system's software; made on first use."""
    requirements, packages = SYSTEMS / system / "requirements.txt", SYSTEMS / system / "packages.txt"
    recipe = [requirements, *([packages] if packages.exists() else []), *sorted((SYSTEMS / system / "site").glob("*"))]
    place = cache() / "real" / f"{system}-{hashlib.sha256(b''.join(each.read_bytes() for each in recipe)).hexdigest()[:12]}"
    if place.is_dir():
        return place
    _check_python()
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked(place.parent / f"{system}.lock"):
        if not place.is_dir():
            _install(requirements, packages, place)
    return place


def _check_python() -> None:
    """What is installed here runs on Debian 12, so that it has to be of the same Python."""
    version = subprocess.run(
        [str(PYTHON), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if version != "3.11":
        raise CannotInstall(f"{PYTHON} is Python {version}. The hosts have Python 3.11: run make real on a machine that has it")


def _install(requirements: pathlib.Path, packages: pathlib.Path, place: pathlib.Path) -> None:
    print(f"real: installing {requirements.parent.name}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent) as scratch:
        made = pathlib.Path(scratch) / "layer"
        environment = made / HOME.lstrip("/")
        _run([str(PYTHON), "-m", "venv", str(environment)])
        pip = [
            str(environment / "bin/python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        _run([*pip, "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(requirements)])
        for script in (environment / "bin").iterdir():
            content = script.read_bytes()
            if not script.is_symlink() and content.startswith(b"#!"):
                script.write_bytes(content.replace(str(environment).encode(), HOME.encode()))
        if (requirements.parent / "site").is_dir():
            shutil.copytree(requirements.parent / "site", environment / "lib/python3.11/site-packages", dirs_exist_ok=True)
        if packages.exists():
            _unpack(packages.read_text("utf-8").split(), pathlib.Path(scratch), made)
        made.rename(place)


def _unpack(packages: list[str], scratch: pathlib.Path, made: pathlib.Path) -> None:
    """Debian packages of the release of the hosts, without their scripts."""
    downloads = scratch / "debian"
    downloads.mkdir()
    _run(["apt-get", "download", "-q", *packages], downloads)
    for package in downloads.iterdir():
        _run(["dpkg-deb", "--extract", str(package), str(downloads / "tree")])
    for name in ("usr", "etc"):
        if (downloads / "tree" / name).is_dir():
            shutil.copytree(downloads / "tree" / name, made / name, symlinks=True)


def _run(argv: list[str], directory: pathlib.Path | None = None) -> None:
    done = subprocess.run(argv, cwd=directory, capture_output=True, text=True, check=False, timeout=SECONDS)
    if done.returncode:
        raise CannotInstall(f"{' '.join(argv[:6])} failed with status {done.returncode}:\n{done.stdout}{done.stderr}")
