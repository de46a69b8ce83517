"""normflows' neural spline flow with bench:fit: 8 × (coupling, LU), residual nets of 64, 8 bins on [-5, 5]."""
from importlib.metadata import version

from normflows import NormalizingFlow
from normflows.distributions import DiagGaussian
from normflows.flows import CoupledRationalQuadraticSpline, LULinearPermute

from torch_fit import contest_fit

STEPS = 8


def build(columns):
    layers = []
    for _ in range(STEPS):
        layers += [CoupledRationalQuadraticSpline(columns, 2, 64, num_bins=8, tail_bound=5), LULinearPermute(columns)]
    return NormalizingFlow(DiagGaussian(columns, trainable=False), layers)


contest_fit({"normflows": version("normflows")}, build, lambda flow, rows: flow.log_prob(rows))
