#!/usr/bin/env python3
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disposable Debian hosts on this machine, reached by SSH, with real firewalls and real Docker."""

from __future__ import annotations

import argparse
import os
import sys

from ansible_collections.federated.connectivity.molecule.lab import access, hosts
from ansible_collections.federated.connectivity.molecule.lab._errors import LabError
from ansible_collections.federated.connectivity.molecule.lab.topology import HOSTS


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="make all hosts, or those named; healthy ones are kept")
    destroy = commands.add_parser("destroy", help="take all hosts away, or those named")
    for command in (create, destroy):
        command.add_argument("hosts", nargs="*", metavar="HOST", help=", ".join(host.name for host in HOSTS))
    destroy.add_argument("--cached", action="store_true", help="and the images and root filesystems that make the next creation fast")
    commands.add_parser("status", help="every host, its addresses and its state")
    commands.add_parser("inventory", help="write the inventory, and print its path")
    ssh = commands.add_parser("ssh", help="a shell, or one command, on a host")
    ssh.add_argument("host")
    ssh.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    return parser.parse_args(arguments)


def main() -> None:
    """Do what the command line says; a failure is one message."""
    options = parse()
    try:
        if options.command == "create":
            hosts.create(options.hosts)
        elif options.command == "destroy":
            hosts.destroy(options.hosts, options.cached)
        elif options.command == "status":
            for host, state in hosts.status():
                print(f"{host.name:9} {host.suite:9} {state:12} {'  '.join(host.addresses)}")
        elif options.command == "inventory":
            print(access.write())
        else:
            command = access.ssh(options.host, *options.words)
            os.execvp(command[0], command)
    except LabError as error:
        sys.exit(f"lab: {error}")


if __name__ == "__main__":
    main()
