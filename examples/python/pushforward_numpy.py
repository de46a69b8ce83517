"""Flows that pushforward has saved, in NumPy: log-densities, samples and the map itself, both ways.

    python pushforward_numpy.py runs/points/model.safetensors points.csv > scored.csv
    python pushforward_numpy.py runs/points/model.safetensors --sample 1000 > samples.csv

    import pushforward_numpy
    model = pushforward_numpy.load("runs/points/model.safetensors")
    model.log_prob(rows)                      # rows [n, columns], nats, in the data's own units
    model.sample(1000, seed=1)

It needs numpy and safetensors, reads the layers that the presets and the automatic choice of `train` are made of, ensembles
of them among these, and computes in float64. What a file holds is described in docs/formats.md. Rows are those of
`model.columns`: whole numbers, categories and dates of a table stand there as docs/columns.md has them.
"""

import argparse
import csv
import json
import math
import sys

import numpy as np
from safetensors import safe_open

# A value further out than this in standardised units has density 0.
BOUND = 1e6


# Nets: from x [rows, inputs] to [rows, outputs].

ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "silu": lambda a: a * sigmoid(a),
    "gelu": lambda a: a * normal_distribution(a),
}


def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


normal_distribution = np.vectorize(lambda a: 0.5 * math.erfc(-a / math.sqrt(2)), otypes=[float])


def softplus(a):
    return np.logaddexp(0, a)


def net(spec, tensors, x, context):
    """An MLP behind the waves of its columns. Of a masked one the weights that must not be are 0."""
    fourier = spec.get("fourier")
    inputs = [features(fourier, x), features(fourier, context) if waves_of_context(fourier) else context]
    # In a masked net the context comes first.
    h = np.concatenate(inputs[::-1] if spec["type"] == "maskedMLP" else inputs, 1)
    last = len(spec.get("hidden", [64, 64]))
    activation = ACTIVATIONS[spec.get("activation", "tanh")]
    for layer in range(last + 1):
        # Arrays of no numbers are not in the file: units that nothing is known to.
        weight, bias = tensors.get(f"{layer}.weight"), tensors.get(f"{layer}.bias")
        if weight is not None:
            h = h @ weight.T + bias
        else:
            h = np.tile(bias if bias is not None else np.zeros(0), (len(h), 1))
        if layer < last:
            h = activation(h)
    return h


def features(fourier, x):
    """Of each column itself, sin kωx and cos kωx for k = 1 … count, ω = 2π/period."""
    if fourier is None:
        return x
    options = fourier if isinstance(fourier, dict) else {"count": fourier}
    omega = 2 * np.pi / options.get("period", 10)
    waves = [x] if options.get("raw", True) else []
    for k in range(1, options["count"] + 1):
        waves += [np.sin(k * omega * x), np.cos(k * omega * x)]
    return np.stack(waves, 2).reshape(len(x), -1)


def waves_of_context(fourier):
    return isinstance(fourier, dict) and fourier.get("context", False)


# Transformers: x [rows, columns] by numbers θ [rows, numbers, columns] to z and ln|∂z/∂x|, and back.


def additive(spec, tensors, theta, x, inverse):
    t = theta[:, 0]
    return (x - t if inverse else x + t), np.zeros_like(x)


def affine(spec, tensors, theta, x, inverse):
    a, t = theta[:, 0], theta[:, 1]
    s = a / (1 + np.abs(a) / spec.get("clamp", 3))
    return (x * np.exp(-s) - t, -s) if inverse else ((x + t) * np.exp(s), s)


def soft_affine(spec, tensors, theta, x, inverse):
    """(x + t)·e^s, s = tanh(a·e^−f)·e^f."""
    a, t, f = theta[:, 0], theta[:, 1], tensors["f"][0]
    s = np.tanh(a * np.exp(-f)) * np.exp(f)
    return (x * np.exp(-s) - t, -s) if inverse else ((x + t) * np.exp(s), s)


def circular_shift(spec, tensors, theta, x, inverse):
    box = spec.get("box", np.pi)
    z = x - theta[:, 0] if inverse else x + theta[:, 0]
    return (z + box) % (2 * box) - box, np.zeros_like(x)


def rational_quadratic(spec, tensors, theta, x, inverse):
    """Monotone splines of Durkan et al. (2019) on [−box, box]; on the circle both ends are one knot."""
    circular = spec["type"] == "circularRationalQuadratic"
    bins, box = spec.get("bins", 8), spec.get("box", np.pi if circular else 5)
    least, least_slope = spec.get("minBinSize", 1e-3), spec.get("minDerivative", 1e-3)
    sizes = [2 * box * (least + (1 - bins * least) * softmax(theta[:, k * bins : (k + 1) * bins])) for k in (0, 1)]
    ends = [np.concatenate([-box + np.cumsum(size, 1)[:, :-1], np.full_like(size[:, :1], box)], 1) for size in sizes]
    slopes = least_slope + softplus(theta[:, 2 * bins :] + math.log(math.expm1(1 - least_slope)))
    one = np.ones_like(slopes[:, :1])
    slopes = np.concatenate([slopes, slopes[:, :1]], 1) if circular else np.concatenate([one, slopes, one], 1)

    given = np.clip(x, -box, box)
    bin_of = np.minimum((given[:, None] >= ends[1 if inverse else 0]).sum(1), bins - 1)[:, None]
    pick = lambda table, k: np.take_along_axis(table, k, 1)[:, 0]
    w, h = (pick(size, bin_of) for size in sizes)
    x0, y0 = (pick(end, bin_of) - size for end, size in zip(ends, (w, h)))
    d0, d1, s = pick(slopes, bin_of), pick(slopes, bin_of + 1), h / w
    if inverse:
        f = (given - y0) / h
        b = d0 - f * (d0 + d1 - 2 * s)
        a, c = s - b, -s * f
        xi = 2 * c / (-b - np.sqrt(np.maximum(b * b - 4 * a * c, 0)))
    else:
        xi = (given - x0) / w
    eta = 1 - xi
    denominator = s + (d0 + d1 - 2 * s) * xi * eta
    slope = s * s * (d1 * xi * xi + 2 * s * xi * eta + d0 * eta * eta) / denominator**2
    z = x0 + w * xi if inverse else y0 + h * (s * xi * xi + d0 * xi * eta) / denominator
    inside = np.full(x.shape, True) if circular else np.abs(x) <= box
    log_slope = np.where(inside, np.log(slope), 0)
    return np.where(inside, z, x), -log_slope if inverse else log_slope


def softmax(logits):
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


TRANSFORMERS = {
    "additive": (additive, lambda spec: 1),
    "affine": (affine, lambda spec: 2),
    "softAffine": (soft_affine, lambda spec: 2),
    "circularShift": (circular_shift, lambda spec: 1),
    "rationalQuadratic": (rational_quadratic, lambda spec: 3 * spec.get("bins", 8) - 1),
    "circularRationalQuadratic": (rational_quadratic, lambda spec: 3 * spec.get("bins", 8)),
}


def transform(spec, tensors, theta, x, inverse):
    """Columns, each by its numbers; returns them and the sum of ln|∂z/∂x| over them."""
    z, log_slope = TRANSFORMERS[spec["type"]][0](spec, tensors, theta, x, inverse)
    return z, log_slope.sum(1)


def numbers(spec):
    if spec["type"] not in TRANSFORMERS:
        raise ValueError(f"transformer {spec['type']} is not known here; known are {', '.join(TRANSFORMERS)}")
    return TRANSFORMERS[spec["type"]][1](spec)


# Layers: x [rows, dim] and context [rows, width] to z and ln|det ∂z/∂x|, and back.


def leaky_relu(spec, tensors, x, context, inverse):
    raw = -tensors["raw"] if inverse else tensors["raw"]
    below = x <= 0
    return np.where(below, x * np.exp(raw), x), (below * raw).sum(1)


def coupling(spec, tensors, x, context, inverse):
    """Coordinates where the mask is 1 are kept, and tell a net how to transform the others."""
    if spec["type"] == "affineCoupling":
        conditioner = {"type": "mlp", "hidden": spec["hidden"], "activation": spec["activation"]}
        return couple(spec["mask"], {"type": "softAffine"}, conditioner, tensors, x, context, inverse)
    conditioner = spec.get("conditioner", {"type": "mlp"})
    if "kept" not in spec:
        return couple(spec["mask"], spec["transformer"], conditioner, tensors, x, context, inverse)
    seen = [j for j, kept in enumerate(spec["mask"]) if kept]
    steps = [
        lambda x: couple(spec["mask"], spec["transformer"], conditioner, part(tensors, "coupling"), x, context, inverse),
        lambda x: columnwise(spec["kept"], part(tensors, "kept"), seen, x, inverse),
    ]
    total = np.zeros(len(x))
    for step in reversed(steps) if inverse else steps:
        x, log_det = step(x)
        total = total + log_det
    return x, total


def couple(mask, transformer, conditioner, tensors, x, context, inverse):
    seen, moved = ([j for j, kept in enumerate(mask) if kept == side] for side in (1, 0))
    theta = net(conditioner, part(tensors, "conditioner"), x[:, seen], context)
    theta = theta.reshape(len(x), numbers(transformer), len(moved))
    z = x.copy()
    z[:, moved], log_det = transform(transformer, tensors, theta, x[:, moved], inverse)
    return z, log_det


def columnwise(transformer, tensors, columns, x, inverse):
    """Columns by numbers that are the same for all rows."""
    theta = np.broadcast_to(tensors["theta"], (len(x), *tensors["theta"].shape))
    z = x.copy()
    z[:, columns], log_det = transform(transformer, tensors, theta, x[:, columns], inverse)
    return z, log_det


def elementwise(spec, tensors, x, context, inverse):
    if "conditioner" in spec:
        raise ValueError("elementwise layers with a conditioner are not read here")
    return columnwise(spec["transformer"], tensors, spec.get("columns", list(range(x.shape[1]))), x, inverse)


def autoregressive(spec, tensors, x, context, inverse):
    """Each coordinate by numbers of those before it in the order: at once, or from noise to data one after another."""
    if "adjacency" in spec or spec.get("order") == "random":
        raise ValueError("autoregressive layers by an adjacency or in a random order are not read here")
    dim = x.shape[1]
    order = spec.get("order", "given")
    order = list(range(dim)) if order == "given" else list(range(dim))[::-1] if order == "reversed" else order
    transformer = spec["transformer"]
    conditioner = spec.get("conditioner", {"type": "maskedMLP"})

    def theta_of(seen):
        theta = net(conditioner, part(tensors, "conditioner"), seen[:, order[:-1]], context)
        return theta.reshape(len(x), dim, numbers(transformer))

    if not inverse:
        theta = theta_of(x)[:, np.argsort(order)].transpose(0, 2, 1)
        return transform(transformer, tensors, theta, x, False)
    data, total = np.zeros_like(x), np.zeros(len(x))
    for k, j in enumerate(order):
        theta = theta_of(data)[:, k, :, None]
        data[:, [j]], log_det = transform(transformer, tensors, theta, x[:, [j]], True)
        total += log_det
    return data, total


def permutation(spec, tensors, x, context, inverse):
    if spec["type"] == "reverse":
        return x[:, ::-1], np.zeros(len(x))
    if "order" not in spec:
        raise ValueError("permutations by a seed are not read here")
    order = np.argsort(spec["order"]) if inverse else spec["order"]
    return x[:, order], np.zeros(len(x))


def lu_linear(spec, tensors, x, context, inverse):
    """z = L U x + b."""
    if "permutationSeed" in spec:
        raise ValueError("linear layers with a random order of columns are not read here")
    dim = x.shape[1]
    diagonal = softplus(tensors["raw"]) + 1e-3
    lower, upper = np.eye(dim), np.diag(diagonal)
    lower[np.tril_indices(dim, -1)] = tensors["lower"]
    upper[np.triu_indices(dim, 1)] = tensors["upper"]
    bias = tensors.get("bias", np.zeros(dim))
    log_det = np.full(len(x), np.log(diagonal).sum())
    if inverse:
        return np.linalg.solve(upper, np.linalg.solve(lower, (x - bias).T)).T, -log_det
    return x @ (lower @ upper).T + bias, log_det


def inverted(spec, tensors, x, context, inverse):
    return apply_layer(spec["layer"], tensors, x, context, not inverse)


LAYERS = {
    "leakyReLU": leaky_relu,
    "affineCoupling": coupling,
    "coupling": coupling,
    "elementwise": elementwise,
    "autoregressive": autoregressive,
    "permutation": permutation,
    "reverse": permutation,
    "luLinear": lu_linear,
    "invert": inverted,
}


def apply_layer(spec, tensors, x, context, inverse):
    if spec["type"] not in LAYERS:
        raise ValueError(f"layer {spec['type']} is not known here; known are {', '.join(LAYERS)}")
    return LAYERS[spec["type"]](spec, tensors, x, context, inverse)


def part(tensors, name):
    """Tensors under a name, without it."""
    return {key[len(name) + 1 :]: value for key, value in tensors.items() if key.startswith(f"{name}.")}


# Bases: ln p(z), and samples. Their numbers are in the file, and a net of the context is added to them where there is one.


def base_numbers(spec, tensors, context, shapes):
    own = {name: np.broadcast_to(tensors[name], (len(context), *shape)) for name, shape in shapes.items()}
    if "conditioner" not in spec:
        return own
    all_numbers = net(spec["conditioner"], part(tensors, "conditioner"), context, context[:, :0])
    at = 0
    for name, shape in shapes.items():
        count = math.prod(shape)
        own[name] = own[name] + all_numbers[:, at : at + count].reshape(-1, *shape)
        at += count
    return own


def triangle(factor, dim):
    """A of rows of its entries up to the diagonal, of which the logarithms are held: [..., dim, dim]."""
    a = np.zeros((*factor.shape[:-1], dim, dim))
    rows, columns = np.tril_indices(dim)
    a[..., rows, columns] = factor
    a[..., range(dim), range(dim)] = np.exp(a[..., range(dim), range(dim)])
    return a


def normal_density(z, mean, factor):
    """N(mean, Σ), AᵀA = Σ⁻¹."""
    dim = z.shape[1]
    a = triangle(factor, dim)
    y = np.einsum("nij,nj->ni", a, z - mean)
    log_det = np.log(np.einsum("nii->ni", a)).sum(1)
    return log_det - 0.5 * (y * y).sum(1) - 0.5 * dim * np.log(2 * np.pi)


log_gamma = np.vectorize(math.lgamma)


class Base:
    def __init__(self, spec, tensors, dim):
        shapes = {
            "standardNormal": {},
            "uniformBox": {"low": [dim], "high": [dim]},
            "diagonalNormal": {"mean": [dim], "logSd": [dim]},
            "studentT": {"location": [dim], "logScale": [dim], "rawDegrees": [dim]},
            "fullNormal": {"mean": [dim], "factor": [dim * (dim + 1) // 2]},
            "gaussianMixture": {
                "logits": [spec.get("components")],
                "means": [spec.get("components"), dim],
                "factors": [spec.get("components"), dim * (dim + 1) // 2],
            },
        }
        self.inner, self.wide = None, None
        if spec["type"] == "contaminated":
            inner = spec.get("base", {"type": "standardNormal"})
            self.inner = Base(inner, part(tensors, "base"), dim)
            self.wide = Base(spec.get("by", {"type": "studentT"}), part(tensors, "by"), dim)
            self.logits = tensors["logits"] - np.logaddexp(*tensors["logits"])
            shapes["contaminated"] = {}
        if spec["type"] not in shapes:
            raise ValueError(f"base {spec['type']} is not known here; known are {', '.join(shapes)}")
        self.type, self.dim = spec["type"], dim
        self.numbers = lambda context: base_numbers(spec, tensors, context, shapes[spec["type"]])

    def log_prob(self, z, context):
        if self.inner:
            own = [base.log_prob(z, context) for base in (self.inner, self.wide)]
            return np.logaddexp(self.logits[0] + own[0], self.logits[1] + own[1])
        n = self.numbers(context)
        if self.type == "standardNormal":
            return -0.5 * (z * z).sum(1) - 0.5 * self.dim * np.log(2 * np.pi)
        if self.type == "uniformBox":
            inside = ((z >= n["low"]) & (z <= n["high"])).all(1)
            return np.where(inside, -np.log(n["high"] - n["low"]).sum(1), -np.inf)
        if self.type == "diagonalNormal":
            y = (z - n["mean"]) * np.exp(-n["logSd"])
            return -0.5 * (y * y).sum(1) - n["logSd"].sum(1) - 0.5 * self.dim * np.log(2 * np.pi)
        if self.type == "studentT":
            nu = 0.5 + np.exp(n["rawDegrees"])
            t = (z - n["location"]) * np.exp(-n["logScale"])
            top = log_gamma((nu + 1) / 2) - log_gamma(nu / 2) - 0.5 * np.log(nu * np.pi) - n["logScale"]
            return (top - 0.5 * (nu + 1) * np.log1p(t * t / nu)).sum(1)
        if self.type == "fullNormal":
            return normal_density(z, n["mean"], n["factor"])
        weights = n["logits"] - log_sum_exp(n["logits"])[:, None]
        each = [normal_density(z, n["means"][:, k], n["factors"][:, k]) for k in range(weights.shape[1])]
        return log_sum_exp(weights + np.stack(each, 1))

    def sample(self, rng, context):
        if self.inner:
            wide = rng.random(len(context)) < np.exp(self.logits[1])
            return np.where(wide[:, None], self.wide.sample(rng, context), self.inner.sample(rng, context))
        n, rows = self.numbers(context), len(context)
        if self.type == "uniformBox":
            return n["low"] + rng.random((rows, self.dim)) * (n["high"] - n["low"])
        if self.type == "studentT":
            return n["location"] + np.exp(n["logScale"]) * rng.standard_t(0.5 + np.exp(n["rawDegrees"]))
        y = rng.standard_normal((rows, self.dim))
        if self.type == "standardNormal":
            return y
        if self.type == "diagonalNormal":
            return n["mean"] + np.exp(n["logSd"]) * y
        if self.type == "fullNormal":
            return n["mean"] + np.linalg.solve(triangle(n["factor"], self.dim), y[:, :, None])[:, :, 0]
        # The greatest of the logits and standard Gumbel numbers is a draw by their softmax.
        k = (n["logits"] + rng.gumbel(size=n["logits"].shape)).argmax(1)
        own = np.arange(rows)
        factors = triangle(n["factors"][own, k], self.dim)
        return n["means"][own, k] + np.linalg.solve(factors, y[:, :, None])[:, :, 0]


def log_sum_exp(a):
    top = a.max(1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        return np.log(np.exp(a - top).sum(1)) + top[:, 0]


# What rows pass before the layers: bounds, a line, a spline of each column, and a triangular matrix.


class Scaler:
    def __init__(self, tensors, dim):
        self.dim = dim
        self.mean, self.sd = tensors["mean"], tensors["sd"]
        self.supports = tensors.get("supports")
        self.bends = tensors.get("bends")
        self.knots = [tensors[f"knots.{j}"] for j in range(dim)] if self.bends is not None else None
        self.whitening_mean, self.whitening = tensors.get("whitening.mean"), tensors.get("whitening.matrix")
        if self.whitening is not None and self.whitening.ndim == 1:
            self.whitening = np.diag(self.whitening)

    def forward(self, x):
        s, log_det = self.unbounded(x)
        v = (s - self.mean[: self.dim]) / self.sd[: self.dim]
        log_det = log_det - np.log(self.sd[: self.dim]).sum()
        if self.knots is not None:
            mapped = [marginal(self.knots[j], self.bends[j], v[:, j]) for j in range(self.dim)]
            v = np.stack([z for z, _ in mapped], 1)
            log_det = log_det + sum(np.log(slope) for _, slope in mapped)
        if self.whitening is not None:
            v = (v - self.whitening_mean) @ self.whitening.T
            log_det = log_det + np.log(np.diag(self.whitening)).sum()
        return v, log_det

    def inverse(self, z):
        if self.whitening is not None:
            z = np.linalg.solve(self.whitening, z.T).T + self.whitening_mean
        if self.knots is not None:
            z = np.stack([unmarginal(self.knots[j], self.bends[j], z[:, j]) for j in range(self.dim)], 1)
        return self.bounded(z * self.sd[: self.dim] + self.mean[: self.dim])

    def context(self, given):
        return (given - self.mean[self.dim :]) / self.sd[self.dim :]

    def sides(self, j):
        has_low, low, has_high, high = self.supports[j]
        return (low if has_low else None), (high if has_high else None)

    def unbounded(self, x):
        """ln(x − low), −ln(high − x) or their sum, and the sum of the logarithms of the slopes."""
        if self.supports is None:
            return x, np.zeros(len(x))
        s, log_det = x.copy(), np.zeros(len(x))
        with np.errstate(invalid="ignore", divide="ignore"):
            for j in range(self.dim):
                low, high = self.sides(j)
                below = np.log(x[:, j] - low) if low is not None else 0
                above = np.log(high - x[:, j]) if high is not None else 0
                if low is None and high is None:
                    continue
                s[:, j] = below - above
                log_det += -below - above + (np.log(high - low) if low is not None and high is not None else 0)
        return s, log_det

    def bounded(self, s):
        if self.supports is None:
            return s
        x = s.copy()
        for j in range(self.dim):
            low, high = self.sides(j)
            if low is not None and high is not None:
                x[:, j] = low + (high - low) * sigmoid(s[:, j])
            elif low is not None:
                x[:, j] = low + np.exp(s[:, j])
            elif high is not None:
                x[:, j] = high - np.exp(-s[:, j])
        return x


def marginal(knots, bends, v):
    """z = g(v) and g′: a rational-quadratic spline, and beyond it lines, or logarithms of some bend."""
    at, values, slopes = knots
    last = len(at) - 1
    k = np.clip(np.searchsorted(at, v, "right") - 1, 0, max(last - 1, 0))
    z, slope = np.empty_like(v), np.empty_like(v)
    if last > 0:
        w, h = at[k + 1] - at[k], values[k + 1] - values[k]
        s = h / w
        d0, d1, xi = slopes[k] / s, slopes[k + 1] / s, (v - at[k]) / w
        eta = 1 - xi
        d = 1 + (d0 + d1 - 2) * xi * eta
        z = values[k] + h * (xi * xi + d0 * xi * eta) / d
        slope = s * (d1 * xi * xi + 2 * xi * eta + d0 * eta * eta) / d**2
    for end, sign, c, beyond in ((0, -1, bends[0], v <= at[0]), (last, 1, bends[1], (v >= at[last]) & (v > at[0]))):
        t = slopes[end] * sign * (v[beyond] - at[end])
        z[beyond] = values[end] + sign * (t if c == 0 else np.log1p(c * t) / c)
        slope[beyond] = slopes[end] / (1 + c * t)
    return z, slope


def unmarginal(knots, bends, z):
    at, values, slopes = knots
    last = len(at) - 1
    k = np.clip(np.searchsorted(values, z, "right") - 1, 0, max(last - 1, 0))
    v = np.empty_like(z)
    if last > 0:
        w, h = at[k + 1] - at[k], values[k + 1] - values[k]
        s = h / w
        d0, d1, y = slopes[k] / s, slopes[k + 1] / s, (z - values[k]) / h
        curl = y * (d0 + d1 - 2)
        a, b = 1 - d0 + curl, d0 - curl
        v = at[k] + w * 2 * y / (b + np.sqrt(np.maximum(b * b + 4 * a * y, 0)))
    for end, sign, c, beyond in ((0, -1, bends[0], z <= values[0]), (last, 1, bends[1], (z >= values[last]) & (z > values[0]))):
        far = sign * (z[beyond] - values[end])
        t = far if c == 0 else np.expm1(np.minimum(c * far, 690)) / c
        v[beyond] = at[end] + sign * t / slopes[end]
    return v


class Flow:
    """z = f(x), from data to noise, with ln p(x) = ln p(z) + ln|det ∂z/∂x|."""

    def __init__(self, metadata, tensors):
        spec = json.loads(metadata["flow"])
        self.dim, self.context_dim, self.layers = spec["dim"], spec["contextDim"], spec["layers"]
        names = metadata.get("columns")
        width = self.dim + self.context_dim
        self.columns = json.loads(names) if names else [f"x{j + 1}" for j in range(width)]
        self.scaler = Scaler(part(tensors, "scaler"), self.dim)
        self.tensors = [part(tensors, f"layers.{i}") for i in range(len(self.layers))]
        self.base = Base(spec["base"], part(tensors, "base"), self.dim)
        self.embedding = spec.get("embedding")
        self.embedding_tensors = part(tensors, "embedding")

    def seen(self, context, rows):
        """The context as layers see it: scaled, repeated, and behind the embedding."""
        if self.context_dim == 0:
            return np.zeros((rows, 0))
        if context is None:
            raise ValueError(f"this flow is conditioned on {', '.join(self.columns[self.dim:])}: give a context")
        given = np.broadcast_to(np.asarray(context, float), (rows, self.context_dim))
        scaled = self.scaler.context(given)
        if self.embedding is None:
            return scaled
        return net({"type": "mlp", **self.embedding}, self.embedding_tensors, scaled, scaled[:, :0])

    def forward(self, x, context=None):
        """Rows to noise, and ln|det ∂z/∂x|."""
        x = np.asarray(x, float)
        seen = self.seen(context, len(x))
        z, total = self.scaler.forward(x)
        for spec, tensors in zip(self.layers, self.tensors):
            z, log_det = apply_layer(spec, tensors, z, seen, False)
            total = total + log_det
        return z, total

    def inverse(self, z, context=None):
        """Noise to rows."""
        x = np.asarray(z, float)
        seen = self.seen(context, len(x))
        for spec, tensors in reversed(list(zip(self.layers, self.tensors))):
            x, _ = apply_layer(spec, tensors, x, seen, True)
        return self.scaler.inverse(x)

    def log_prob(self, x, context=None):
        """ln p of rows [n, dim], nats, in the data's own units."""
        x = np.asarray(x, float)
        seen = self.seen(context, len(x))
        v, _ = self.scaler.forward(x)
        outside = ~(np.abs(v) <= BOUND).all(1)
        z, log_det = self.forward(np.where(outside[:, None], self.scaler.inverse(np.zeros((1, self.dim))), x), context)
        return np.where(outside, -np.inf, self.base.log_prob(z, seen) + log_det)

    def sample(self, rows, seed=None, context=None):
        """Rows by NumPy's own random numbers: others than pushforward's, of the same distribution."""
        seen = self.seen(context, rows)
        return self.inverse(self.base.sample(np.random.default_rng(seed), seen), context)


class Ensemble:
    """Flows in equal shares: p = (p₁ + … + p_k)/k."""

    def __init__(self, members):
        self.members = members
        first = members[0]
        self.dim, self.context_dim, self.columns = first.dim, first.context_dim, first.columns

    def log_prob(self, x, context=None):
        each = np.stack([member.log_prob(x, context) for member in self.members], 1)
        return log_sum_exp(each) - np.log(len(self.members))

    def sample(self, rows, seed=None, context=None):
        rng = np.random.default_rng(seed)
        chosen = rng.integers(len(self.members), size=rows)
        out = np.empty((rows, self.dim))
        for m, member in enumerate(self.members):
            own = chosen == m
            given = None if context is None else np.broadcast_to(context, (rows, self.context_dim))[own]
            out[own] = member.sample(int(own.sum()), rng, given)
        return out


def load(path):
    """The flow or ensemble of a model file."""
    with safe_open(path, "np") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name).astype(float) for name in file.keys()}
    if metadata.get("format") != "pushforward" or int(metadata["formatVersion"]) > 5:
        raise ValueError(f"{path} is no model of pushforward that is known here, of format version 1 to 5")
    if "members" not in metadata:
        return Flow(metadata, tensors)
    members = range(int(metadata["members"]))
    return Ensemble([Flow(part(metadata, f"member.{m}"), part(tensors, f"member.{m}")) for m in members])


def main():
    parser = argparse.ArgumentParser(description="Scores the rows of a CSV file by a saved flow, or draws rows.")
    parser.add_argument("model")
    parser.add_argument("data", nargs="?", help="a CSV file with the model's columns by their names")
    parser.add_argument("--sample", type=int, metavar="N")
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    model = load(options.model)
    out = csv.writer(sys.stdout, lineterminator="\n")
    if options.sample is not None:
        out.writerow(model.columns[: model.dim])
        out.writerows(model.sample(options.sample, options.seed).tolist())
        return
    if options.data is None:
        parser.error("give a CSV file to score, or --sample N")
    with open(options.data, newline="", encoding="utf-8") as file:
        header, *lines = list(csv.reader(file))
    places = [header.index(name) for name in model.columns]
    rows = np.array([[float(line[place]) for place in places] for line in lines]).reshape(-1, len(places))
    densities = model.log_prob(rows[:, : model.dim], rows[:, model.dim :] if model.context_dim else None)
    out.writerow([*header, "log_prob"])
    out.writerows([*line, value] for line, value in zip(lines, densities.tolist()))


if __name__ == "__main__":
    main()
