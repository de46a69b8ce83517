"""scikit-learn's density estimators with bench:fit, in float64, chosen by the held-out rows.

Mode "gmm": full-covariance mixtures of 1 to 32 normals, from up to three starts each. Mode "kde": a Gaussian kernel on at
most 10 000 of the training rows, its bandwidth on a logarithmic grid that gets finer about the best. What cannot be
expected to end before the deadline is not begun.
"""
import time
import warnings

import numpy
import sklearn
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

from contest import read_rows, read_setup
from fit_contest import serve_fit

COMPONENTS = [1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32]
STARTS = 3
MOST_KDE_ROWS = 10_000
# Of standardised columns: from, to, how many; and how often the distance of neighbours is halved about the best.
BANDWIDTHS = (0.01, 1.0, 9)
HALVINGS = 4
# Of a density; sums over all rows to the last digit would take many times as long.
KDE_TOLERANCE = 1e-4


class Best:
    """The model that makes held-out rows likeliest, and how long the longest trial took."""

    def __init__(self, held, deadline):
        self.held, self.deadline = held, deadline
        self.model, self.setting, self.loss, self.longest, self.trials = None, None, float("inf"), 0.0, 0

    def has_time(self):
        return self.model is None or time.perf_counter() + self.longest < self.deadline

    def take(self, setting, fit):
        started = time.perf_counter()
        model = fit()
        loss = -model.score_samples(self.held).mean()
        if loss < self.loss:
            self.model, self.setting, self.loss = model, setting, loss
        self.longest = max(self.longest, time.perf_counter() - started)
        self.trials += 1


def fit_mixture(x, best, seed):
    for start in range(STARTS):
        for k in COMPONENTS:
            if k < len(x) and best.has_time():
                mixture = GaussianMixture(k, max_iter=500, random_state=seed + 1000 * start)
                best.take(k, lambda: mixture.fit(x))
    return f"{best.setting} components, {best.trials} fits"


def fit_kernel(x, best, seed):
    rows = numpy.random.default_rng(seed).permutation(len(x))[:MOST_KDE_ROWS]
    first, last, count = BANDWIDTHS
    grid = numpy.geomspace(first, last, count)
    ratio = grid[1] / grid[0]

    def attempt(bandwidth):
        if best.has_time():
            best.take(bandwidth, lambda: KernelDensity(bandwidth=bandwidth, rtol=KDE_TOLERANCE).fit(x[rows]))

    # From the middle outwards: where time is short, the ends are left out.
    for bandwidth in sorted(grid, key=lambda h: abs(numpy.log(h / grid[count // 2]))):
        attempt(bandwidth)
    for _ in range(HALVINGS):
        ratio **= 0.5
        centre = best.setting
        for bandwidth in (centre / ratio, centre * ratio):
            attempt(bandwidth)
    return f"bandwidth {best.setting:.3g} on {len(rows)} rows, {best.trials} tried"


def main():
    setup = read_setup({"scikit-learn": sklearn.__version__})
    warnings.simplefilter("ignore")
    columns, seed = setup["columns"], setup["seed"]
    x, held = (read_rows(setup[name], columns).astype(numpy.float64) for name in ("training", "validation"))
    search = {"gmm": fit_mixture, "kde": fit_kernel}[setup["mode"]]
    best = None

    def fit(deadline):
        nonlocal best
        best = Best(held, deadline)
        return search(x, best, seed)

    def score(path):
        return best.model.score_samples(read_rows(path, columns).astype(numpy.float64))

    serve_fit(lambda: None, fit, score)


main()
