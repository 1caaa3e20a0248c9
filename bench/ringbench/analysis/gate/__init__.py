"""The regression gate: two sessions side by side, and a verdict that is right when it says "regressed".

``registry`` says which figures are judged and what is worth reporting, ``case`` puts the two sides' figures together,
``rules`` judges one figure, ``gate`` all of them, ``comparable`` whether the two may be compared at all. Data goes one
way: sessions in, a :class:`~ringbench.analysis.gate.gate.Gated` out.
"""

from __future__ import annotations

from ringbench.analysis.gate.gate import Gated, judge
from ringbench.analysis.gate.verdict import Judgement, Verdict

__all__ = ["Gated", "Judgement", "Verdict", "judge"]
