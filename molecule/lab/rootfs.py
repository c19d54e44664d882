# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian root filesystems with every firewall we speak to, made once from signed packages and kept in the user's cache.

A finished root filesystem is never written again: use it as the lower directory of an overlay, or import it as an image.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import typing as t

from ._errors import LabError

SUITES = ("bookworm", "trixie")
"""The releases of the lab's hosts."""
RELEASES = ("bullseye", *SUITES, "forky")
"""The releases that packet tests run on: those of the lab, the one before them and the coming one."""
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "libpam-systemd", "openssh-server", "sudo", "python3",
    "nftables", "iptables", "ufw", "firewalld", "python3-firewall", "conntrack",
    "docker.io", "busybox-static", "wireguard-tools", "dnsmasq-base", "fail2ban",
    "iproute2", "iputils-ping", "traceroute", "tcpdump", "curl", "procps", "netbase", "ca-certificates",
)  # fmt: skip
PACKAGES_OF_SUITE = {
    "bullseye": (),
    "bookworm": (),
    "trixie": (
        *(
            "docker-cli",
            "podman",
            "netavark",
            "crun",
            "passt",
            "slirp4netns",
            "rootlesskit",
            "uidmap",
            "dbus-user-session",
            "fuse-overlayfs",
        ),
        *("squid-openssl", "suricata", "nginx-light", "libnginx-mod-stream", "haproxy", "tcptraceroute"),
        *("libvirt-daemon", "libvirt-daemon-driver-network", "libvirt-clients"),
    ),
    "forky": ("docker-cli", "ipset"),
}

# Nothing that fights over the packet filter starts by itself; a lab host starts what it is made for.
# Nothing sets what all hosts of a machine share, its kernel's parameters. The user admin administers with sudo, as administrators do.
CUSTOMISE = r"""
set -eu
for unit in containerd.service docker.service docker.socket firewalld.service nftables.service ufw.service fail2ban.service \
    squid.service suricata.service nginx.service haproxy.service netavark-firewalld-reload.service netavark-dhcp-proxy.socket \
    netavark-dhcp-proxy.service; do
    [ ! -e "$1/usr/lib/systemd/system/$unit" ] || systemctl --root="$1" --quiet disable "$unit"
done
find "$1/etc/systemd/system" -path '*.wants/*' -name '*virt*' -delete
systemctl --root="$1" --quiet mask getty.target systemd-udevd.service systemd-modules-load.service systemd-networkd.service \
    systemd-timesyncd.service systemd-pstore.service e2scrub_reap.service e2scrub_all.timer fstrim.timer \
    dpkg-db-backup.timer apt-daily.timer apt-daily-upgrade.timer proc-sys-fs-binfmt_misc.automount
chroot "$1" useradd --create-home --shell /bin/bash admin
rm -f "$1"/usr/lib/sysctl.d/*.conf "$1"/etc/ssh/ssh_host_* "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/resolv.conf "$1"/etc/hostname
: > "$1/etc/machine-id"
"""

OLD_UNITS = ("bullseye",)  # releases whose units are in /lib, which is no link there

# Options of the machine's own apt that decide how packages reach it.
_TRANSPORT = re.compile(r'^(Acquire::(?:https?|Check|Retries|Force|Max-ValidTime)[\w:.-]*) "(.+)";$')
_UNREAD = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*")


def rootfs(suite: str) -> pathlib.Path:
    """The directory of a Debian root filesystem; made on first use (half a minute), then found in the cache.

    Args:
        suite: One of RELEASES.

    Raises:
        LabError: Unknown suite, no root, mmdebstrap or the keyring missing, or mmdebstrap failed.
    """
    if suite not in RELEASES:
        raise LabError(f"Debian {suite} is not in the lab; it knows {', '.join(RELEASES)}")
    return _made(suite, f"{suite}-{recipe(suite)}", _packages(suite), _customise(suite))


def _made(suite: str, name: str, packages: t.Sequence[str], customise: str) -> pathlib.Path:
    place = cache() / "rootfs" / name
    if place.is_dir():
        return place
    _check_tools()
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked(place.parent / f"{suite}.lock"):
        if not place.is_dir():
            _build(suite, place, packages, customise)
    return place


def small_rootfs(suite: str, packages: t.Sequence[str]) -> pathlib.Path:
    """The directory of a root filesystem with these packages and what they need, for programs that hosts do not have.

    Raises:
        LabError: as :func:`rootfs`.
    """
    recipe_of_it = hashlib.sha256("\n".join((suite, *packages)).encode()).hexdigest()[:12]
    return _made(suite, f"{suite}-small-{recipe_of_it}", packages, "true")


def cache() -> pathlib.Path:
    """Where the lab keeps what is costly to make again."""
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "federated_connectivity"


def recipe(suite: str) -> str:
    """What distinguishes this root filesystem from one made by an older recipe, as 12 hexadecimal digits."""
    ingredients = "\n".join((suite, *_packages(suite), _customise(suite)))
    return hashlib.sha256(ingredients.encode()).hexdigest()[:12]


@contextlib.contextmanager
def locked(path: pathlib.Path) -> t.Iterator[None]:
    """Hold an exclusive lock on a file, so that two builders do not do the same work."""
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(message: str) -> None:
    """One line of progress."""
    print(f"lab: {message}", file=sys.stderr, flush=True)


def _packages(suite: str) -> tuple[str, ...]:
    return PACKAGES + PACKAGES_OF_SUITE[suite]


def _customise(suite: str) -> str:
    return CUSTOMISE.replace("$1/usr/lib/systemd", "$1/lib/systemd") if suite in OLD_UNITS else CUSTOMISE


def _check_tools() -> None:
    if os.geteuid() != 0:
        raise LabError("making a Debian root filesystem needs root: run this command with sudo, or as root")
    if not (shutil.which("mmdebstrap") and pathlib.Path(KEYRING).exists()):
        raise LabError("mmdebstrap and debian-archive-keyring are needed: apt-get install mmdebstrap debian-archive-keyring")


def _build(suite: str, place: pathlib.Path, packages: t.Sequence[str], customise: str) -> None:
    say(f"{suite}: making a root filesystem, half a minute")
    with tempfile.TemporaryDirectory(prefix=f".{suite}-", dir=place.parent) as scratch:
        made = pathlib.Path(scratch) / "root"
        command = [
            "mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory",
            f"--include={','.join(packages)}",
            *(f"--aptopt={option}" for option in _apt_options()),
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in _UNREAD),
            "--dpkgopt=force-unsafe-io",
            '--setup-hook=mkdir -p "$1/usr/share/man/man1"',  # packages of Java fail without it
            f"--customize-hook={customise}",
            suite, str(made), *_sources(suite),
        ]  # fmt: skip
        _follow(suite, command)
        made.chmod(0o755)
        made.rename(place)
    say(f"{suite}: {place}")


def _follow(suite: str, command: t.Sequence[str]) -> None:
    """Run a command and pass on its steps; a failure carries its last lines."""
    lines: list[str] = []
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as made:
        for line in made.stdout or ():
            lines.append(line)
            if line.startswith("I: "):
                say(f"{suite}: {line[3:].strip()}")
    if made.returncode:
        raise LabError(f"mmdebstrap could not make Debian {suite}; it said:\n{''.join(lines[-20:])}")


def _apt_options() -> list[str]:
    """Proxies, certificates and checks that the machine's own apt is configured with."""
    dump = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    return [f'{match[1]} "{match[2]}"' for line in dump.splitlines() if (match := _TRANSPORT.match(line))]


def _sources(suite: str) -> list[str]:
    """The machine's own Debian mirrors with this suite's name; none on a machine without any: mmdebstrap knows the default."""
    release = re.search(r'^VERSION_CODENAME="?(\w+)', pathlib.Path("/etc/os-release").read_text(encoding="utf-8"), re.M)
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return sources_of(suite, release[1] if release else "", listing)


def sources_of(suite: str, release: str, listing: str) -> list[str]:
    """Translate the sources of a Debian release into those of another.

    Args:
        suite: The wanted release.
        release: The release that the listing belongs to.
        listing: Lines "URI suite component".

    Returns:
        Lines of a sources.list, the release itself, its updates and its security updates, in that order; empty if the listing
        lacks the release itself.
    """
    targets = [line.split() for line in listing.splitlines()]
    lines = [
        f"deb [signed-by={KEYRING}] {uri} {suite}{kind} main"
        for kind in ("", "-updates", "-security")
        for uri, target, component in targets
        if target == release + kind and component == "main"
    ]
    return lines if lines and f" {suite} main" in lines[0] else []
