"""The spline coupling flow of normflows, driven as contest.py says: its coupling with a plain net, as the others have."""
from importlib.metadata import version

import torch
from normflows import NormalizingFlow
from normflows.distributions import DiagGaussian
from normflows.flows import Flow, Permute
from normflows.flows.neural_spline.coupling import PiecewiseRationalQuadraticCoupling

from torch_flow import Conditioner, contest


class SplineCoupling(Flow):
    """From noise to data, which is forward in normflows."""

    def __init__(self, setup):
        super().__init__()
        columns = setup["columns"]
        self.coupling = PiecewiseRationalQuadraticCoupling(
            torch.tensor([0] * (columns // 2) + [1] * (columns - columns // 2)),
            lambda i, o: Conditioner(i, o, setup["hidden"]),
            num_bins=setup["bins"],
            tails="linear",
            tail_bound=setup["box"],
        )

    def forward(self, z):
        return self.coupling.inverse(z)

    def inverse(self, z):
        return self.coupling(z)


def build(setup):
    columns = setup["columns"]
    layers = []
    for _ in range(setup["layers"]):
        layers += [SplineCoupling(setup), Permute(columns, "swap" if columns == 2 else "shuffle")]
    return NormalizingFlow(DiagGaussian(columns, trainable=False), layers)


contest(
    {"normflows": version("normflows")},
    build,
    lambda flow, rows: flow.log_prob(rows),
    lambda flow, count: flow.sample(count)[0],
)
