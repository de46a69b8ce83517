"""The tutorial flow in JAX, driven over standard input so that rounds can alternate with another contestant.

First line: JSON {rows: [[...]], layers: [{raw, weights: [[out][in] ...], biases, f, kept, moved}], lr, wd, mode}.
mode "jit" dispatches one jitted step after another; "scan" runs a whole round inside one lax.scan.
Then per line: {"steps": n} -> {"seconds": s, "loss": loss of the last step before its update}.
           or: {"score": n} / {"sample": n, "seed": s} -> {"seconds": s, "mean": mean of the result}.
All arrays are float32, as in the library.
"""
import json
import sys
import time
from functools import partial

import jax
import jax.numpy as jnp

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


def main():
    setup = json.loads(sys.stdin.readline())
    x = jnp.asarray(setup["rows"], jnp.float32)
    masks = [(tuple(l["kept"]), tuple(l["moved"])) for l in setup["layers"]]
    masks = [(jnp.array(k), jnp.array(m)) for k, m in masks]
    params = [
        {
            "raw": jnp.float32(l["raw"]),
            "weights": [jnp.asarray(w, jnp.float32) for w in l["weights"]],
            "biases": [jnp.asarray(b, jnp.float32) for b in l["biases"]],
            "f": jnp.float32(l["f"]),
        }
        for l in setup["layers"]
    ]
    lr, wd = setup["lr"], setup["wd"]

    def loss_of(p):
        return -jnp.mean(log_prob(p, masks, x))

    def update(state):
        p, m, v, t = state
        loss, g = jax.value_and_grad(loss_of)(p)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        c1 = 1 / (1 - 0.9**t)
        c2 = 1 / (1 - 0.999**t)
        p = jax.tree.map(lambda p, m, v: p - lr * (m * c1 / (jnp.sqrt(v * c2) + 1e-8) + wd * p), p, m, v)
        return (p, m, v, t), loss

    zeros = jax.tree.map(jnp.zeros_like, params)
    state = (params, zeros, zeros, jnp.float32(0))
    step = jax.jit(update)

    @partial(jax.jit, static_argnums=1)
    def scan(state, n):
        return jax.lax.scan(lambda s, _: update(s), state, None, length=n)

    score = jax.jit(lambda p, rows: log_prob(p, masks, rows))

    @partial(jax.jit, static_argnums=2)
    def draw(p, key, n):
        return inverse(p, masks, jax.random.normal(key, (n, x.shape[1]), jnp.float32))

    for line in sys.stdin:
        ask = json.loads(line)
        if "warm" in ask:
            if "steps" in ask["warm"]:
                n = ask["warm"]["steps"]
                jax.block_until_ready(step(state)[1] if setup["mode"] == "jit" else scan(state, n)[1])
            print(json.dumps({}), flush=True)
        elif "steps" in ask:
            n = ask["steps"]
            started = time.perf_counter()
            if setup["mode"] == "jit":
                for _ in range(n):
                    state, loss = step(state)
            else:
                state, losses = scan(state, n)
                loss = losses[-1]
            loss = float(jax.block_until_ready(loss))
            print(json.dumps({"seconds": time.perf_counter() - started, "loss": loss}), flush=True)
        elif "score" in ask:
            rows = jax.random.normal(jax.random.key(0), (ask["score"], x.shape[1]), jnp.float32)
            jax.block_until_ready(score(params, rows))
            started = time.perf_counter()
            out = jax.block_until_ready(score(params, rows))
            print(json.dumps({"seconds": time.perf_counter() - started, "mean": float(out.mean())}), flush=True)
        elif "sample" in ask:
            key = jax.random.key(ask.get("seed", 0))
            jax.block_until_ready(draw(params, key, ask["sample"]))
            started = time.perf_counter()
            out = jax.block_until_ready(draw(params, key, ask["sample"]))
            print(json.dumps({"seconds": time.perf_counter() - started, "mean": float(out.mean())}), flush=True)


main()
