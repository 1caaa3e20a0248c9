"""A figure's SVG as a part of the page: no styles of its own, no scripts, no identifiers that clash, and not larger
than it has to be.

The page's Content-Security-Policy allows one style sheet and nothing inline, so style attributes become presentation
attributes. That also lets the page's sheet recolour ink and paper in the dark.
"""

from __future__ import annotations

import base64
import re

from markupsafe import Markup, escape

_STYLE = re.compile(r' style="([^"]*)"')
_REFERENCE = re.compile(r'(?<![\w:-])(href="#|url\(#)([^")]+)')
_IDENTIFIER = re.compile(r' id="([^"]*)"')
_TIP = re.compile(r'<g id="tip-([A-Za-z0-9_=-]*)">')
_SPACE = re.compile(r">\s+<")
_PATH = re.compile(r'(?<= d=")[^"]*')
_LONG = re.compile(r"(\.\d\d)\d+")
_PLACED = re.compile(r'(?<= )(x|y|width|height)="-?[\d.]+"|translate\([^)]*\)')
_GLYPH = re.compile(r'(<use href="#[^"]*") transform="translate\((-?[\d.]+) 0\)"')
_MARKS = re.compile(
    r'<g( clip-path="[^"]*")?>((?:<use href="#[^"]*" x="[^"]*" y="[^"]*"( [^>]*)/>)(?:<use [^>]*\3/>)*)</g>'
)


def tip(words: str) -> str:
    """Return an identifier for a part of a figure: the page shows *words* where the pointer rests on it."""
    return f"tip-{base64.urlsafe_b64encode(words.encode()).decode()}"


def inline(svg: str, name: str, words: str) -> Markup:
    """Return what matplotlib wrote as *svg*, to stand in a page as the image *name*, with *words* for who can't see it.

    *name* begins each of its identifiers, thousands of them: best is a short one.
    Text is drawn as outlines and comments are dropped, so nothing of a session's text is left in it but *words*.
    """
    body = svg[svg.index("<svg ") :]
    opening, _, rest = body.partition(">")
    box = re.search(r'viewBox="[-0-9. ]+"', opening)
    rest = re.sub(r"<!--.*?-->", "", rest, flags=re.DOTALL)
    rest = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", rest, flags=re.DOTALL)
    rest = _TIP.sub(lambda found: f"<g><title>{escape(_untip(found[1]))}</title>", rest)
    rest = _STYLE.sub(lambda found: _attributes(found[1]), rest)
    rest = _slim(_own_names(_SPACE.sub("><", rest).replace("xlink:href", "href"), name))
    head = f'<svg {box[0] if box else ""} role="img" aria-label="{escape(words)}"'
    return Markup(f'{head} stroke-linejoin="round" stroke-linecap="butt">{rest}')


def _own_names(svg: str, name: str) -> str:
    """Return *svg* with short identifiers that begin with *name*, and without those that nothing refers to."""
    used = {old: f"{name}-{number}" for number, old in enumerate(dict.fromkeys(f[2] for f in _REFERENCE.finditer(svg)))}
    svg = _REFERENCE.sub(lambda found: f"{found[1]}{used[found[2]]}", svg)
    return _IDENTIFIER.sub(lambda found: f' id="{used[found[1]]}"' if found[1] in used else "", svg)


def _slim(svg: str) -> str:
    """Return the same drawing in fewer characters: to a hundredth of a point, and what marks share said once."""
    svg = _PATH.sub(lambda found: re.sub(r"\s*([A-Za-z])\s*", r"\1", _LONG.sub(r"\1", found[0])).strip(), svg)
    svg = _PLACED.sub(lambda found: _LONG.sub(r"\1", found[0]), svg)
    svg = _GLYPH.sub(lambda found: f'{found[1]} x="{float(found[2]):.0f}"', svg)  # a unit is 1 % of a letter's height
    return _MARKS.sub(lambda found: f"<g{found[1] or ''}{found[3]}>{found[2].replace(found[3], '')}</g>", svg)


def _untip(coded: str) -> str:
    return base64.urlsafe_b64decode(coded).decode()


def _attributes(style: str) -> str:
    pairs = (declaration.split(":", 1) for declaration in style.split(";") if ":" in declaration)
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)
