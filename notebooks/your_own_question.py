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
# # Your own question
#
# The report answers the questions that it was made for. For another one, join the trials and their events with
# pandas. As an example: **which kind of event waits longest for the reader, and on which CPU?**

# %%
from pathlib import Path

import pandas as pd

from ringbench.data.store.folder import read_session

results = next(p / "results" for p in (Path.cwd(), *Path.cwd().parents) if (p / "results/reference").is_dir())
session = read_session(results / "reference", results)  # or read_session("latest", results)

# %% [markdown]
# ## Events, with the trial that they are of
#
# `session.events(trial)` has a row for each delivered event, in the order of delivery; `None` where a trial's events
# were not kept. Times are nanoseconds of one clock, `CLOCK_MONOTONIC`.

# %%
kept = {trial: events for trial in session.trials["trial"].unique() if (events := session.events(trial)) is not None}
events = pd.concat(kept, names=["trial", "place"]).reset_index()
factors = ["trial", "transport", "mode", "reader", "wakeup", "workload", "buffer_bytes"]
joined = events.merge(session.trials[factors], on=["trial", "transport"], validate="many_to_one")
joined["waited_us"] = (joined["received_ns"] - joined["ts_ns"]) / 1e3
len(joined), joined["trial"].nunique()

# %% [markdown]
# ## The answer
#
# Compare only what differs in one thing: here each row of the table is one setting.

# %%
answer = joined.pivot_table(
    index=["workload", "reader", "wakeup", "transport", "mode"],
    columns=["kind", "cpu"],
    values="waited_us",
    aggfunc="median",
    observed=True,
)
answer.round(0)

# %% [markdown]
# ## Lives across CPUs
#
# `birth` is a number that the fork which began a life gave it (its CPU and a count, no time): with it, events of one
# life find each other although pids come again. It is null where a life began before the session. How many lives are
# seen on more than one CPU?

# %%
lives = joined[joined["birth"].notna()].groupby(["trial", "transport", "birth"])["cpu"].nunique()
(lives > 1).groupby(["trial", "transport"]).agg(["sum", "mean"]).rename(
    columns={"sum": "lives on several", "mean": "share"}
)

# %% [markdown]
# A process names itself: `comm` is bytes, and may hold anything. Show it with `repr`, never raw.

# %%
{repr(comm): int(n) for comm, n in joined["comm"].value_counts().head().items()}
