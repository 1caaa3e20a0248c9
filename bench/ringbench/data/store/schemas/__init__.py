"""A JSON schema for each document that ringbench writes: NAME.schema.json here, in the wheel, too."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

NAMES: tuple[str, ...] = tuple(
    sorted(
        entry.name.removesuffix(".schema.json")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".schema.json")
    )
)
"""The documents, by the names of their schemas: session.json, and what a command prints with --json."""


def schema(name: str) -> dict[str, Any]:
    """Return the schema of a document of :data:`NAMES`."""
    found: dict[str, Any] = json.loads(files(__name__).joinpath(f"{name}.schema.json").read_text("utf-8"))
    return found


def validator(name: str) -> Draft202012Validator:
    """Return what tells whether a document is one of that name."""
    return Draft202012Validator(schema(name))
