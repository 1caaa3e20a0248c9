"""A page of ours: one template, one style sheet, allowed by its hash, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """Return the page that *template* makes of *values*: all of them are shown as text, but for what is Markup.

    The template is given ``css`` and ``script`` with their hashes: the Content-Security-Policy forbids any other.
    """
    css, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        css=Markup(css),  # ours, and hashed: it must not change on its way
        style_hash=_hash(css),
        script=Markup(script),
        script_hash=_hash(script),
        **values,
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
