# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vocabulary of vendors' tables is data, and a language is added there alone."""

from __future__ import annotations

import copy
import typing as t

import pytest
import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table import vocabulary
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.draft import draft_matrix

WORDS: dict[str, t.Any] = yaml.safe_load(vocabulary.FILE.read_text(encoding="utf-8"))
SPANISH = copy.deepcopy(WORDS["en"]) | {
    "columns": {
        **{column: [] for column in vocabulary.COLUMNS},
        "port": ["puerto"],
        "source": ["origen"],
        "destination": ["destino"],
        "protocol": ["protocolo"],
    },
    "directions": {"ingress": ["entrante"], "egress": ["saliente"]},
    "necessity": {"optional": ["opcional"], "mandatory": ["obligatorio"]},
    "anybody": ["cualquiera"],
    "and": ["y"],
    "or": ["o"],
}


def test_a_language_is_added_in_the_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    added = vocabulary.read_vocabulary(yaml.safe_dump({**WORDS, "es": SPANISH}))
    for module in ("tables", "row"):
        monkeypatch.setattr(f"{vocabulary.__package__}.{module}.vocabulary", lambda: added)
    draft = draft_matrix("| origen | destino | protocolo | puerto |\n|-|-|-|-|\n| cliente | cualquiera | tcp | 443 |\n", "tabla.md", "mine")
    flow = yaml.safe_load(draft.text)["flows"]["tcp_443"]
    assert (flow["initiator"], flow["responder"]) == ({"roles": ["cliente"]}, {"any": True})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("anybody",), "alle", "en.anybody: must be a list of words, in brackets; [] for none"),
        (("necessity", "optional"), [False], "en.necessity.optional: False is not a text of words in lower case"),
        (("networks",), ["LAN"], "en.networks: 'LAN' is not a text of words in lower case"),
        (("and",), ["a|b"], "en.and: 'a|b' is not a text of words in lower case"),
        (("columns", "ports"), [], "en.columns: must have the keys direction, protocol, port"),
        (("columns",), [], "en.columns: must have the keys direction, protocol, port"),
        (("more",), [], "en: must have the keys columns, directions, necessity"),
        (("columns", "port"), ["source"], "columns: 'source' stands in port and in source; keep one"),
        (("directions", "ingress"), ["out"], "directions: 'out' stands in ingress and in egress; keep one"),
    ],
)
def test_what_is_wrong_is_named(path: tuple[str, ...], value: object, message: str) -> None:
    words = copy.deepcopy(WORDS)
    place = words["en"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ValueError) as caught:
        vocabulary.read_vocabulary(yaml.safe_dump(words))
    assert message in str(caught.value)
