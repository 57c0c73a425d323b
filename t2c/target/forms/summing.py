"""Sums without weights of their own: constants follow the steps of the edges."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

import numpy as np

from t2c.golden.graph.node import AccumulatingNode, Node
from t2c.target.choose import choose_within
from t2c.target.form import FORMS, Form, LayerCost, LayerJob


@FORMS("average_pool2d")
@FORMS("matmul")
class Summing(Form):
    """M ~ m s_x' / s_x s_y / s_y', for all inputs; docs/arithmetic.md 4.3, 4.5."""

    def refit(self, job: LayerJob) -> tuple[Node, LayerCost]:
        node = cast(AccumulatingNode, job.node)
        quant = node.mulquant
        inputs = 1.0 if self.free_inputs else math.prod(map(job.rescaled, range(len(job.after) - 1)))
        scale = np.ldexp(quant.multiplier.astype(np.float64), -quant.shift) * inputs / job.rescaled(-1)
        bias = np.ldexp(quant.bias.astype(np.float64), -quant.shift) / job.rescaled(-1) + job.half
        reach = np.full(scale.size, float(node.worst_accumulator(job.after[:-1])))
        constants = choose_within(scale, bias, reach, job.chip)
        made = job.mulquant(node, quant, constants)
        return replace(node, mulquant=made), job.cost(constants, scale, bias, reach, made)


@FORMS("layer_norm")
class Normalising(Summing):
    """Its t has no unit; but E stands for the real epsilon at the input's step; docs/arithmetic.md 8.1."""

    free_inputs = True
