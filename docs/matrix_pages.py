# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the pages of the catalogue to docs/matrices, or beside it the page of the user's own matrix that is named."""

from __future__ import annotations

import pathlib
import sys
import typing as t

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import MATRICES, Catalogue, MatrixNotFound
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.located_yaml import read_yaml
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.page import Seen, matrix_index, matrix_page
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.texts import plain_texts
from ansible_collections.federated.connectivity.tests.real.evidence import evidence
from ansible_collections.federated.connectivity.tests.real.seen import anchor, read, systems

PAGES = pathlib.Path(__file__).parent / "matrices"
INVENTORIES = pathlib.Path(__file__).parents[1] / "inventories"


def catalogue_pages() -> dict[pathlib.Path, str]:
    """The text of every page of the catalogue."""
    catalogue = Catalogue()
    matrices = {name: _data(catalogue, name, MATRICES / f"{name}.yml") for name in catalogue.names()}
    seen = _seen(catalogue)
    pages = {PAGES / f"{name}.md": matrix_page(data, _example(name), seen.get(name)) for name, data in matrices.items()}
    return {PAGES / "README.md": matrix_index(matrices.values()), **pages}


def own_page(path: pathlib.Path) -> dict[pathlib.Path, str]:
    return {path.with_suffix(".md"): matrix_page(_data(Catalogue([""]), str(path.resolve()), path))}


def _data(catalogue: Catalogue, reference: str, path: pathlib.Path) -> dict[str, t.Any]:
    """A matrix as plain data, once the catalogue has found it valid."""
    catalogue.matrix(reference)
    data, _unfit = plain_texts(read_yaml(path.read_text(encoding="utf-8")).data)
    return t.cast("dict[str, t.Any]", data)


def _seen(catalogue: Catalogue) -> dict[str, Seen]:
    """What was seen of the software of each matrix that has been run."""
    found = {}
    for each in map(read, systems()):
        matrix = catalogue.matrix(each["matrix"])
        found[matrix.name] = Seen(f"{each['software']} {each['version']}", f"../real.md#{anchor(matrix.title)}", evidence(each, matrix))
    return found


def _example(name: str) -> str | None:
    path = INVENTORIES / name / "hosts.yml"
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main(arguments: list[str]) -> None:
    try:
        pages = own_page(pathlib.Path(arguments[0])) if arguments else catalogue_pages()
    except (MatrixNotFound, PlanRefused) as error:
        sys.exit(str(error))
    for path, page in pages.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(page, encoding="utf-8")
    print(f"{len(pages)} pages written to {next(iter(pages)).parent}")


if __name__ == "__main__":
    main(sys.argv[1:])
