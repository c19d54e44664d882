# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The report as one HTML page. Jinja2 escapes every value; a policy in the page forbids every request and every other script."""

from __future__ import annotations

import base64
import functools
import hashlib
import pathlib
from collections import Counter

import jinja2

from .model import MEANINGS, ORDER, HostView, Report

PROBLEMS_SHOWN = 15
FEDERATIONS_OPEN = 3
HOSTS_SHOWN = 20
NETWORKS_SHOWN = 500
_SIZE = "\0"
"""Stands in the page for its size. Values of a plan or a report are printable, so no other one is there."""
_TEMPLATES = pathlib.Path(__file__).with_name("templates")


def page(report: Report) -> str:
    """The text of the page."""
    style, script = ((_TEMPLATES / f"report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    text = _template().render(
        report=report,
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        states=ORDER,
        meanings=MEANINGS,
        anchors={host.name: host.anchor for host in report.hosts},
        federation_numbers={one.name: number for number, one in enumerate(report.federations)},
        rule_counts={host.anchor: rule_counts(host) for host in report.hosts},
        problems_shown=PROBLEMS_SHOWN,
        federations_open=FEDERATIONS_OPEN,
        hosts_shown=HOSTS_SHOWN,
        networks_shown=NETWORKS_SHOWN,
        size=_SIZE,
    )
    return text.replace(_SIZE, shown_size(len(text.encode())))


def rule_counts(host: HostView) -> str:
    """How many rules of a host are in which state."""
    counted = Counter(rule.state for rule in host.rules)
    states = ", ".join(f"{counted[state]} {state}" for state in ORDER if counted[state])
    rules = "1 rule" if len(host.rules) == 1 else f"{len(host.rules)} rules"
    return f"{rules}: {states}" if states else "no rules"


def shown_size(size: int) -> str:
    """A number of bytes."""
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    return environment.get_template("report.html.j2")


def _hash(content: str) -> str:
    """What the page's policy calls the content of its only style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
