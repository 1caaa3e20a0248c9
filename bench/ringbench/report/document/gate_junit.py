"""A comparison as JUnit XML, which every CI system reads: a test case for each figure of each cell.

Regressed is a failure; inconclusive is skipped, with the reason: a run that could not tell has not passed.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ringbench.analysis.gate.comparison import Comparison, change, sides
from ringbench.analysis.gate.gate import Figure, GatedCell
from ringbench.analysis.gate.verdict import Verdict

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2, Char), escaped or not."""


def render(comparison: Comparison) -> bytes:
    """Return the document, UTF-8."""
    cases = [(cell, figure) for cell in comparison.gated.cells for figure in cell.figures]
    suite = ElementTree.Element(
        "testsuite",
        name="ringbench compare",
        tests=str(len(cases) + 1),
        failures=str(len(comparison.gated.figures(Verdict.REGRESSED))),
        skipped=str(len(comparison.gated.figures(Verdict.INCONCLUSIVE)) + _open(comparison)),
        errors="0",
    )
    for cell, figure in cases:
        _case(suite, cell, figure)
    whole = ElementTree.SubElement(suite, "testcase", classname="ringbench", name="verdict")
    if _open(comparison):
        ElementTree.SubElement(whole, "skipped", message=_text(comparison.headline))
    ElementTree.SubElement(whole, "system-out").text = _text(comparison.headline)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _open(comparison: Comparison) -> bool:
    return comparison.gated.verdict is Verdict.INCONCLUSIVE


def _case(suite: ElementTree.Element, cell: GatedCell, figure: Figure) -> None:
    where = f"{cell.pair.transport}, {cell.pair.name}"
    case = ElementTree.SubElement(suite, "testcase", classname=_text(where), name=_text(figure.name))
    judgement = figure.judgement
    base, head = sides(figure)
    said = _text(f"{figure.title}: {base} in the base, {head} in the head; {change(figure)}; {judgement.why}")
    if judgement.verdict is Verdict.REGRESSED:
        ElementTree.SubElement(case, "failure", type="regressed", message=_text(change(figure))).text = said
    elif judgement.verdict is Verdict.INCONCLUSIVE:
        ElementTree.SubElement(case, "skipped", message=said)
    else:
        ElementTree.SubElement(case, "system-out").text = said


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
