# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Scripts that open a Windows host's firewall, and try its flows, without Ansible (docs/windows.md): for each host that is Windows."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

from ...module_utils._plan.words import EGRESS, WINDOWS
from .._common.plan_marker import MARK
from .._common.texts import one_line
from .._rules.plan import Plan
from .checks import connections, untried
from .netsh import additions, deletion, plain_name
from .powershell import Entry, hash_tables
from .rules import ANY, IN, Translation, WindowsRule, parts, rule_name, translate
from .wanted import protocol, wanted_of

DIRECTORY = "scripts"
POWERSHELL = "firewall.ps1"
WSL = "firewall_wsl.ps1"
BATCH = "firewall.cmd"
CHECK = "check.ps1"
FILES = tuple(f"{DIRECTORY}/*/{name}" for name in (POWERSHELL, WSL, BATCH, CHECK))

_BASELINE = rule_name("baseline.")
_TEMPLATES = pathlib.Path(__file__).with_name("templates")
_MODULE_UTILS = pathlib.Path(__file__).parents[2] / "module_utils"
PROGRAM = (
    "WindowsFirewallWords",
    "WindowsFirewallState",
    "WindowsFirewallJudgement",
    "WindowsProbe",
    "WindowsFirewallReach",
    "WindowsFirewallTrial",
    "WindowsNames",
    "WindowsFirewallNames",
    "WindowsFirewall",
)
CHECKS = ("WindowsProbe", "WindowsFirewallReach")
_NO_RULES = "$wanted = @()"
_NO_NAMES = "$named = @()"
_NOT_JUDGED = "$judged = @()"
_NOT_SHUT = "$shut = @()"
_CORE = "# core\n"
_OR_STOP = " || exit /b 1"
_UTF8 = "\ufeff"
"""Windows PowerShell 5.1 reads a script as UTF-8 only if it begins with a byte order mark."""


def scripts(plan: Plan) -> Iterator[tuple[str, str]]:
    """The files of all Windows hosts as (path inside the plan's directory, text).

    Raises:
        Inexpressible: naming the rules that Windows Firewall cannot hold; :func:`compute_plan` refuses such plans.
    """
    sets = plan.index["address_sets"]
    everybody = {address for host in plan.index["hosts"].values() for address in host["addresses"]}
    for hosts, part in plan.hosts:
        if part.platform != WINDOWS:
            continue
        translation = translate(part, sets)
        notes = "".join(f"{f'# {note}'.rstrip()}\n" for note in _notes(translation, part.defaults.denies(EGRESS)))
        native = wanted_of(part, translation)
        judged: Entry = {
            "closed": native["closed"],
            "closed_without_rule": native["closed_without_rule"],
            "published": native["published"],
            "names": native["names"],
            "own_names": native["own_names"],
        }
        powershell = _filled(POWERSHELL, native["rules"], native["named"], native["shut"], judged)
        guests = [_wsl_rule(one) for rule in translation.rules if _is_for_guests(rule) for one in parts(rule)]
        named, shut = ([_wsl_rule(rule) for rule in rules if _is_for_guests(rule)] for rules in (translation.named, translation.shut))
        wsl = _filled(WSL, guests, named, shut, {"closed": native["closed"], "own_names": native["own_names"]})
        batch = _batch(translation)
        for host in hosts:
            head = f"{_UTF8}# Windows Firewall of {one_line(host.name)}, as its federations need it ({MARK}; do not edit)\n#\n"
            yield f"{DIRECTORY}/{host.name}/{POWERSHELL}", head + notes + powershell
            yield f"{DIRECTORY}/{host.name}/{WSL}", head + wsl
            yield f"{DIRECTORY}/{host.name}/{BATCH}", batch
            check = _check(list(connections(part.rules, sets, host.addresses or (), everybody)), list(untried(part.rules, sets)))
            yield f"{DIRECTORY}/{host.name}/{CHECK}", head + check


def _notes(translation: Translation, denied: bool) -> Iterator[str]:
    if translation.unwritten:
        yield "Windows Firewall knows no names, and lets out what no rule blocks. So these have no rule for their peers' names:"
        yield from (f"  {rule}" for rule in translation.unwritten)
        yield ""
    if translation.named:
        yield "The peers of these rules have names. This computer looks them up itself, now and every 15 minutes by a scheduled task:"
        yield from (f"  {rule.name}: {', '.join(rule.names)}" for rule in translation.named)
        yield ""
    if denied:
        yield "The plan denies outbound connections that have no rule. That is left to you, once everything works with these rules:"
        yield "  Set-NetFirewallProfile -All -DefaultOutboundAction Block"
        yield ""


def _filled(template: str, entries: list[Entry], named: list[Entry], shut: list[Entry], judged: Entry) -> str:
    """The template with its data; the program comes last, since no text of the data may look like a place to fill."""
    head, core, tail = (_TEMPLATES / template).read_text(encoding="utf-8").partition(_CORE)
    judged = {key: texts for key, texts in judged.items() if texts}
    head = head.replace(_NOT_JUDGED, f"$judged = {hash_tables([judged] if judged else [])}", 1)
    head = head.replace(_NOT_SHUT, f"$shut = {hash_tables(shut)}", 1)
    head = head.replace(_NO_NAMES, f"$named = {hash_tables(named)}", 1)
    head = head.replace(_NO_RULES, f"$wanted = {hash_tables(entries)}", 1)
    return head + (program() if core else "") + tail


def _check(entries: list[Entry], left: list[Entry]) -> str:
    head, _core, tail = (_TEMPLATES / CHECK).read_text(encoding="utf-8").partition(_CORE)
    head = head.replace("$untried = @()", f"$untried = {hash_tables(left)}", 1).replace(_NO_RULES, f"$wanted = {hash_tables(entries)}", 1)
    return head + "\n".join(map(_functions, CHECKS)) + tail


def _functions(name: str) -> str:
    """A part of the program without what only Ansible needs."""
    text = (_MODULE_UTILS / f"{name}.psm1").read_text(encoding="utf-8")
    return text[re.search(r"^(function |\$script:)", text, re.MULTILINE).start() :]  # type: ignore[union-attr]


def program() -> str:
    """What module_utils holds for Windows, as one text, and how to run it by hand."""
    functions = map(_functions, PROGRAM)
    return "\n".join([*functions, (_TEMPLATES / "by_hand.ps1").read_text(encoding="utf-8")])


def _is_for_guests(rule: WindowsRule) -> bool:
    """Whether a rule is for what runs in WSL, too: management is of Windows itself, and the Hyper-V firewall knows no types of ICMP."""
    return bool(rule.ports) and not (rule.direction == IN and rule.name.startswith(_BASELINE))


def _wsl_rule(rule: WindowsRule) -> Entry:
    """Parameters of New-NetFirewallHyperVRule, which knows no descriptions, and no word for any address but none."""
    entry = {
        "DisplayName": [rule.name],
        "Direction": ["Inbound" if rule.direction == IN else "Outbound"],
        "Protocol": [protocol(rule)],
        "LocalPorts" if rule.direction == IN else "RemotePorts": list(rule.ports),
    }
    if rule.own_ports:
        entry["LocalPorts"] = list(rule.own_ports)
    if rule.addresses not in (ANY, ()):
        entry["RemoteAddresses"] = list(rule.addresses)
    if rule.names:
        entry["Names"] = list(rule.names)
    return entry


def _batch(translation: Translation) -> str:
    fixed = [*translation.rules, *(rule for rule in translation.named if rule.addresses)]
    lines = [
        f"@rem Windows Firewall as the federations of this host need it ({MARK}; do not edit)",
        "@rem   firewall.cmd           writes the rules below again",
        "@rem   firewall.cmd remove    takes them off",
        *(
            ["@rem Exit code: 0 the rules are in force; 1 a rule is missing; 2 the rules are in force, but those for host names"]
            if translation.named
            else []
        ),
        "@echo off",
        "fltmc >nul 2>&1 || (echo Run this as an administrator. & exit /b 1)",
        *(f"{deletion(rule)} >nul" for rule in fixed),
        'if /i "%~1"=="remove" exit /b 0',
        *(f"{command}{_OR_STOP}" for rule in fixed for command in additions(rule, len(_OR_STOP))),
        *_unnamed(translation),
    ]
    return "".join(f"{line}\r\n" for line in lines)


def _unnamed(translation: Translation) -> Iterator[str]:
    """The end of a batch file: what it opens nothing for, because netsh knows addresses only."""
    if not translation.named:
        yield "exit /b 0"
        return
    yield "echo firewall.cmd cannot look up host names. It opens nothing for the host names of these rules. Use firewall.ps1 instead:"
    yield from (f"echo   {plain_name(rule)}" for rule in translation.named)
    yield "exit /b 2"
