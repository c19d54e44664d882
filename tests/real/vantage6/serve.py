# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server without its container: the application that the image starts, with a WSGI server of Python instead of uWSGI."""

from __future__ import annotations

import sys

from vantage6.server import run_server

ADDRESS, PORT = "127.0.0.1", 7601


def main() -> None:
    server = run_server(sys.argv[1], system_folders=False)
    server.socketio.run(server.app, host=ADDRESS, port=PORT, log_output=False)


if __name__ == "__main__":
    main()
