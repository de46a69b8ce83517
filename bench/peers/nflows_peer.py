"""Spline flows of nflows, driven as contest.py says."""
from importlib.metadata import version

from nflows.distributions import StandardNormal
from nflows.flows import Flow
from nflows.transforms import (
    CompositeTransform,
    MaskedPiecewiseRationalQuadraticAutoregressiveTransform,
    PiecewiseRationalQuadraticCouplingTransform,
    RandomPermutation,
    ReversePermutation,
)

from torch_flow import Conditioner, contest


def build(setup):
    columns, hidden = setup["columns"], setup["hidden"]
    spline = {"num_bins": setup["bins"], "tails": "linear", "tail_bound": setup["box"]}

    def coupling():
        mask = [0] * (columns // 2) + [1] * (columns - columns // 2)
        return PiecewiseRationalQuadraticCouplingTransform(mask, lambda i, o: Conditioner(i, o, hidden), **spline)

    def autoregressive():
        # One layer and a block of one: two hidden layers of equal width.
        return MaskedPiecewiseRationalQuadraticAutoregressiveTransform(
            columns, hidden[0], num_blocks=len(hidden) - 1, use_residual_blocks=False, **spline
        )

    layers = []
    for _ in range(setup["layers"]):
        if setup["structure"] == "autoregressive":
            layers += [autoregressive(), ReversePermutation(columns)]
        else:
            layers += [coupling(), ReversePermutation(columns) if columns == 2 else RandomPermutation(columns)]
    return Flow(CompositeTransform(layers), StandardNormal([columns]))


contest(
    {"nflows": version("nflows")},
    build,
    lambda flow, rows: flow.log_prob(rows),
    lambda flow, count: flow.sample(count),
)
