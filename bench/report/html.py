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

    The template is given ``css`` and ``style_hash``: the Content-Security-Policy forbids other styles, and scripts.
    """
    css = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        css=Markup(css),  # ours, and hashed: it must not change on its way
        style_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        **values,
    )
