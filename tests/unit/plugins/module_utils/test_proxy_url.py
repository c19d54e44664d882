# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs of forward proxies: credentials come back as they were, and never show."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._proxy_url import ProxyUrl, parse_proxy_url

HOSTS = st.one_of(
    st.ip_addresses().filter(lambda address: getattr(address, "scope_id", None) is None).map(str),
    st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,10}[a-z0-9])?){0,3}", fullmatch=True),
)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
PROXIES = st.builds(ProxyUrl, st.sampled_from(["http", "https"]), HOSTS, st.integers(1, 65535), st.none())
# What stands in URLs, and what must not, so that most texts are nearly one.
PIECES = st.sampled_from(
    [*"http", "://", "proxy", "198.51.100.8", "[", "]", "2001:db8::8", ":", "3128", *"@/?#% '\"\\\n\t", "%40", "é", "\u0663"]
)


@given(PROXIES, TEXTS, TEXTS)
def test_credentials_of_any_characters_come_back(proxy: ProxyUrl, username: str, password: str) -> None:
    userinfo = ":".join(urllib.parse.quote(text, safe="") for text in (username, password))
    url = parse_proxy_url(proxy.shown.replace("://", f"://{userinfo}@"))
    assert url == proxy._replace(userinfo=userinfo)
    assert [urllib.parse.unquote(part) for part in userinfo.split(":")] == [username, password]
    assert parse_proxy_url(url.shown) == proxy


@given(PROXIES, st.text(st.characters(codec="utf-8"), min_size=20, max_size=30))
def test_nothing_that_is_shown_holds_a_credential(proxy: ProxyUrl, password: str) -> None:
    with_credentials = proxy._replace(userinfo=f"someone:{password}")
    for shown in (str(with_credentials), repr(with_credentials), f"{with_credentials}", with_credentials.shown):
        assert password not in shown
        assert "someone" not in shown


@given(st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=9).map(lambda pieces: "http://" + "".join(pieces))))
def test_what_is_accepted_means_the_same_to_others(text: str) -> None:
    try:
        url = parse_proxy_url(text)
    except ValueError:
        return
    other = urllib.parse.urlsplit(text)
    userinfo, at, _host = other.netloc.rpartition("@")
    assert (other.scheme, other.port, userinfo if at else None) == (url.scheme, url.port, url.userinfo)
    assert url.host == (str(ipaddress.ip_address(other.hostname)) if ":" in url.host else other.hostname)
    assert text.isascii()
    assert not set(text) & set(" \n\t'\"\\?#")


@pytest.mark.parametrize(
    ("text", "shown", "userinfo"),
    [
        ("http://proxy.example.org:3128", "http://proxy.example.org:3128", None),
        ("http://proxy.example.org:3128/", "http://proxy.example.org:3128", None),
        ("HTTPS://Proxy.Example.org:3129", "https://proxy.example.org:3129", None),
        ("http://[2001:DB8:0::8]:3128", "http://[2001:db8::8]:3128", None),
        ("http://user@198.51.100.8:65535", "http://198.51.100.8:65535", "user"),
        ("http://user:p@ss:w%2Frd@198.51.100.8:3128", "http://198.51.100.8:3128", "user:p@ss:w%2Frd"),
        ("http://dom%5Cuser:@my_proxy:1", "http://my_proxy:1", "dom%5Cuser:"),
        ("http://@proxy:3128", "http://proxy:3128", ""),
    ],
)
def test_urls_as_people_write_them(text: str, shown: str, userinfo: str | None) -> None:
    url = parse_proxy_url(text)
    assert (url.shown, url.userinfo) == (shown, userinfo)


@pytest.mark.parametrize(
    ("problem", "texts"),
    [
        (
            "must be the URL of a proxy with its port, such as http://proxy.example.org:3128",
            [
                *("", "proxy:3128", "http://proxy", "http://proxy:", "http://proxy:0", "http://proxy:65536", "http://proxy:99999"),
                *("socks5://proxy:1080", "http://:3128", "http://proxy:3128/path", "http://proxy:3128?x", "http://proxy:3128#x"),
                *("http://[2001:db8::8:3128", "http://2001:db8::8:3128", "http://[fe80::1%25eth0]:3128", "http://pro xy:3128"),
                *(
                    "http://proxy:\u0663",
                    "http://proxy:+1",
                    " http://proxy:3128",
                    "http://proxy:3128\n",
                    "http://us\ner@proxy:3128",
                    "http\u017f://proxy:1",
                ),
            ],
        ),
        (
            "names neither a host nor an address of the proxy, such as http://proxy.example.org:3128",
            [
                *("http://..:3128", "http://-proxy:3128", "http://proxy-.example.org:3128", 'http://pro"xy:3128', "http://próxy:3128"),
                *(
                    "http://198.51.100:3128",
                    "http://198.51.100.256:3128",
                    "http://198.51.100.010:3128",
                    "http://[2001:db8]:3128",
                    "http://pro\u212ay:1",
                ),
                f"http://{'a.' * 127}a:3128",
            ],
        ),
        (
            "has credentials that must be percent-encoded, such as %2F for /, or stand as username and password",
            [f"http://user:se{character}cret@proxy:3128" for character in "#/?\\ '\"%é^"],
        ),
    ],
)
def test_what_is_no_proxy_is_refused_without_being_shown(problem: str, texts: list[str]) -> None:
    for text in texts:
        with pytest.raises(ValueError, match=re.escape(problem)) as refused:
            parse_proxy_url(text)
        assert str(refused.value) == problem
