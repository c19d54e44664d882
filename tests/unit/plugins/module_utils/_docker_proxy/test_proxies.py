# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies as Docker gets them: checked as a whole, shown without credentials."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.proxies import Proxies, hide, parse, with_credentials
from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused


def test_all_that_is_wrong_is_said_at_once_and_nothing_secret_is() -> None:
    with pytest.raises(PolicyRefused) as refused:
        parse("http://user:a/secret@b@proxy:3128", "http://user:secret@proxy.example.org", ["a,b", "", "c d", 'e"', "fine"])
    assert len(refused.value.messages) == 6
    assert "secret" not in str(refused.value)


def test_a_url_is_shown_unless_it_may_hold_a_secret() -> None:
    with pytest.raises(PolicyRefused) as refused:
        parse("proxy:3128", "user:secret@proxy:3128", [])
    problem = "must be the URL of a proxy with its port, such as http://proxy.example.org:3128"
    assert refused.value.messages == (f"proxy.http_proxy: {problem}; it is 'proxy:3128'", f"proxy.https_proxy: {problem}")


@pytest.mark.parametrize(
    "url",
    ["http://a:1", "https://proxy.example.org:65535/", "http://u:p%40@[2001:db8::8]:3128", "http://u:p@ss@a:1", "http://198.51.100.8:3128"],
)
def test_urls_that_docker_takes(url: str) -> None:
    assert parse(url, None, ["x", "y"]) == Proxies(url, None, "x,y")


@pytest.mark.parametrize(
    "url", ["socks5://a:1", "http://a:0", "http://a:65536", "http://a:1/path", "http://:1", "http://a b:1", "a:1", 'http://a":1']
)
def test_urls_that_it_does_not_take(url: str) -> None:
    with pytest.raises(PolicyRefused, match=r"proxy\.https_proxy: "):
        parse(None, url, [])


def test_exceptions_without_a_proxy_mean_nothing() -> None:
    assert parse(None, "", ["localhost"]) == Proxies()


def test_credentials_are_put_in_and_hidden() -> None:
    url = with_credentials("http://a:1", "user:p%40ss")
    assert url == "http://user:p%40ss@a:1"
    assert (Proxies(url).secret, Proxies("http://a:1").secret) == (True, False)
    assert hide(f"{url} and {url}") == "http://xxxxx:xxxxx@a:1 and http://xxxxx:xxxxx@a:1"
    assert hide("http://u:p@ss/word@a:1") == "http://xxxxx:xxxxx@a:1"
    assert with_credentials(None, "user:p") is None
