"""nflows' neural spline flow with bench:fit: 5 × (permutation, LU, coupling), residual nets of 64, 8 bins on [-5, 5].

The steps are those of the authors' own experiments (Durkan et al. 2019, appendix B), whose library this is.
"""
from importlib.metadata import version

from nflows.distributions import StandardNormal
from nflows.flows import Flow
from nflows.nn.nets import ResidualNet
from nflows.transforms import (
    CompositeTransform,
    LULinear,
    PiecewiseRationalQuadraticCouplingTransform,
    RandomPermutation,
)
from nflows.utils.torchutils import create_alternating_binary_mask

from torch_fit import contest_fit

STEPS = 5


def step(columns, i):
    coupling = PiecewiseRationalQuadraticCouplingTransform(
        create_alternating_binary_mask(columns, even=i % 2 == 0),
        lambda inputs, outputs: ResidualNet(inputs, outputs, hidden_features=64, num_blocks=2),
        num_bins=8,
        tails="linear",
        tail_bound=5,
        apply_unconditional_transform=True,
    )
    return [RandomPermutation(columns), LULinear(columns, identity_init=True), coupling]


def build(columns):
    layers = [layer for i in range(STEPS) for layer in step(columns, i)]
    return Flow(CompositeTransform(layers), StandardNormal([columns]))


contest_fit({"nflows": version("nflows")}, build, lambda flow, rows: flow.log_prob(rows))
