# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Text files for people and for other tools, as Jinja2 templates in the folder ``templates`` of a room."""

from __future__ import annotations

import functools
import pathlib

import jinja2


@functools.cache
def template(module: str, name: str) -> jinja2.Template:
    """A template beside a module, which is read once.

    A value that is missing is an error. Values stand in the text as they are: whoever renders makes them fit their place.

    Args:
        module: ``__file__`` of the module.
        name: The template's file below ``templates``.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(pathlib.Path(module).with_name("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # none of them is HTML
    )
    return environment.get_template(name)
