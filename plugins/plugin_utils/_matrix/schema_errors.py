# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a matrix file has otherwise than the schema of matrices wants it, in a user's words."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterator, Mapping

from .._common.problems import did_you_mean
from .._common.schema import SHOWN, shown, validator
from .._common.texts import shortened
from .data import Data, Finding
from .located_yaml import Path

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import jsonschema.exceptions

KINDS = {"array": "a list, in brackets", "object": "a mapping", "string": "a string", "integer": "a number"}
"""The types of the schema, as users call them."""


def schema_findings(data: object, schema: Data) -> Iterator[Finding]:
    for error in validator(schema).iter_errors(data):
        yield from _explain(error)


def _explain(error: jsonschema.exceptions.ValidationError) -> Iterator[Finding]:
    """Put an error of the schema into a user's words."""
    explain = EXPLAIN.get(str(error.validator), _otherwise)
    yield from explain(error, tuple(error.absolute_path), _wanted(error.schema))


def _alternatives(error: jsonschema.exceptions.ValidationError, path: Path, wanted: str) -> Iterator[Finding]:
    """None of several forms fits: the error that lies deepest belongs to the form that the user meant."""
    if not error.context:
        yield from _otherwise(error, path, wanted)
        return
    deepest = max(error.context, key=lambda inner: len(inner.absolute_path))
    if len(deepest.absolute_path) > len(path):
        yield from _explain(deepest)
    else:
        yield path, f"{shown(error.instance)} does not fit{wanted}"


def _unknown_keys(error: jsonschema.exceptions.ValidationError, path: Path, _wanted: str) -> Iterator[Finding]:
    known = list(t.cast(Data, error.schema)["properties"])
    for key in t.cast(Data, error.instance):
        if key not in known:
            yield (*path, key), f"unknown key; known are {', '.join(known)}{did_you_mean(key, known)}"


def _choices(error: jsonschema.exceptions.ValidationError, path: Path, _wanted: str) -> Iterator[Finding]:
    known = ", ".join(map(str, t.cast("list[object]", error.validator_value)))
    yield path, f"{shown(error.instance)} is none of {known}{_read_otherwise(error.instance)}"


def _type(error: jsonschema.exceptions.ValidationError, path: Path, wanted: str) -> Iterator[Finding]:
    kind = KINDS[t.cast(str, error.validator_value)]
    yield path, f"must be {kind}, not {shown(error.instance)}{wanted}{_read_otherwise(error.instance)}"


def _twice(error: jsonschema.exceptions.ValidationError, path: Path, _wanted: str) -> Iterator[Finding]:
    yield path, f"{shown(error.message)} stands here twice; keep one"


def _pattern(error: jsonschema.exceptions.ValidationError, path: Path, wanted: str) -> Iterator[Finding]:
    key = (str(error.instance),) if "propertyNames" in error.absolute_schema_path else ()
    yield (*path, *key), f"{shown(error.instance)} does not fit{wanted or f'; wanted: {error.validator_value}'}"


def _missing(error: jsonschema.exceptions.ValidationError, path: Path, _wanted: str) -> Iterator[Finding]:
    for key in t.cast("list[str]", error.validator_value):
        if key not in t.cast(Data, error.instance):
            yield path, f"{key} is missing"


def _otherwise(error: jsonschema.exceptions.ValidationError, path: Path, wanted: str) -> Iterator[Finding]:
    if error.schema is False:
        yield path, f"{shown(error.instance)} does not belong here; remove its key"
    else:
        yield path, f"{shortened(error.message, SHOWN)}{wanted}"


EXPLAIN = {
    "oneOf": _alternatives,
    "anyOf": _alternatives,
    "additionalProperties": _unknown_keys,
    "enum": _choices,
    "type": _type,
    "uniqueItems": _twice,
    "pattern": _pattern,
    "required": _missing,
}
"""How each keyword of the schema that can fail is put into words."""


def _wanted(schema: t.Any) -> str:
    """What the schema's own description asks for."""
    described = schema.get("description", "") if isinstance(schema, Mapping) else ""
    return f"; wanted: {described[0].lower()}{described[1:].rstrip('.')}" if described else ""


def _read_otherwise(value: object) -> str:
    """YAML's own reading of what was meant as a text."""
    if isinstance(value, bool):
        return "; YAML reads yes, no, on and off as true or false: put quotes around a string"
    return "; nothing stands behind the colon" if value is None else ""
