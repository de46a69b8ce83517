"""The tutorial flow in JAX, driven as contest.py says.

Mode "jit" dispatches one jitted step after another; "scan" runs a whole round inside one lax.scan.
All arrays are float32, as in the library.
"""
from functools import partial

import jax
import jax.numpy as jnp

from contest import evaluated, read_rows, read_setup, serve

HALF_LN_2PI = 0.9189385332046727


def condition(layer, kept):
    h = kept
    for w, b in zip(layer["weights"][:-1], layer["biases"][:-1]):
        h = jnp.tanh(h @ w.T + b)
    return h @ layer["weights"][-1].T + layer["biases"][-1]


def log_prob(params, masks, x):
    logdet = jnp.zeros(x.shape[0], x.dtype)
    for layer, (kept, moved) in zip(params, masks):
        logdet += layer["raw"] * jnp.sum(x <= 0, axis=1)
        x = jnp.where(x > 0, x, x * jnp.exp(layer["raw"]))
        out = condition(layer, x[:, kept])
        m = len(moved)
        bound = jnp.exp(layer["f"])
        s = jnp.tanh(out[:, :m] / bound) * bound
        x = x.at[:, moved].set((x[:, moved] + out[:, m:]) * jnp.exp(s))
        logdet += jnp.sum(s, axis=1)
    return logdet - 0.5 * jnp.sum(x * x, axis=1) - x.shape[1] * HALF_LN_2PI


def inverse(params, masks, z):
    for layer, (kept, moved) in zip(reversed(params), reversed(masks)):
        out = condition(layer, z[:, kept])
        m = len(moved)
        bound = jnp.exp(layer["f"])
        s = jnp.tanh(out[:, :m] / bound) * bound
        z = z.at[:, moved].set(z[:, moved] * jnp.exp(-s) - out[:, m:])
        z = jnp.where(z > 0, z, z * jnp.exp(-layer["raw"]))
    return z


def read_parameters(layers):
    masks = [(jnp.array(l["kept"]), jnp.array(l["moved"])) for l in layers]
    params = [
        {
            "raw": jnp.float32(l["raw"]),
            "weights": [jnp.asarray(w, jnp.float32) for w in l["weights"]],
            "biases": [jnp.asarray(b, jnp.float32) for b in l["biases"]],
            "f": jnp.float32(l["f"]),
        }
        for l in layers
    ]
    return params, masks


def training(setup, params, masks):
    """The trainer of one mode, and what compiles it for a number of steps."""
    x = jnp.asarray(read_rows(setup["rows"], setup["columns"]))
    lr, wd = setup["lr"], setup["wd"]

    def update(state):
        p, m, v, t = state
        loss, g = jax.value_and_grad(lambda p: -jnp.mean(log_prob(p, masks, x)))(p)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        c1 = 1 / (1 - 0.9**t)
        c2 = 1 / (1 - 0.999**t)
        p = jax.tree.map(lambda p, m, v: p - lr * (m * c1 / (jnp.sqrt(v * c2) + 1e-8) + wd * p), p, m, v)
        return (p, m, v, t), loss

    step = jax.jit(update)

    @partial(jax.jit, static_argnums=1)
    def scan(state, n):
        state, losses = jax.lax.scan(lambda s, _: update(s), state, None, length=n)
        return state, losses[-1]

    zeros = jax.tree.map(jnp.zeros_like, params)
    state = (params, zeros, zeros, jnp.float32(0))
    whole_round = setup["mode"] == "scan"

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

    return train, warm


def main():
    setup = read_setup({"JAX": jax.__version__})
    columns = setup["columns"]
    params, masks = read_parameters(setup["layers"])
    train, warm = training(setup, params, masks)
    log_density = jax.jit(lambda p, x: log_prob(p, masks, x))

    @partial(jax.jit, static_argnums=2)
    def draw(p, key, n):
        return inverse(p, masks, jax.random.normal(key, (n, columns), jnp.float32))

    def answer_score(path, turn):
        rows = jnp.asarray(read_rows(path, columns))
        return evaluated(
            lambda: jax.block_until_ready(log_density(params, rows)),
            turn,
            lambda values: {"mean": float(values.mean())},
        )

    def answer_sample(count, seed, turn):
        key = jax.random.key(seed)
        return evaluated(
            lambda: jax.block_until_ready(draw(params, key, count)),
            turn,
            lambda rows: {"means": rows.mean(axis=0).tolist()},
        )

    serve(train, answer_score, answer_sample, warm)


main()
