# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs of forward proxies: credentials come back as they were, and never show."""

from __future__ import annotations

import ipaddress
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._proxy_url import ProxyUrl, parse_proxy_url

HOSTS = st.one_of(
    st.ip_addresses().filter(lambda address: getattr(address, "scope_id", None) is None).map(str),
    st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,10}[a-z0-9])?){0,3}", fullmatch=True),
)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
PROXIES = st.builds(ProxyUrl, st.sampled_from(["http", "https"]), HOSTS, st.integers(1, 65535), st.none(), st.none())


@given(PROXIES, TEXTS, TEXTS)
def test_credentials_of_any_characters_come_back(proxy: ProxyUrl, username: str, password: str) -> None:
    with_credentials = proxy._replace(username=username, password=password)
    userinfo = ":".join(urllib.parse.quote(text, safe="") for text in (username, password))
    assert parse_proxy_url(proxy.shown.replace("://", f"://{userinfo}@")) == with_credentials
    assert parse_proxy_url(with_credentials.shown) == proxy


@given(PROXIES, st.text(st.characters(codec="utf-8"), min_size=20, max_size=30))
def test_nothing_that_is_shown_holds_a_credential(proxy: ProxyUrl, password: str) -> None:
    with_credentials = proxy._replace(username="someone", password=password)
    for shown in (str(with_credentials), repr(with_credentials), f"{with_credentials}", with_credentials.shown):
        assert password not in shown
        assert "someone" not in shown


@pytest.mark.parametrize(
    ("text", "shown", "username", "password"),
    [
        ("http://proxy.example.org:3128", "http://proxy.example.org:3128", None, None),
        ("http://proxy.example.org:3128/", "http://proxy.example.org:3128", None, None),
        ("HTTPS://Proxy.Example.org:3129", "https://proxy.example.org:3129", None, None),
        ("http://[2001:DB8:0::8]:3128", "http://[2001:db8::8]:3128", None, None),
        ("http://user@198.51.100.8:3128", "http://198.51.100.8:3128", "user", None),
        ("http://user:p@ss:w%2Frd@198.51.100.8:3128", "http://198.51.100.8:3128", "user", "p@ss:w/rd"),
        ("http://dom%5Cuser:@proxy:3128", "http://proxy:3128", "dom\\user", ""),
    ],
)
def test_urls_as_people_write_them(text: str, shown: str, username: str | None, password: str | None) -> None:
    url = parse_proxy_url(text)
    assert (url.shown, url.username, url.password) == (shown, username, password)
    if ":" in url.host:
        assert ipaddress.ip_address(url.host).version == 6


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "proxy:3128",
            "http://proxy",
            "http://proxy:0",
            "http://proxy:99999",
            "socks5://proxy:1080",
            "http://:3128",
            "http://proxy:3128/path",
        ),
        *("http://user:se#cret@proxy:3128", "http://user:se/cret@proxy:3128", "http://user:se?cret@proxy:3128", "http://[2001:db8::8:3128"),
        *(
            "http://pro xy:3128",
            "http://..:3128",
            "http://-proxy:3128",
            "http://198.51.100:3128",
            "http://[fe80::1%25eth0]:3128",
            'http://pro"xy:3128',
        ),
    ],
)
def test_what_is_no_proxy_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as http://proxy\.example\.org:3128") as refused:
        parse_proxy_url(text)
    assert "cret" not in str(refused.value)
