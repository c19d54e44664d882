# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our proxies are put into Docker's files beside others' values, and taken out so that those are as before."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.json_text import JsonText
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.member import (
    CLIENT,
    DAEMON,
    Found,
    Memory,
    Merged,
    Reader,
    merge,
    shown,
)
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.proxies import Proxies
from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused

ONE = Proxies("http://proxy.example.org:3128", "http://proxy.example.org:3129", "localhost")
OTHER = Proxies("http://198.51.100.8:3128", None, "localhost,.example.org")
SECRET = Proxies("http://user:secret@proxy.example.org:3128", None, None)
NONE = Proxies()
URLS = st.none() | st.sampled_from(["http://a.example.org:1", "http://u:p@b.example.org:2"])
WANTED = st.builds(Proxies, URLS, URLS, st.none() | st.sampled_from(["x", "y,z"]))
LEAVES = st.dictionaries(
    st.sampled_from(["http-proxy", "https-proxy", "no-proxy", "httpProxy", "noProxy", "ftpProxy"]), st.text(), max_size=4
)
MEMBERS = st.dictionaries(st.sampled_from(["tcp://docker.example.org"]), LEAVES) | LEAVES | st.builds(lambda own: {"default": own}, LEAVES)
FOREIGN = st.dictionaries(st.text(), st.text() | st.dictionaries(st.text(), st.integers()), max_size=22)


def run(content: bytes | None, reader: Reader, wanted: Proxies, memory: Memory | None = None, mode: int = 0o644) -> Merged:
    text = JsonText.from_bytes(content or b"")
    return merge(Found("file", content, text, None if content is None else mode), reader._replace(mode=0o644), wanted, memory)


@given(
    FOREIGN, st.none() | MEMBERS, st.sampled_from([DAEMON, CLIENT]), st.lists(WANTED, min_size=1, max_size=4), st.sampled_from([None, 3])
)
def test_whatever_was_wanted_meanwhile_the_file_ends_as_it_began(
    foreign: dict[str, t.Any], member: dict[str, t.Any] | None, reader: Reader, changes: list[Proxies], indent: int | None
) -> None:
    own = {**foreign, **({} if member is None else {"proxies": member})}
    if member is None:
        own.pop("proxies", None)
    content: bytes | None = json.dumps(own, indent=indent).encode()
    now, memory, mode = content, None, 0o644
    for wanted in changes:
        merged = run(now, reader, wanted, memory, mode)
        holder = json.loads(merged.content or b"").get("proxies", {})
        for key in reader.path:
            holder = holder.get(key, {})
        assert wanted.spelled(reader.names).items() <= holder.items()
        assert run(merged.content, reader, wanted, merged.memory, merged.mode) == merged
        rest = {name: value for name, value in json.loads(merged.content or b"").items() if name != "proxies"}
        assert rest == {name: value for name, value in own.items() if name != "proxies"}
        now, memory, mode = merged.content, merged.memory, merged.mode
    assert run(now, reader, NONE, memory, mode) == Merged(content, 0o644, None)


@pytest.mark.parametrize("reader", [DAEMON, CLIENT])
def test_a_file_that_was_not_there_goes_again(reader: Reader) -> None:
    there = run(None, reader, ONE)
    assert there.content
    assert run(there.content, reader, NONE, there.memory).content is None
    kept = JsonText.from_bytes(there.content).with_member("debug", True).to_bytes()
    assert json.loads(run(kept, reader, NONE, there.memory).content or b"") == {"debug": True}


def test_what_others_changed_since_is_theirs() -> None:
    ours = run(b'{"debug": true}', DAEMON, ONE)
    theirs = (ours.content or b"").replace(b'"localhost"', b'"mine"')
    assert json.loads(run(theirs, DAEMON, NONE, ours.memory).content or b"") == {"debug": True, "proxies": {"no-proxy": "mine"}}


def test_what_is_wanted_no_more_gives_way_to_what_was_there() -> None:
    first = run(b'{"proxies": {"https-proxy": "http://old.example.org:1"}}', DAEMON, ONE)
    second = run(first.content, DAEMON, OTHER, first.memory)
    assert json.loads(second.content or b"")["proxies"] == {
        "http-proxy": "http://198.51.100.8:3128",
        "https-proxy": "http://old.example.org:1",
        "no-proxy": "localhost,.example.org",
    }


def test_clients_of_other_daemons_keep_their_proxies() -> None:
    config = {
        "auths": {"x": {"auth": "c2VjcmV0"}},
        "proxies": {"tcp://docker.example.org": {"httpProxy": "http://x:1"}, "default": {"ftpProxy": "y"}},
    }
    merged = json.loads(run(json.dumps(config).encode(), CLIENT, ONE).content or b"")
    assert merged["auths"] == config["auths"]
    assert merged["proxies"]["tcp://docker.example.org"] == {"httpProxy": "http://x:1"}
    assert merged["proxies"]["default"] == {
        "ftpProxy": "y",
        "httpProxy": "http://proxy.example.org:3128",
        "httpsProxy": "http://proxy.example.org:3129",
        "noProxy": "localhost",
    }


def test_credentials_are_for_the_owner_alone_and_never_shown() -> None:
    secret = run(b"{}", DAEMON, SECRET)
    assert secret.mode == 0o600
    assert "secret" not in shown(secret.content)
    assert "xxxxx:xxxxx@proxy.example.org" in shown(secret.content)
    assert run(secret.content, DAEMON, ONE, secret.memory, secret.mode).mode == 0o644
    assert run(secret.content, DAEMON, NONE, secret.memory, secret.mode).mode == 0o644
    assert run(b"{}", DAEMON, SECRET, mode=0o640).mode == 0o600


def test_secrets_of_others_in_the_same_file_are_not_shown() -> None:
    assert "c2VjcmV0" not in shown(run(b'{"auths": {"x": {"auth": "c2VjcmV0"}}}', CLIENT, ONE).content)


@pytest.mark.parametrize(("reader", "content"), [(DAEMON, b'{"proxies": "x"}'), (CLIENT, b'{"proxies": {"default": []}}')])
def test_a_member_of_another_form_is_refused(reader: Reader, content: bytes) -> None:
    with pytest.raises(PolicyRefused, match=r"^file: proxies.* has to be an object"):
        run(content, reader, ONE)
