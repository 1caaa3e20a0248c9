# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Reading a session
#
# A session is a folder: `session.json` says how it was measured, `trials.parquet` has a row for each trial and
# transport, `events/` the events themselves. This notebook reads the one that comes with the project, from its first
# row to each figure of the report, and says what each means. It needs no root.

# %%
# %matplotlib inline
from pathlib import Path

from IPython.display import Markdown, display

from ringbench.data.metrics import COLUMNS
from ringbench.analysis.account import account
from ringbench.analysis.caveats import caveats
from ringbench.report.figures import FIGURES
from ringbench.analysis.findings import findings
from ringbench.analysis.view import SessionView
from ringbench.data.store.folder import read_session

results = next(p / "results" for p in (Path.cwd(), *Path.cwd().parents) if (p / "results/reference").is_dir())
session = read_session(results / "reference", results)
view = SessionView.of(session)
view.machine, view.status, f"{view.finished_trials} trials"

# %% [markdown]
# ## Rows
#
# Nullable types throughout: what was not measured is `<NA>`, never 0.

# %%
trials = session.trials
trials[
    ["trial", "block", "mode", "transport", "reader", "wakeup", "workload", "buffer_bytes", "attempted", "delivered"]
]

# %% [markdown]
# Every measured column has a unit, and a direction in which it is better.

# %%
{name: (column.title, column.unit, column.better) for name, column in COLUMNS.items()}

# %% [markdown]
# ## Is it to be believed?
#
# A trial counts only if attempted = delivered + failed, exactly. The attempts and refusals were counted in the BPF
# program, what was delivered by the reader: two different places, so the sum is a check.

# %%
assert (trials["attempted"] == trials["delivered"] + trials["failed"])[trials["valid"]].all()
trials.groupby("transport")[["attempted", "delivered", "failed", "residual"]].sum()

# %%
print(f"{sum(entry.valid for entry in account(view))} of {len(view.rows)} accounts are valid.")
found = findings(view)
for caveat in caveats(view, found):
    print("!", caveat)

# %% [markdown]
# ## The answers
#
# One for each question, computed from the rows: a median over repeats, and a 95 % interval of its own.

# %%
for finding in found:
    if finding.asked:
        display(Markdown(f"**{finding.question.asked}**"))
        print(finding.sentence)
        print(f"   ({finding.said[0].where})")

# %% [markdown]
# The same as a table: in each repeat both transports ran, so it is the ratio *within* a repeat that is compared. A
# machine drifts from one repeat to the next; the ratio doesn't.

# %%
cost = next(finding for finding in found if finding.question.name == "cost")
line = cost.headline.lines[0]
base, head = line.comparison.paired(line.column.name)
for block, (b, h) in enumerate(zip(base, head, strict=True), 1):
    print(f"repeat {block}: {b:6.0f} ns and {h:6.0f} ns, ratio {h / b:.3f}")
print(line.column.title, line.against)

# %% [markdown]
# ## The figures
#
# Each is a function from a session to a matplotlib figure, the same that the report uses. What a figure does not show
# is said below it.

# %%
for kind in FIGURES:
    figure = kind.draw(view)
    if figure is not None:
        display(figure)
        display(Markdown(kind.caption))
