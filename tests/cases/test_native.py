"""What a policy becomes in each firewall, byte for byte, in files that are meant to be read.

``native/<name>.policy.yml`` has ``policy`` (one host's file of the plan with its address sets) and ``surroundings``, what only the host
knows: ``bridges``, ``links_of_others``, ``containers``, ``container_interfaces``, ``management``, and ``names`` as the host looked them
up. Beside it stand ``<name>.nft`` (nftables carries the policy), ``<name>.ufw``, ``<name>.firewalld/``, ``<name>.windows.json``, and
``<name>.beside_ufw.nft`` and ``<name>.beside_firewalld.nft``, our own table beside these two. A file that would be empty is not there.
``refused``: ``windows`` -> what it says against the policy; the other firewalls can hold every policy.

After an intended change write the files again, and read what git shows: ``.venv/bin/python tests/cases/native_texts.py``.
"""

from __future__ import annotations

import pathlib

import pytest
from native_texts import DIRECTORY, names, native, read, refused_by_windows, stored


@pytest.mark.parametrize("name", names())
def test_policy_becomes_the_text_beside_it(name: str) -> None:
    assert stored(name) == native(name)


@pytest.mark.parametrize("name", names())
def test_windows_refuses_what_the_case_says(name: str) -> None:
    refused = read(name).refused
    assert refused.keys() <= {"windows"}
    assert refused_by_windows(name) == refused.get("windows", [])


def test_every_file_belongs_to_a_policy() -> None:
    expected = {pathlib.Path(f"{name}.policy.yml") for name in names()}.union(*(native(name) for name in names()))
    assert {path.relative_to(DIRECTORY) for path in DIRECTORY.rglob("*") if path.is_file()} == expected
    assert len(names()) >= 5
