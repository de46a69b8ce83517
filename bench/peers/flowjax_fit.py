"""flowjax's coupling flow of splines with bench:fit: 8 layers, nets of [50, 50], 8 knots on [-5, 5], in float32.

Adam with a constant rate as in its own fit_to_data, with some steps inside one lax.scan, which is a little faster.
"""
from importlib.metadata import version

import equinox
import jax
import jax.numpy as jnp
import numpy
import optax
import paramax
from flowjax.bijections import RationalQuadraticSpline
from flowjax.distributions import Normal
from flowjax.flows import coupling_flow

from contest import CHUNK, read_rows, read_setup
from fit_contest import MOST_STEPS, pieces, serve_fit, train_until

LEARNING_RATE = 1e-3


def build(columns, seed):
    """The flow's learned arrays, and what is left of it."""
    flow = coupling_flow(
        jax.random.key(seed),
        base_dist=Normal(jnp.zeros(columns)),
        transformer=RationalQuadraticSpline(knots=8, interval=5),
        flow_layers=8,
        nn_width=50,
        nn_depth=2,
    )
    return equinox.partition(
        flow, equinox.is_inexact_array, is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable)
    )


def main():
    setup = read_setup({"flowjax": version("flowjax"), "JAX": jax.__version__})
    columns, batch, seed = setup["columns"], setup["batch"], setup["seed"]
    x, held = (jnp.asarray(read_rows(setup[name], columns)) for name in ("training", "validation"))
    params, static = build(columns, seed)
    adam = optax.adam(LEARNING_RATE)

    def log_prob(p, rows):
        return paramax.unwrap(equinox.combine(p, static)).log_prob(rows)

    @jax.jit
    def run(state, piece):
        def update(state, rows):
            p, moments = state
            g = jax.grad(lambda p: -log_prob(p, x[rows]).mean())(p)
            updates, moments = adam.update(g, moments, p)
            return (equinox.apply_updates(p, updates), moments), None

        return jax.lax.scan(update, state, piece)[0]

    densities = jax.jit(log_prob)
    held_nll = jax.jit(lambda p: -log_prob(p, held).mean())
    state, best = (params, adam.init(params)), params

    def advance(piece):
        nonlocal state
        state = jax.block_until_ready(run(state, jnp.asarray(piece)))

    def keep():
        nonlocal best
        best = state[0]

    def warm():
        jax.block_until_ready(run(state, jnp.asarray(next(pieces(len(x), batch, seed, MOST_STEPS)))))
        jax.block_until_ready(held_nll(params))

    def fit(deadline):
        steps = pieces(len(x), batch, seed, MOST_STEPS)
        return train_until(deadline, steps, advance, lambda: float(held_nll(state[0])), keep)

    def score(path):
        rows = jnp.asarray(read_rows(path, columns))
        return numpy.concatenate([densities(best, rows[i : i + CHUNK]) for i in range(0, len(rows), CHUNK)])

    serve_fit(warm, fit, score)


main()
