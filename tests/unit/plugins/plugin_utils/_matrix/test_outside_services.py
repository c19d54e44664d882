# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outside services that several systems use stand in one file, and matrices refer to them."""

from __future__ import annotations

import json
import re
import typing as t

import jsonschema
import pytest
import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import MATRICES, Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Endpoint
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.page import matrix_page
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.reader import read_matrix, read_matrix_data
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.services import SERVICES, outside_services

SCHEMA = json.loads((MATRICES / "matrix.schema.json").read_text(encoding="utf-8"))
WRITTEN: dict[str, dict[str, t.Any]] = yaml.safe_load(SERVICES.read_text(encoding="utf-8"))
HOST_NAME = SCHEMA["$defs"]["endpoint"]["properties"]["names"]["items"]
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "description", "names", "documents"],
    "properties": {
        **{key: {"type": "string", "minLength": 1} for key in ("title", "description", "notes")},
        "names": {"type": "array", "minItems": 1, "uniqueItems": True, "items": HOST_NAME},
        "documents": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["title", "url", "section"],
                "properties": {
                    "title": {"type": "string"},
                    "url": {"type": "string", "pattern": "^https://"},
                    "section": {"type": "string"},
                },
            },
        },
    },
}

# A second reading of the services' own pages.
EXPECTED = {
    "docker_hub": {
        "registry-1.docker.io",
        "auth.docker.io",
        "production.cloudflare.docker.com",
        "production.cloudfront.docker.com",
        "docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com",
    },
    "ghcr": {"ghcr.io", "pkg-containers.githubusercontent.com"},
    "quay": {"quay.io", "cdn.quay.io", *(f"cdn0{number}.quay.io" for number in range(1, 7))},
    "pypi": {"pypi.org", "files.pythonhosted.org"},
    "github": {"github.com", "raw.githubusercontent.com", "release-assets.githubusercontent.com"},
}


def test_the_services_have_the_names_that_their_makers_list() -> None:
    assert {name: set(service.names) for name, service in outside_services().items()} == EXPECTED


@pytest.mark.parametrize("name", WRITTEN)
def test_a_service_has_the_documented_form_and_a_source(name: str) -> None:
    assert re.fullmatch("[a-z][a-z0-9_]*", name)
    assert [error.message for error in jsonschema.Draft202012Validator(SERVICE).iter_errors(WRITTEN[name])] == []
    assert all(document.url and document.sections for document in outside_services()[name].documents)


def test_each_service_is_used_and_no_matrix_writes_its_names_again() -> None:
    ends = [
        flow[end]
        for path in sorted(MATRICES.glob("*.yml"))
        for flow in yaml.safe_load(path.read_text(encoding="utf-8"))["flows"].values()
        for end in ("initiator", "responder")
    ]
    assert {name for end in ends for name in end.get("services", ())} == set(EXPECTED)
    shared = {name for names in EXPECTED.values() for name in names} - {"github.com"}
    assert {name for end in ends for name in end.get("names", ())} & shared == set()


def matrix(responder: str) -> str:
    return f"""\
matrix: own
title: Own
description: A system with an outside service.
documents: {{manual: {{title: Manual}}}}
roles: {{worker: {{description: Works.}}}}
flows:
  images:
    purpose: Images
    initiator: {{roles: [worker]}}
    responder: {responder}
    protocol: tcp
    ports: [443]
    application: https
    tls: server
    necessity: mandatory
    phases: [run]
    proxy: unknown
    inspection: unknown
    exposure: internet
    citations: ["manual: Images"]
questions:
  - {{question: Why does a pull fail, answer: The layers must pass too., flows: [images], citations: ["manual: Images"]}}
"""


def test_a_reference_becomes_the_names_of_the_service_behind_names_of_the_matrix() -> None:
    flow = read_matrix(matrix("{names: [mirror.example.org, pypi.org], services: [ghcr, pypi]}"), "own.yml", "own", SCHEMA).flows["images"]
    names = ("mirror.example.org", "pypi.org", "ghcr.io", "pkg-containers.githubusercontent.com", "files.pythonhosted.org")
    assert flow.ends["responder"] == Endpoint("names", names)
    assert [document.title for document in flow.documents] == [
        "Manual",
        "GitHub, Communicating with self-hosted runners",
        "Python Package Index, Index API",
    ]


def test_the_page_shows_names_source_and_the_questions() -> None:
    page = matrix_page(read_matrix_data(matrix("{services: [ghcr]}"), "own.yml", "own", SCHEMA))
    assert "| [`images`](#flow-images) | `worker` | GitHub Container Registry | tcp `443` |" in page
    assert "- GitHub Container Registry: `ghcr.io`, `pkg-containers.githubusercontent.com` ([GitHub, Communicating" in page
    assert "## Questions people ask\n\n**Why does a pull fail**\n\nThe layers must pass too. [`images`]" in page


@pytest.mark.parametrize(
    ("responder", "message"),
    [
        (
            "{services: [dockerhub]}",
            "own.yml:10: flows.images.responder.services[0]: unknown service 'dockerhub'; the shared outside services has docker_hub, ",
        ),
        ("{services: []}", "own.yml:10: flows.images.responder.services: "),
        ("{services: [ghcr], any: true}", "own.yml:10: flows.images.responder: "),
    ],
)
def test_a_reference_that_does_not_fit_is_refused_with_its_line(responder: str, message: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        read_matrix(matrix(responder), "own.yml", "own", SCHEMA)
    (found,) = refused.value.messages
    assert found.startswith(message), found
    if "dockerhub" in responder:
        assert "docker_hub" in found
        assert found.endswith("write the host names of any other service in names")


def test_a_question_about_an_unknown_flow_or_document_is_refused() -> None:
    text = matrix("{services: [ghcr]}").replace("flows: [images], citations", "flows: [image], citations")
    with pytest.raises(PlanRefused, match=r"own.yml:22: questions\[0\].flows\[0\]: .*'image'.*images"):
        read_matrix(text, "own.yml", "own", SCHEMA)


def test_the_catalogue_reads_references() -> None:
    end = Catalogue().matrix("samply_bridgehead").flows["images"].ends["responder"]
    assert end.values[:3] == ("docker.verbis.dkfz.de", "hub.docker.com", "registry-1.docker.io")
