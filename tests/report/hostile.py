"""A stored session in which everything that others can name has a bad name, and what a page of it must not do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ringbench.data.store import events_writer
from ringbench.spec.event import EXIT, FORK, Events
from tests.analysis import synthetic
from tests.analysis.gate.stored import stored
from tests.analysis.synthetic import Row, row
from tests.data.order.reference import events_of
from tests.report.browser import console, requested, show

COMMS = (
    b"<script>alert(1)",
    b"<svg onload=a()>",
    b"<img src=1 oner=",
    "\u202e\u2066gpj.exe".encode(),
    b"\xff\xfe" * 8,
    b"\x1b]8;;http://x\x07",
    b"\x1b[31m\x9b2J\x08",
    b"</script></style",
    b"]]>--><b>",
    b"=1+1\r\n| a |\t`b`",
)
"""What a process may call itself: 16 bytes."""
SHOWN = (
    "<script>alert(1)", "<svg onload=a()>", "<img src=1 oner=", r"\u202e\u2066gpj.exe", r"\xff\xfe" * 8,
    r"\x1b]8;;http://x\x07", r"\x1b[31m\x9b2J\x08", "</script></style", "]]>--><b>", r"=1+1\x0d\x0a| a |\x09`b`",
)  # fmt: skip
"""How each is to be shown."""
EVIL = (
    "<script>window.pwned=1</script>\"'><img src=x onerror=pwned=1><svg onload=pwned=1><a href=javascript:pwned=1>"
    "\x1b]8;;http://evil.example/\x07\x1b[31m\u202e\u2066\u200b</td></table>]]>{{ 7 * 7 }}\r\n\t&lt;|![a](http://b.c)"
)
OWN = {"host": f"host-7 {EVIL}", "user": f"ada {EVIL}", "command": "/home/ada/bin/ringbench", "token": "--token=hush"}
"""Whose session it is."""
FORBIDDEN = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
"""Characters that no page, summary or terminal may have of a session: controls but line feeds, bidi, invisible ones."""


def events() -> Events:
    """Return lives that are delivered exit first, each of a process with a bad name."""
    found = [(1000 * n + 10 * n + late, 90_000, n % 2, kind, n + 1)
             for n in range(len(COMMS)) for late, kind in ((500, EXIT), (100, FORK))]  # fmt: skip
    made = events_of(found)
    made["comm"] = [name for name in COMMS for _ in range(2)]
    return made


def rows() -> list[Row]:
    """Return rows that answer every question, of workloads, readers, wake-ups, places and a transport of bad names."""
    evil = [{**each, "workload": f"={EVIL}{each['workload']}"} for each in synthetic.quick()]
    evil += [{**each, "reader": f"+{EVIL}{each['reader']}"} for each in synthetic.capacity()]
    evil += [
        {**each, "wakeup": f"@{EVIL}{each['wakeup']}", "wait": f"-{EVIL}", "placement": EVIL, "cpus": EVIL}
        for each in synthetic.firehose()
    ]
    evil += [{**each, "stage": f"{each['stage']}{EVIL}"} for each in synthetic.overhead(5)]
    evil = [{**each, "transport": _named(each["transport"])} for each in evil]
    evil += [row(transport="perf", trial="bad", block=9, valid=False, invalid_reason=EVIL)]
    kept = {"attempted": 2 * len(COMMS), "failed": 0, "mode": "paired", "scenario": EVIL, "workload": EVIL}
    return [
        row(transport=name, trial="kept", reader=EVIL, **kept) for name in ("perf", _named("ringbuf-output"))
    ] + evil


def _named(transport: str) -> str:
    return f"-{EVIL}" if transport == "ringbuf-output" else transport


def session(folder: Path) -> Path:
    """Write such a session into *folder*, with recorded events, and return it."""
    every = rows()
    by_name: dict[str, str] = {}
    for each in every:
        each["trial"] = by_name.setdefault(each["trial"], "kept" if each["trial"] == "kept" else f"t{len(by_name)}")
    stored(
        folder, every, environment={"cpu_model": EVIL, "kernel": EVIL, EVIL: {EVIL: EVIL}}, notes=[EVIL],
        measured_by={"host": OWN["host"], "user": OWN["user"]}, plan={"command": ["sh", OWN["token"], EVIL]},
        command_line=[OWN["command"], "run", "--note", EVIL, "--", "sh", OWN["token"], EVIL], profile=EVIL,
    )  # fmt: skip
    both = {"perf": events(), _named("ringbuf-output"): events()[::-1]}
    events_writer.store(folder / "events" / "kept.parquet", both)
    return folder


BAD = """
const bad = [], allowed = {a: ["#", "data:text/csv;"], link: ["data:,"], image: ["data:image/png;"], use: ["#"]};
for (const e of document.querySelectorAll("*")) {
  const name = e.localName.toLowerCase();
  if (/^(img|iframe|frame|object|embed|foreignobject|base|video|audio|input|template)$/.test(name)) bad.push(name);
  for (const {name: key, value} of e.attributes) {
    if (/^on|^style$|^srcset$|^action$|^formaction$/i.test(key)) bad.push(`${name} ${key}`);
    if (/href$|^src$|^data$/i.test(key) && !(allowed[name] || []).some(start => value.startsWith(start)))
      bad.push(`${name} ${key}=${value}`);
    if (key === "http-equiv" && value !== "Content-Security-Policy") bad.push(value);
  }
}
const text = document.documentElement.outerHTML + document.documentElement.textContent;
return {
  bad, pwned: String(window.pwned), scripts: document.scripts.length, styles: document.querySelectorAll("style").length,
  unprintable: [...new Set(text.match(new RegExp(arguments[0], "g")))],
};
"""


def shows_and_does_nothing(
    browser: Any, folder: Path, *, page: str = "report.html", scripts: int = 0, width: int = 1100, dark: bool = False
) -> str:
    """Open *page* of *folder*, check that nothing of it was obeyed, and return the text that it shows."""
    console(browser)
    requested(browser)
    show(browser, folder, page=page, width=width, dark=dark)
    browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
    found = browser.execute_script(BAD, FORBIDDEN)
    assert found == {"bad": [], "pwned": "undefined", "scripts": scripts, "styles": 1, "unprintable": []}
    resources = browser.execute_script("return performance.getEntriesByType('resource').map(r => r.name)")
    assert _elsewhere(resources) == []
    asked = requested(browser)
    assert (folder / page).as_uri() in asked
    assert _elsewhere(asked - {(folder / page).as_uri()}) == []
    assert console(browser) == []  # an alert that is open would have ended the test before
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    text: str = browser.execute_script("return document.body.innerText")
    return text


def _elsewhere(addresses: Sequence[str] | set[str]) -> list[str]:
    return [address for address in addresses if not address.startswith(("data:", "about:blank"))]
