"""A figure's SVG as a part of the page: no styles of its own, no scripts, no identifiers that clash.

The page's Content-Security-Policy allows one style sheet and nothing inline, so style attributes become presentation
attributes. That also lets the page's sheet recolour ink and paper in the dark.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_STYLE = re.compile(r' style="([^"]*)"')
_REFERENCE = re.compile(r'(?<![\w:-])(id="|xlink:href="#|href="#|url\(#)')
_SPACE = re.compile(r">\s+<")


def inline(svg: str, name: str, words: str) -> Markup:
    """Return what matplotlib wrote as *svg*, to stand in a page as the image *name*, with *words* for who can't see it.

    Text is drawn as outlines and comments are dropped, so nothing of a session's text is left in it but *words*.
    """
    body = svg[svg.index("<svg ") :]
    opening, _, rest = body.partition(">")
    box = re.search(r'viewBox="[-0-9. ]+"', opening)
    rest = re.sub(r"<!--.*?-->", "", rest, flags=re.DOTALL)
    rest = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", rest, flags=re.DOTALL)
    rest = _STYLE.sub(lambda found: _attributes(found[1]), rest)
    rest = _REFERENCE.sub(rf"\g<1>{name}-", rest).replace("xlink:href", "href")
    head = f'<svg {box[0] if box else ""} role="img" aria-label="{escape(words)}"'
    return Markup(f'{head} stroke-linejoin="round" stroke-linecap="butt">{_SPACE.sub("><", rest)}')


def _attributes(style: str) -> str:
    pairs = (declaration.split(":", 1) for declaration in style.split(";") if ":" in declaration)
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)
