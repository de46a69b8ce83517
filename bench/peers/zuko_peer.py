"""The autoregressive spline flow of zuko, driven as contest.py says. Its box is [-5, 5]."""
from importlib.metadata import version

from zuko.flows import NSF

from torch_flow import contest

BOX = 5


def build(setup):
    if setup["box"] != BOX:
        raise ValueError(f"The box is {setup['box']}; zuko has {BOX}.")
    return NSF(setup["columns"], bins=setup["bins"], transforms=setup["layers"], hidden_features=setup["hidden"])


contest(
    {"zuko": version("zuko")},
    build,
    lambda flow, rows: flow().log_prob(rows),
    lambda flow, count: flow().sample((count,)),
)
