#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_proxy
short_description: Give Docker the forward proxy of the plan
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Configures the forward proxy of Docker daemons, the system's and users' rootless ones, and of what users' Docker clients start.
  - From Docker Engine 23.0 on it is the member C(proxies) of C(daemon.json); earlier engines get a drop-in of their unit. When a host is
    upgraded, the one replaces the other.
  - Everything else in C(daemon.json) and C(config.json) stays as it is, to the byte. C(dockerd --validate) looks at the new file first.
  - A daemon is restarted only if it does not use the proxies yet. Its running containers go on wherever Docker lets them, because
    C(live-restore) is turned on for as long as that takes.
  - A daemon that does not start, or starts and does not use the proxies, gets its former files back and is started with them.
  - What is not wanted any more is taken out again, and what was there before is put back.
notes:
  - A proxy flag on C(dockerd)'s command line is refused, with the file and line that it comes from, since C(dockerd) does not start
    with both.
  - Docker Desktop and the snap of Docker have settings of their own, and are refused on Linux.
  - On Windows the service C(docker) gets the member C(proxies) in C(C:\ProgramData\docker\config\daemon.json). Other members keep their
    values and their order. The service is restarted if the file has changed, which stops its containers. It gets its former file back if it
    does not start. O(rootless_users), O(client_users) and O(credentials) are refused there.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.windows_too
  - federated.connectivity.attributes.plan_reader
attributes:
  check_mode:
    support: full
    details:
      - It also says what would be restarted.
  diff_mode:
    support: full
    details:
      - Shows the proxies of each file, credentials hidden, and nothing else of it.
  idempotent:
    support: full
options:
  plan:
    description:
      - The plan directory on the controller, as made by M(federated.connectivity.required_rules). The host's file says what needs
        which proxies. A relative path starts in the current directory.
      - O(plan), or O(daemon) or O(client), is required with O(state=present). O(plan) excludes the other two.
    type: path
  forward_proxy:
    description:
      - The inventory's C(connectivity_forward_proxy) of the host, of which this takes the credentials alone, for the plan holds none.
    type: dict
  state:
    description:
      - V(present) configures what the plan says; where it says nothing, and with V(absent), everything of ours is taken away.
    type: str
    choices: [present, absent]
    default: present
  daemon:
    description:
      - The proxies of daemons, instead of O(plan).
    type: dict
    suboptions: &proxies
      http_proxy:
        description: URL of the proxy for plain HTTP, with its port and without credentials.
        type: str
      https_proxy:
        description: URL of the proxy for HTTPS, with its port and without credentials.
        type: str
      no_proxy:
        description: What is reached without a proxy.
        type: list
        elements: str
        default: []
  client:
    description:
      - The proxies of what clients start, containers and builds, instead of O(plan).
    type: dict
    suboptions: *proxies
  credentials:
    description:
      - User and password as C(user:password), percent-encoded, for V(http_proxy) and V(https_proxy). O(forward_proxy) gives them by itself.
    type: dict
  system:
    description: Whether the system's daemon, C(docker.service), gets the proxies.
    type: bool
    default: true
  desktop:
    description:
      - Whether Docker Desktop of a Windows host gets the proxies, in C(C:\ProgramData\DockerDesktop\admin-settings.json). It needs a
        Docker Business subscription and enforced sign-in, and ignores the file without them.
      - With V(false) the run says which values to enter in its settings. On Linux V(true) is refused.
    type: bool
    default: false
  rootless_users:
    description: Users whose rootless daemons get the proxies. Only their own rights are used for that.
    type: list
    elements: str
    default: []
  client_users:
    description: Users whose C(~/.docker/config.json) gets the proxies. Only their own rights are used for that.
    type: list
    elements: str
    default: []
  restart:
    description: Whether daemons are restarted where they have to be. Otherwise each run says that this is still to be done.
    type: bool
    default: true
  must_answer:
    description: Whether it is an error, before anything is changed, that a proxy does not take connections from the host.
    type: bool
    default: true
seealso:
  - module: federated.connectivity.required_rules
"""

EXAMPLES = r"""
- name: Give Docker the proxies of the plan
  federated.connectivity.docker_proxy:
    plan: "{{ playbook_dir }}/plan"
    forward_proxy: "{{ connectivity_forward_proxy | default(omit) }}"
    rootless_users: [research]
  become: true

- name: Without a plan
  federated.connectivity.docker_proxy:
    daemon:
      http_proxy: http://proxy.example.org:3128
      https_proxy: http://proxy.example.org:3128
      no_proxy: [localhost, 127.0.0.0/8, 198.51.100.20]
  become: true

- name: Give everything back
  federated.connectivity.docker_proxy:
    state: absent
  become: true
"""

RETURN = r"""
changes:
  description: The files that changed and the units that were restarted, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/etc/docker/daemon.json, docker.service]
restarts:
  description: What was restarted, or would be, and what becomes of its containers.
  returned: success
  type: list
  elements: str
  sample: ["docker.service: 3 running containers will go on: live-restore is turned on for as long as the restart takes"]
said:
  description: What else an administrator should hear.
  returned: success
  type: list
  elements: str
  sample: ["no Docker daemon on this host: nothing to do"]
errors:
  description: Each thing that is wrong, by itself; all of them are in the message too.
  returned: failure
  type: list
  elements: str
  sample: ["proxy.https_proxy: must be the URL of a proxy with its port, such as http://proxy.example.org:3128; it is 'proxy:3128'"]
diff:
  description: The proxies of each file that changed, before and after.
  returned: when diff mode is on
  type: list
  elements: dict
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.consumers import Wanted, configure
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.proxies import Proxies, parse, with_credentials
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.secrets import hide
from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyError
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, in_words
from ansible_collections.federated.connectivity.plugins.module_utils._host.printable import printable, printable_lines

_LIMIT = 10_000  # of characters in a line


def wanted_proxies(params: t.Mapping[str, t.Any]) -> Wanted:
    """What the parameters ask for. Raises PolicyRefused."""
    credentials = params["credentials"] or {}

    def proxies(of: t.Optional[t.Mapping[str, t.Any]]) -> Proxies:
        if not of or params["state"] == "absent":
            return Proxies()
        return parse(
            with_credentials(of["http_proxy"], credentials.get("http_proxy")),
            with_credentials(of["https_proxy"], credentials.get("https_proxy")),
            of["no_proxy"],
        )

    return Wanted(
        proxies(params["daemon"]),
        proxies(params["client"]),
        params["system"],
        params["rootless_users"],
        params["client_users"],
        params["restart"],
    )


def main() -> None:
    proxies = {
        "type": "dict",
        "options": {
            "http_proxy": {"type": "str"},
            "https_proxy": {"type": "str"},
            "no_proxy": {"type": "list", "elements": "str", "default": []},
        },
    }
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "plan": {"type": "path"},
            "forward_proxy": {"type": "dict", "no_log": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "daemon": proxies,
            "client": proxies,
            "credentials": {"type": "dict", "no_log": True},
            "system": {"type": "bool", "default": True},
            "desktop": {"type": "bool", "default": False},
            "rootless_users": {"type": "list", "elements": "str", "default": []},
            "client_users": {"type": "list", "elements": "str", "default": []},
            "restart": {"type": "bool", "default": True},
            "must_answer": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    module.no_log_values.update(_secrets_of(module.params))
    if module.params["desktop"] and module.params["state"] == "present":
        module.fail_json(msg="desktop is for Docker Desktop on Windows; leave it out for this host, and use the settings of Docker Desktop")
    host = Host()
    try:
        outcomes = configure(wanted_proxies(module.params), module.check_mode, module.params["must_answer"], host)
    except PolicyError as error:
        messages = _lines(error.messages)
        module.fail_json(msg="\n".join(messages), errors=messages)
    except OSError as error:
        module.fail_json(msg=printable(hide(in_words(error)), _LIMIT))
    for warning in _lines(warning for outcome in outcomes for warning in outcome.warnings):
        module.warn(warning)
    changes = [printable(change) for outcome in outcomes for change in outcome.changes]
    result: t.Dict[str, t.Any] = {
        "changed": bool(changes),
        "changes": changes,
        "restarts": _lines(line for outcome in outcomes for line in outcome.restarts),
        "said": _lines(line for outcome in outcomes for line in outcome.said),
        "diff": [diff for outcome in outcomes for diff in outcome.diffs],
    }
    errors = _lines(line for outcome in outcomes for line in outcome.errors)
    if errors:
        module.fail_json(msg="\n".join(errors), errors=errors, **result)
    module.exit_json(**result)


def _lines(texts: t.Iterable[str]) -> t.List[str]:
    """Texts fit to be shown, each of them once."""
    return list(dict.fromkeys(printable_lines(hide(text), _LIMIT) for text in texts))


def _secrets_of(params: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """What Ansible should keep out of everything it shows, the invocation too: credentials that stand in a URL of the task."""
    for of in (params["daemon"], params["client"]):
        for url in ((of or {}).get("http_proxy"), (of or {}).get("https_proxy")):
            if url and "@" in url:
                yield url.rpartition("@")[0].partition("://")[2] or url.rpartition("@")[0]


if __name__ == "__main__":
    main()
