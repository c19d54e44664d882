# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What belongs to a user is looked at and written with the user's own rights: no link in a home leads the superuser astray."""

from __future__ import annotations

import json
import os
import pwd
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._change import (
    PolicyError,
    PolicyRefused,
    ToolFailed,
)
from ansible_collections.federated.connectivity.plugins.module_utils._host import (
    Host,
)


def find(name: str) -> pwd.struct_passwd:
    """A user of this host. Raises PolicyRefused if there is none of that name."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise PolicyRefused("user %s does not exist on this host; take it out of the list, or make it first" % name) from None


class UserHost(Host):
    """The host as one of its users sees it; commands know the user's systemd."""

    def __init__(self, user: pwd.struct_passwd) -> None:
        self.surroundings = {"HOME": user.pw_dir, "USER": user.pw_name, "XDG_RUNTIME_DIR": "/run/user/%d" % user.pw_uid}


def as_user(user: pwd.struct_passwd, function: t.Callable[[Host], t.Dict[str, t.Any]]) -> t.Dict[str, t.Any]:
    """What a function returns that a process of the user calls.

    Args:
        user: Who; a process that is this user already calls the function itself.
        function: What it returns has to be JSON, for nothing of what a user's process says is taken for code.

    Raises:
        PolicyError: what the function raised.
        ToolFailed: the process did not end well.
    """
    if user.pw_uid == os.geteuid():
        return function(UserHost(user))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_child(user, function, writing))
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read()
    status = os.waitpid(child, 0)[1]
    try:
        answer = json.loads(said)
    except ValueError:
        raise ToolFailed("the process of user %s ended with status %d" % (user.pw_name, status)) from None
    if "errors" in answer:
        raise PolicyError(*answer["errors"])
    result: t.Dict[str, t.Any] = answer["result"]
    return result


def _child(user: pwd.struct_passwd, function: t.Callable[[Host], t.Dict[str, t.Any]], writing: int) -> int:
    try:
        os.initgroups(user.pw_name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        os.chdir("/")
        answer: t.Dict[str, t.Any] = {"result": function(UserHost(user))}
    except PolicyError as error:
        answer = {"errors": list(error.messages)}
    except Exception as error:
        answer = {"errors": ["user %s: %r" % (user.pw_name, error)]}
    with open(writing, "wb") as pipe:
        pipe.write(json.dumps(answer).encode())
    return 0
