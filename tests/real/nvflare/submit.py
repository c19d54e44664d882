# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The administrator submits the job, waits for it, and prints how it ended."""

from __future__ import annotations

import sys

from nvflare.fuel.flare_api.flare_api import new_secure_session

USER = "admin@hospitals.example.org"


def main() -> None:
    kit, job, seconds = sys.argv[1:]
    session = new_secure_session(USER, kit, timeout=float(seconds))
    try:
        clients = session.get_system_info().client_info
        if len(clients) < 2:
            sys.exit(f"NOT READY {len(clients)} clients")
        number = session.submit_job(job)
        print("SUBMITTED", number, flush=True)
        session.monitor_job(number, timeout=float(seconds))
        print("FEDERATED RESULT", session.get_job_meta(number)["status"], flush=True)
    finally:
        session.close()


if __name__ == "__main__":
    main()
