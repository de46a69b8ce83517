"""What the Python peers of bench:fit share: a fit within some seconds, the weights kept that make held-out rows likeliest."""
import json
import sys
import time

import numpy

# Steps that are handed out at once at most, where that is cheaper than one by one.
MOST_STEPS = 16


def serve_fit(warm, fit, score):
    """Answers until the input ends; the setup is that of contest.py, with {training, validation: paths, batch, seed}.

    {do: "warm"} -> {}; compiles what can be, which no clock is held to
    {do: "fit", seconds} -> {seconds, note}; what it took, and what came of it in words
    {do: "score", rows: path, out: path} -> {}; writes a log-density of float64 a row to `out`
    """
    for line in sys.stdin:
        question = json.loads(line)
        answer = {}
        if question["do"] == "warm":
            warm()
        elif question["do"] == "fit":
            started = time.perf_counter()
            note = fit(started + question["seconds"])
            answer = {"seconds": time.perf_counter() - started, "note": note}
        else:
            numpy.asarray(score(question["rows"]), numpy.float64).tofile(question["out"])
        print(json.dumps(answer), flush=True)


def pieces(rows, batch, seed, most):
    """Numbers of rows [steps, batch] for pieces of epochs, as many steps in each; an epoch ends with None.

    Rows are drawn without replacement; what an epoch has beyond whole pieces is left out of it.
    """
    random = numpy.random.default_rng(seed)
    steps = rows // batch
    count = -(-steps // most)
    length = steps // count
    while True:
        order = random.permutation(rows)[: count * length * batch].reshape(count, length, batch)
        yield from order
        yield None


def train_until(deadline, pieces, advance, validate, keep):
    """Trains until the deadline, a validation at the end included; returns what to say of it.

    advance(piece) takes steps, validate() is the mean -ln p of the held-out rows after each epoch and at the end, keep() is
    called where that is the best so far. Training goes on where it no longer gets better: the weights kept are the best.
    """
    best, best_steps, steps, validating, advancing = float("inf"), 0, 0, 0.0, 0.0
    while True:
        started = time.perf_counter()
        loss = validate()
        validating = time.perf_counter() - started
        if loss < best:
            best, best_steps = loss, steps
            keep()
        first = steps
        for piece in pieces:
            started = time.perf_counter()
            if piece is None or started + advancing + validating > deadline:
                break
            advance(piece)
            advancing = time.perf_counter() - started
            steps += len(piece)
        if steps == first:
            return f"{steps} steps, best after {best_steps}"
