# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan's proxy of a host means for Docker, and where the credentials come from."""

from __future__ import annotations

import typing as t
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import Consumer, PlanProxy
from ansible_collections.federated.connectivity.plugins.plugin_utils._docker_proxy_options import credentials, options

PROXY = PlanProxy(
    http_proxy=None,
    https_proxy="http://proxy.example.org:3128",
    authenticated=False,
    only=False,
    no_proxy=("localhost",),
    consumers={
        "docker_daemon": Consumer(("linksight.n.registry",), ("10.0.0.0/8", "localhost")),
        "environment": Consumer(("linksight.n.setup",), ("localhost",)),
    },
    flows=(),
)


def test_what_needs_the_proxy_gets_it_with_exceptions_in_its_own_form() -> None:
    assert options(PROXY) == {
        "daemon": {"http_proxy": None, "https_proxy": "http://proxy.example.org:3128", "no_proxy": ["10.0.0.0/8", "localhost"]}
    }
    client = PROXY._replace(consumers={"docker_client": Consumer((), ())})
    assert list(options(client)) == ["client"]


def test_without_a_proxy_nothing_needs_it() -> None:
    assert options(None) == {}


@pytest.mark.parametrize(
    ("variable", "found"),
    [
        ({"https_proxy": "http://proxy.example.org:3128"}, {}),
        ({"https_proxy": "http://u:p%40@proxy.example.org:3128", "http_proxy": None}, {"https_proxy": "u:p%40"}),
        ({"http_proxy": "http://[2001:db8::8]:3128", "username": "u", "password": "p@/:"}, {"http_proxy": "u:p%40%2F%3A"}),
        (
            {"http_proxy": "http://a:1", "https_proxy": "http://x@b:2", "username": "u", "password": "p"},
            {"http_proxy": "u:p", "https_proxy": "x"},
        ),
        ({"http_proxy": "http://a:1", "username": "u"}, {"http_proxy": "u"}),
    ],
)
def test_credentials_stand_in_a_url_or_beside_them(variable: dict[str, t.Any], found: dict[str, str]) -> None:
    assert credentials(variable) == found


def test_a_url_that_is_none_is_named_and_not_shown() -> None:
    with pytest.raises(ValueError, match=r"connectivity_forward_proxy\.https_proxy: has credentials") as refused:
        credentials({"http_proxy": "http://a:1", "https_proxy": "http://u:se/cret@b:2"})
    assert "cret@" not in str(refused.value)


@given(st.text(min_size=1), st.text(min_size=1))
def test_credentials_come_back_from_the_url_as_they_were(username: str, password: str) -> None:
    found = credentials({"http_proxy": "http://proxy.example.org:3128", "username": username, "password": password})
    url = urllib.parse.urlsplit(f"http://{found['http_proxy']}@proxy.example.org:3128")
    assert (urllib.parse.unquote(url.username or ""), urllib.parse.unquote(url.password or "")) == (username, password)
