# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever fail2ban's server answers, or does not: a jail that bans in firewalld's zones is named, and nothing breaks a run."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld import fail2ban
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.tests.strangers import altered, real, strange, texts

# As fail2ban of all releases answers.
STATUS = "Status\n|- Number of jail:\t%d\n`- Jail list:\t%s\n"
ACTIONS = "The jail %s has the following actions:\n%s\n"
NO_SERVER = "ERROR  Failed to access socket path: /var/run/fail2ban/fail2ban.sock. Is fail2ban running?\n"

NAMES = st.one_of(st.sampled_from(["sshd", "nginx-http-auth", "-x", "--help", "a b", "it's", "jail,jail", "\x1b[31m"]), texts(10))
ANSWERS = st.one_of(
    st.builds(lambda names: STATUS % (len(names), ", ".join(names)), st.lists(NAMES, max_size=4)),
    st.builds(
        lambda name, actions: ACTIONS % (name, ", ".join(actions)),
        NAMES,
        st.lists(st.sampled_from(["firewallcmd-rich-rules", "firewallcmd-ipset", "nftables", "", "x"]), max_size=3),
    ),
    altered("fail2ban-status"),
    altered("fail2ban-actions"),
    st.sampled_from([NO_SERVER, "Jail list:", "Jail list:\t\n", "The jail sshd has no actions\n", ""]),
    texts(),
)


class Server(Host):
    """A host whose fail2ban answers so, one question after another; None: it does not answer in time."""

    def __init__(self, *answers: str | None, status: int = 0) -> None:
        self._answers, self._status, self.asked = list(answers), status, list[t.Sequence[str]]()

    def which(self, command: str) -> str | None:
        return "/usr/bin/" + command

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        assert not any("\0" in word for word in argv)
        self.asked.append(argv)
        answer = self._answers.pop(0) if self._answers else ""
        if answer is None:
            raise ToolFailed("fail2ban-client did not end within 120 seconds")
        return Result(self._status, answer, "")


@strange
@given(st.lists(st.one_of(st.none(), ANSWERS), max_size=5), st.sampled_from([0, 0, 255]))
def test_nothing_that_fail2ban_answers_breaks_a_run(answers: list[str | None], status: int) -> None:
    server = Server(*answers, status=status)
    said = fail2ban.warnings(server)
    assert all(words.isprintable() for words in said)
    assert all(not argv[2].startswith("-") for argv in server.asked[1:])


def test_answers_of_each_release_are_understood() -> None:
    for status, actions in zip(real("fail2ban-status"), real("fail2ban-actions"), strict=True):
        server = Server(status, actions)
        assert fail2ban.warnings(server) == []
        assert server.asked[1][2] == "own"
        (said,) = fail2ban.warnings(Server(status, actions.replace("nftables", "firewallcmd-rich-rules")))
        assert said.startswith("fail2ban: your jail own bans by firewallcmd-rich-rules")


def test_a_jail_that_bans_in_a_zone_is_named_beside_one_that_does_not_answer() -> None:
    status = STATUS % (2, "slow, sshd")
    (said,) = fail2ban.warnings(Server(status, None, ACTIONS % ("sshd", "firewallcmd-rich-rules")))
    assert said.startswith(
        "fail2ban: your jail sshd bans by firewallcmd-rich-rules in a zone of firewalld, which does not stop peers of the plan"
    )


def test_many_jails_are_not_asked_for_ever() -> None:
    server = Server(STATUS % (10_000, ", ".join(map(str, range(10_000)))))
    assert fail2ban.warnings(server) == []
    assert len(server.asked) == 201
