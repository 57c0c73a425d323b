"""Sums of two operands with a scale each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.mulquant import AddQuant
from t2c.golden.graph.node import Node
from t2c.target.choose import choose_within
from t2c.target.form import FORMS, WIDEST, Form, LayerCost, LayerJob


@FORMS("add")
@FORMS("add_constant")
class Pair(Form):
    """M_i ~ m_i s_i' / s_i s_y / s_y', one S; docs/arithmetic.md 4.4, 4.6. The step of a constant is its own."""

    adds = True

    def refit(self, job: LayerJob) -> tuple[Node, LayerCost]:
        quant = job.node.stage
        assert isinstance(quant, AddQuant)
        steps = np.array([job.rescaled(i) if i < len(job.after) - 1 else 1.0 for i in range(2)])
        pair = np.array([quant.multiplier_a, quant.multiplier_b], np.float64)
        scale = np.ldexp(pair, -quant.shift) * steps / job.rescaled(-1)
        bias = np.array([np.ldexp(float(quant.bias), -quant.shift) / job.rescaled(-1) + job.half, 0.0])
        edges = (*job.after[:-1], *job.after[:1])[:2]
        reach = np.array([float(edge.magnitude) for edge in edges])
        found = choose_within(scale, bias, reach, job.chip, joint=True)
        made = AddQuant(
            multiplier_a=int(found.multiplier[0]),
            multiplier_b=int(found.multiplier[1]),
            bias=int(found.bias[0]),
            shift=int(found.shift[0]),
            widths=WIDEST,
            **job.stage(quant, found.shift),
        )
        return replace(job.node, **{job.node.stage_field: made}), job.cost(found, scale, bias, reach, made)
