"""Spline flows of flowjax, driven as contest.py says; under jit, densities and samples too. All arrays are float32.

Mode "jit" dispatches one jitted step after another; "scan" runs a whole round inside one lax.scan.
"""
from functools import partial
from importlib.metadata import version

import equinox
import jax
import jax.numpy as jnp
import optax
import paramax
from flowjax.bijections import RationalQuadraticSpline
from flowjax.distributions import Normal
from flowjax.flows import coupling_flow, masked_autoregressive_flow

from contest import CHUNK, evaluated, read_rows, read_setup, serve


def build(setup):
    """The flow's learned arrays, and what is left of it."""
    make = coupling_flow if setup["structure"] == "coupling" else masked_autoregressive_flow
    flow = make(
        jax.random.key(0),
        base_dist=Normal(jnp.zeros(setup["columns"])),
        transformer=RationalQuadraticSpline(knots=setup["bins"] - 1, interval=setup["box"]),
        flow_layers=setup["layers"],
        nn_width=setup["hidden"][0],
        nn_depth=len(setup["hidden"]),
    )
    return equinox.partition(
        flow, equinox.is_inexact_array, is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable)
    )


def main():
    setup = read_setup({"flowjax": version("flowjax"), "JAX": jax.__version__})
    columns, batch = setup["columns"], setup["batch"]
    params, static = build(setup)
    x = jnp.asarray(read_rows(setup["rows"], columns))
    adam = optax.adam(setup["lr"])
    whole_round = setup["mode"] == "scan"

    def flow(p):
        return paramax.unwrap(equinox.combine(p, static))

    def update(state):
        p, moments, key = state
        key, own = jax.random.split(key)
        rows = x[jax.random.randint(own, (batch,), 0, x.shape[0])]
        loss, g = jax.value_and_grad(lambda p: -flow(p).log_prob(rows).mean())(p)
        updates, moments = adam.update(g, moments, p)
        return (equinox.apply_updates(p, updates), moments, key), loss

    step = jax.jit(update)

    @partial(jax.jit, static_argnums=1)
    def scan(state, n):
        state, losses = jax.lax.scan(lambda s, _: update(s), state, None, length=n)
        return state, losses[-1]

    state = (params, adam.init(params), jax.random.key(1))

    def train(n):
        nonlocal state
        if whole_round:
            state, loss = scan(state, n)
        else:
            for _ in range(n):
                state, loss = step(state)
        jax.block_until_ready(state)
        return float(loss)

    def warm(n):
        jax.block_until_ready(scan(state, n) if whole_round else step(state))

    log_density = jax.jit(lambda p, rows: flow(p).log_prob(rows))
    draw = jax.jit(lambda p, key, n: flow(p).sample(key, (n,)), static_argnums=2)

    def answer_score(path, turn):
        rows = jnp.asarray(read_rows(path, columns))
        chunks = [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)]
        return evaluated(
            lambda: jax.block_until_ready(jnp.concatenate([log_density(state[0], chunk) for chunk in chunks])),
            turn,
            lambda values: {"mean": float(values.mean())},
        )

    def answer_sample(count, seed, turn):
        keys = jax.random.split(jax.random.key(seed), -(-count // CHUNK))
        counts = [min(CHUNK, count - i * CHUNK) for i in range(len(keys))]
        return evaluated(
            lambda: jax.block_until_ready(jnp.concatenate([draw(state[0], k, n) for k, n in zip(keys, counts)])),
            turn,
            lambda rows: {"means": rows.mean(axis=0).tolist()},
        )

    serve(train, answer_score, answer_sample, warm)


main()
