"""What the Python peers share: a question a line on standard input, an answer a line on standard output, both JSON."""
import json
import sys
import time

import numpy


def read_setup(versions):
    """The first line: {rows: path, columns, layers, lr, wd, mode, threads}. With --version, says what is installed."""
    if "--version" in sys.argv:
        print(json.dumps(versions))
        sys.exit()
    return json.loads(sys.stdin.readline())


def read_rows(path, columns):
    """Rows [rows, columns] of a file of float32, row-major."""
    return numpy.fromfile(path, numpy.float32).reshape(-1, columns)


def timed(work):
    """Seconds and result; `work` returns when its result is there."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def serve(train, score, draw, warm=lambda steps: None):
    """Answers until the input ends.

    {do: "warm", steps} -> {}; compiles what the next training needs
    {do: "train", steps} -> {seconds, loss}; loss of the last step, before its update
    {do: "score", rows: path} -> {seconds, mean}; the second of two runs, mean log-density
    {do: "sample", count, seed} -> {seconds, means}; the second of two runs, means of the columns
    """
    for line in sys.stdin:
        question = json.loads(line)
        do = question["do"]
        if do == "warm":
            warm(question["steps"])
            answer = {}
        elif do == "train":
            seconds, loss = timed(lambda: train(question["steps"]))
            answer = {"seconds": seconds, "loss": loss}
        elif do == "score":
            answer = score(question["rows"])
        else:
            answer = draw(question["count"], question["seed"])
        print(json.dumps(answer), flush=True)


def evaluated(work, summary):
    """Runs `work` twice, times the second run, and adds its summary to the answer."""
    work()
    seconds, result = timed(work)
    return {"seconds": seconds, **summary(result)}
