"""zuko's autoregressive neural spline flow with bench:fit: 3 transforms, nets of [64, 64], 8 bins on [-5, 5]."""
from importlib.metadata import version

from zuko.flows import NSF

from torch_fit import contest_fit

contest_fit(
    {"zuko": version("zuko")},
    lambda columns: NSF(columns, bins=8, transforms=3, hidden_features=[64, 64]),
    lambda flow, rows: flow().log_prob(rows),
)
