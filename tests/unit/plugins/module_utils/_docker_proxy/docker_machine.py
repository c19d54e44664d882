# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A machine with a Docker daemon, as far as its forward proxy goes: files and the daemon's socket are real, systemd and dockerd a model.

What dockerd does is from docs.docker.com/engine/daemon/proxy, .../live-restore and moby, daemon/reload.go: ``proxies`` count from its
start on, ``live-restore`` from a reload on, too, and containers go on where it is on when the daemon stops and when it starts.
"""

from __future__ import annotations

import http.server
import json
import pathlib
import re
import shlex
import socketserver
import threading
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.daemon import DROP_IN, Places
from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result

NAMES = ("http-proxy", "https-proxy", "no-proxy")
_FLAG = re.compile(r" --(https?-proxy|no-proxy)\b")
_VARIABLE = re.compile(r'(?:Environment=)?"?(HTTP_PROXY|HTTPS_PROXY|NO_PROXY)="?([^"]*)"')


class DockerMachine(Host):
    """See above.

    Attributes:
        places: Where its things are, below one directory.
        running: How many containers run.
        kill_mode: The unit's KillMode.
        swarm: Whether the daemon is part of a swarm.
        log: What systemd and dockerd were told to do.
        broken: What fails: (word of the command, which of them from 1 on).
        deaf: Whether the daemon starts and takes no proxies, as if something unseen overrode them.
    """

    def __init__(self, directory: pathlib.Path, version: int = 26, flags: str = "") -> None:
        self.directory = directory
        self.version, self.swarm, self.kill_mode, self.running, self.deaf = version, False, "process", 0, False
        self.log: list[str] = []
        self.broken: dict[str, int] = {}
        (directory / "etc" / "docker").mkdir(parents=True)
        self.program = directory / "bin" / "dockerd"
        self.program.parent.mkdir()
        self.program.write_text("", encoding="utf-8")
        self.program.chmod(0o755)
        self._unit = directory / "docker.service"
        self._unit.write_text(f"[Service]\nExecStart={self.program} -H fd://{flags}\n", encoding="utf-8")
        below = f"{directory}/etc/systemd/system/"
        self.places = Places(
            "",
            f"{directory}/etc/docker/daemon.json",
            below + DROP_IN,
            f"{directory}/etc/federated_connectivity/docker_proxy.env",
            f"{directory}/docker.sock",
            f"{directory}/var/docker_proxy",
        )
        (directory / "etc" / "systemd" / "system").mkdir(parents=True)
        (directory / "etc" / "keep").write_text("", encoding="utf-8")
        self._drop_ins = directory / "etc" / "systemd" / "system" / "docker.service.d"
        self._loaded = self._units()
        self._proxies = dict.fromkeys(NAMES, "")
        self.live_restore = False
        self._runs = self._left = 0
        self.active = self._failed = False

    # What an administrator does, or sees.

    def daemon_json(self, text: str | None = None, mode: int = 0o644) -> str | None:
        """Write the daemon's configuration, or read it; None: there is none."""
        path = pathlib.Path(self.places.daemon_json)
        if text is not None:
            path.write_text(text, encoding="utf-8")
            path.chmod(mode)
        return path.read_text(encoding="utf-8") if path.exists() else None

    def drop_in(self, name: str, text: str) -> None:
        """Write a drop-in of the administrator's, and let systemd read it."""
        self._drop_ins.mkdir(exist_ok=True)
        (self._drop_ins / name).write_text(text, encoding="utf-8")
        self._loaded = self._units()

    def start(self) -> DockerMachine:
        self._start()
        return self

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Every file with its mode."""
        found = {}
        for path in sorted(self.directory.rglob("*")):
            if path.is_file():
                found[str(path.relative_to(self.directory))] = (path.read_bytes(), path.stat().st_mode & 0o777)
        return found

    def in_force(self) -> tuple[str, str, str]:
        """The proxies that the running daemon uses, with their credentials."""
        return self._proxies["http-proxy"], self._proxies["https-proxy"], self._proxies["no-proxy"]

    def info(self) -> dict[str, t.Any]:
        """What it answers to GET /info; Docker masks credentials there."""
        masked = [re.sub(r"//.*@", "//xxxxx:xxxxx@", self._proxies[name]) for name in NAMES]
        return {
            **dict(zip(("HttpProxy", "HttpsProxy", "NoProxy"), masked, strict=True)),
            "LiveRestoreEnabled": self.live_restore,
            "Swarm": {"LocalNodeState": "active" if self.swarm else "inactive"},
            "ContainersRunning": self.running,
        }

    # What the code under test calls.

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        words = [word for word in argv if not word.startswith("-")]
        if argv[0] == str(self.program):
            result = self._dockerd(argv)
        elif argv[0] == "journalctl":
            result = Result(0, "level=fatal msg=broken\n", "")
        else:
            result = self._systemctl(words[1], argv)
        if check and result.rc:
            raise ToolFailed(f"{' '.join(argv)} failed with status {result.rc}: {result.stderr}")
        return result

    def _dockerd(self, argv: t.Sequence[str]) -> Result:
        if "--version" in argv:
            return Result(0, f"Docker version {self.version}.1.2, build 0\n", "")
        trial = pathlib.Path(argv[-1]).read_text(encoding="utf-8")
        if self._fails("validate"):
            return Result(1, "", f"unable to configure the Docker daemon with file {argv[-1]}")
        assert json.loads(trial)
        return Result(0, "configuration OK", "")

    def _systemctl(self, verb: str, argv: t.Sequence[str]) -> Result:
        if verb == "show":
            name = next(word for word in argv if word.startswith("--property=")).partition("=")[2]
            run = f"run{self._runs}" if self.active else ""
            shown = {
                "LoadState": "loaded",
                "ActiveState": "active" if self.active else "failed" if self._failed else "inactive",
                "InvocationID": run,
                "KillMode": self.kill_mode,
                "FragmentPath": str(self._unit),
                "DropInPaths": shlex.join(map(str, sorted(self._drop_ins.glob("*.conf")))),
            }
            return Result(0, shown[name] + "\n", "")
        self.log.append(verb)
        if verb == "restart":
            self._stop()
        if self._fails(verb):
            return Result(1, "", f"{verb} failed")
        if verb == "daemon-reload":
            self._loaded = self._units()
        elif verb == "reload":
            self.live_restore = bool(self._configuration().get("live-restore"))
        elif verb == "restart":
            try:
                self._start()
            except ValueError as error:
                self._failed = True
                return Result(1, "", str(error))
        return Result(0, "", "")

    def _fails(self, verb: str) -> bool:
        if verb in self.broken:
            self.broken[verb] -= 1
            return self.broken[verb] == 0
        return False

    def _units(self) -> str:
        files = [self._unit, *sorted(self._drop_ins.glob("*.conf"))]
        return "".join(f"# {file}\n{file.read_text(encoding='utf-8')}\n" for file in files)

    def _configuration(self) -> dict[str, t.Any]:
        content: dict[str, t.Any] = json.loads(self.daemon_json() or "{}")
        return content

    def _start(self) -> None:
        """Raises ValueError where dockerd would not start."""
        content = self._configuration()
        if "proxies" in content and (self.version < 23 or _FLAG.search(self._loaded)):
            raise ValueError("the following directives are specified both as a flag and in the configuration file: proxies")
        found = dict(_VARIABLE.findall(self._loaded))
        for path in re.findall(r"^EnvironmentFile=-?(\S+)", self._loaded, re.MULTILINE):
            found.update(_VARIABLE.findall(pathlib.Path(path).read_text(encoding="utf-8")))
        variables = {name: found.get(name.replace("-", "_").upper(), "") for name in NAMES}
        configured = {} if self.deaf else {**variables, **content.get("proxies", {})}
        self._proxies = {name: configured.get(name, "") for name in NAMES}
        self.live_restore = bool(content.get("live-restore"))
        self.active, self._failed, self._runs = True, False, self._runs + 1
        self.running, self._left = self._left if self.live_restore else 0, 0

    def _stop(self) -> None:
        """Containers go on where live-restore is on and systemd leaves them alone; the next daemon takes them over, or ends them."""
        if self.active:
            self._left = self.running if self.live_restore and self.kill_mode == "process" else 0
        self.active, self.running = False, 0


class Socket:
    """The daemon's API on its socket, as long as the block lasts."""

    def __init__(self, machine: DockerMachine) -> None:
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(machine.info()).encode()
                self.send_response(200 if self.path == "/info" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: t.Any) -> None:
                pass

            def address_string(self) -> str:
                return "socket"

        self._server = socketserver.UnixStreamServer(machine.places.socket, Answer)

    def __enter__(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
