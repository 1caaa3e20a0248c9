from __future__ import annotations

import re

import pytest

from ringbench.analysis import questions
from ringbench.analysis.findings import Finding, finding, findings
from ringbench.analysis.questions import COST, DROPS, LATENCY, MEMORY, ORDER, QUESTIONS, THROUGHPUT, Question
from ringbench.analysis.view import SessionView
from tests.analysis.synthetic import KIB, MIB, Row, cells, row, view

EMULATED = {"environment": {"emulated": True, "cpu_model": "QEMU Virtual CPU", "cpus_online": 2}}


def answer(question: Question, rows: list[Row], **changed: object) -> Finding:
    return finding(view(rows, **changed), question)


def texts(found: Finding) -> list[str]:
    return [statement.text for statement in found.said]


def cost(base: object, head: object, blocks: int = 5, **setting: object) -> list[Row]:
    name = "producer_ns_per_event"
    return cells({"perf": {name: base}, "ringbuf-reserve": {name: head}}, blocks=range(blocks), **setting)


BASE = [520.0, 530.0, 540.0, 550.0, 560.0]


def test_every_question_is_answered(whole: SessionView) -> None:
    found = findings(whole)
    assert [f.question.name for f in found] == [
        *("memory", "drops", "throughput", "cost", "overhead", "capacity", "wakeups", "order", "latency")
    ]
    assert all(f.headline is not None for f in found)
    assert all(re.match(r"[A-Z0-9].*\.$", statement.text) for f in found for statement in f.said)


def test_the_headline_differs_in_nothing_but_the_transport(whole: SessionView) -> None:
    modes = {}
    for found in findings(whole):
        assert found.headline is not None
        assert found.headline.comparison.transports == ["perf", "ringbuf-reserve"]
        assert {cell.setting for cell in found.headline.comparison.cells} == {found.headline.comparison.setting}
        modes[found.question.name] = found.headline.comparison.setting.mode
    assert {name for name, mode in modes.items() if mode == "paired"} == {"drops", "order"}
    assert {name for name, mode in modes.items() if mode == "capacity"} == {"capacity"}


def test_cost_the_ringbuf_cheaper() -> None:
    said = answer(COST, cost(BASE, [v / 2 for v in BASE])).sentence
    assert said == (
        "An event cost the producer 540 ns [520, 560] with perf and 270 ns [260, 280] with ringbuf-reserve: "
        "0.5 ×, so ringbuf-reserve is cheaper."
    )


def test_cost_perf_cheaper() -> None:
    assert answer(COST, cost(BASE, [v * 3 for v in BASE])).sentence.endswith(": 3 ×, so perf is cheaper.")


def test_cost_no_difference_shown() -> None:
    said = answer(COST, cost(BASE, [530.0, 520.0, 545.0, 540.0, 565.0])).sentence
    assert re.search(r"; no difference shown \(\S+ × \[0\.98\d*, 1\.0\d*\]\)\.$", said)
    assert "cheaper" not in said


def test_cost_equal() -> None:
    assert answer(COST, cost(BASE, BASE)).sentence.endswith("; no difference in any repeat.")


def test_cost_of_too_few_repeats_has_no_interval() -> None:
    said = answer(COST, cost(BASE, [v / 9 for v in BASE], blocks=2)).sentence
    assert said.endswith("with 2 repeats of both there is no interval, and no difference is claimed.")
    assert "[" not in said


def test_cost_not_measured_on_one_side() -> None:
    said = answer(COST, cost(BASE, None)).sentence
    assert said == (
        "An event cost the producer 540 ns [520, 560] with perf; with ringbuf-reserve it was not measured here."
    )


def test_cost_not_measured_at_all() -> None:
    found = answer(COST, cost(None, None))
    assert found.sentence == "Not measured here: no valid trial has figures of cost."
    assert found.headline is None


def test_of_one_transport_alone_the_figure_is_told() -> None:
    said = answer(COST, [r for r in cost(BASE, BASE) if r["transport"] == "perf"]).sentence
    assert said == "An event cost the producer 540 ns [520, 560] with perf; there is nothing to compare perf with here."


def test_emulation_ranks_no_speed() -> None:
    rows = cost(BASE, [v / 2 for v in BASE])
    for r in rows:
        r |= {
            "events_per_s": 100.0 if r["transport"] == "perf" else 200.0,
            "latency_p50_ns": 5,
            "memory_physical_bytes": 5,
        }
        r |= {"attempted": 100, "failed": 50 if r["transport"] == "perf" else 0, "drop_rate": 0.5, "delivered": None}
    for question in (COST, THROUGHPUT, LATENCY, DROPS):
        found = answer(question, rows, **EMULATED)
        assert all(line.winner is None for group in found.groups for line in group.lines), question.name
        assert "not ranked: this machine is emulated" in " ".join(texts(found)), question.name
        assert question.better not in " ".join(texts(found)), question.name
    assert "not ranked" not in texts(answer(MEMORY, rows, **EMULATED))[0]


def test_paired_trials_rank_no_speed() -> None:
    said = answer(COST, cost(BASE, [v / 2 for v in BASE], mode="paired")).sentence
    assert said.endswith("; not ranked: in paired trials each transport bears the other's cost, too.")


def test_isolated_trials_are_preferred_for_cost_and_the_figures_of_paired_ones_stay_out() -> None:
    found = answer(COST, cost(BASE, BASE) + cost([v * 50 for v in BASE], BASE, mode="paired"))
    assert {group.comparison.setting.mode for group in found.groups} == {"isolated"}


def test_each_wake_up_policy_is_compared_for_itself(quick: SessionView) -> None:
    found = finding(quick, COST)
    settings = [group.comparison.setting for group in found.groups]
    assert [(s.reader, s.wakeup) for s in settings] == [("bulk", "none"), ("bulk", "none"), ("callback", "every")]
    of_callback = [s.text for s in found.said if s.where.startswith("callback")]
    assert len(of_callback) == 2
    assert all("µs" in text for text in of_callback)


def test_unequal_sizes_are_said_with_every_sentence_that_compares_them() -> None:
    rows = cost(BASE, BASE)
    for r in rows:
        r["buffer_bytes"] = 768 * KIB if r["transport"] == "perf" else MIB
    assert answer(COST, rows).sentence.endswith(
        "Sizes not equal: of 1 MiB asked, perf had 768 KiB and ringbuf-reserve 1 MiB."
    )


def test_invalid_trials_are_in_no_figure() -> None:
    rows = [*cost(BASE, BASE), row(block=9, valid=False, producer_ns_per_event=1e9)]
    rows.append(row(block=8, valid=None, producer_ns_per_event=1e9))
    rows.append(row(block=7, attempted=10, delivered=5, failed=4, producer_ns_per_event=1e9))
    assert answer(COST, rows).sentence == answer(COST, cost(BASE, BASE)).sentence


def test_memory_is_compared_exactly() -> None:
    held = {
        "perf": {"memory_physical_bytes": MIB + 8 * KIB},
        "ringbuf-reserve": {"memory_physical_bytes": MIB + 16 * KIB},
    }
    said = answer(MEMORY, cells(held, blocks=[0])).sentence
    assert said == (
        "Asked for 1 MiB, the kernel holds 1.01 MiB with perf and 1.02 MiB with ringbuf-reserve: "
        "8 KiB more with ringbuf-reserve, so perf is smaller."
    )


def test_other_ways_of_counting_memory_are_told_and_never_ranked(quick: SessionView) -> None:
    found = finding(quick, MEMORY)
    said = texts(found)[1]
    assert said.startswith("Other ways of counting, not ranked: ")
    assert "not measured with perf and 2.01 MiB with ringbuf-reserve" in said
    others = [line for group in found.groups for line in group.lines if line.column.name != "memory_physical_bytes"]
    assert others
    assert all(line.winner is None for line in others)


def test_memory_says_what_it_took_to_lose_nothing(quick: SessionView) -> None:
    said = [text for text in texts(finding(quick, MEMORY)) if text.startswith("Smallest size tried that lost nothing")]
    assert len(said) == 2  # fork-exec and burst


def disorder(base: object, head: object, **more: object) -> list[Row]:
    name = "causal_violations"
    return cells({"perf": {name: base, **more}, "ringbuf-reserve": {name: head, **more}}, mode="paired")


def test_order_with_violations_on_one_side_only() -> None:
    said = texts(answer(ORDER, disorder([400, 412, 420, 450, 380], 0, lives=6_900)))
    assert said[0] == (
        "A trial showed 412 causal violations [380, 450] with perf and 0 with ringbuf-reserve in each of 5 repeats: "
        "412 events [380, 450] fewer with ringbuf-reserve, so ringbuf-reserve kept better order."
    )
    assert said[1] == "Lives a trial whose order could be judged: 6,900 with perf and 6,900 with ringbuf-reserve."


def test_order_reversed() -> None:
    assert answer(ORDER, disorder(0, [4, 5, 6, 7, 8])).sentence.endswith("so perf kept better order.")


def test_order_without_any_violation() -> None:
    said = answer(ORDER, disorder(0, 0)).sentence
    assert said.endswith("and 0 with ringbuf-reserve in each of 5 repeats; no difference in any repeat.")


def test_order_of_one_paired_trial_of_a_command() -> None:
    rows = cells(
        {"perf": {"causal_violations": 3}, "ringbuf-reserve": {"causal_violations": 0}},
        blocks=[0],
        mode="paired",
        workload="command",
    )
    said = answer(ORDER, rows).sentence
    assert said.startswith(
        "A trial showed 3 causal violations with perf and 0 with ringbuf-reserve; with 1 repeat of both"
    )
    assert "better" not in said


@pytest.mark.parametrize(("crossing", "ranked"), [(0, False), ([0, 0, 0, 1, 0], True), (None, True)])
def test_without_a_life_on_two_cpus_there_is_no_order_between_them(crossing: object, ranked: bool) -> None:
    counts = [30, 31, 32, 33, 34]
    rows = cells(
        {
            "perf": {"causal_violations": counts, "lives": 900, "cross_cpu_lives": crossing},
            "ringbuf-reserve": {"causal_violations": 0, "lives": 900, "cross_cpu_lives": crossing},
        },
        mode="paired",
    )
    said = " ".join(texts(answer(ORDER, rows)))
    assert (
        "no life was seen on two CPUs, so there was no order between CPUs to keep or to break" in said
    ) is not ranked
    assert ("better" in said or "keeps" in said) is ranked


def test_latency_and_rates_of_what_was_left_say_what_was_lost_meanwhile() -> None:
    rows = cells(
        {"perf": {"latency_p50_ns": 10, "attempted": 1000, "failed": 400}, "ringbuf-reserve": {"latency_p50_ns": 9}}
    )
    said = texts(answer(LATENCY, rows))[-1]
    assert said == "Meanwhile perf lost 40 % of 1,000 events a repeat: the figures are of what was left."


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_session_without_a_valid_trial_says_so(question: Question) -> None:
    invalid = [row(valid=False, wait="epoll"), row(valid=False, mode="capacity"), row(valid=False, mode="overhead")]
    assert answer(question, invalid).sentence.startswith("Not measured here")
    assert answer(question, invalid).asked
    assert answer(question, []).sentence == f"Not asked here: no trial is about {question.name}."
    assert answer(question, []).headline is None


def test_every_column_of_a_question_exists() -> None:
    from ringbench.data.metrics import COLUMNS

    assert {name for question in questions.QUESTIONS for name in question.columns} <= set(COLUMNS)
