"""What the Python peers share: a question a line on standard input, an answer a line on standard output, both JSON."""
import json
import sys
import time

import numpy

# Rows that the spline flows score or sample at once: as many in every piece of a million, so that nothing compiles twice.
CHUNK = 15_625


def read_setup(versions):
    """The first line: {rows: path, columns, lr, mode, threads, …}. With --version, says what is installed.

    Of the tutorial's flow {layers, wd}, of a spline flow {structure, layers, hidden, bins, box, batch}.
    """
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
    {do: "score", rows: path, turn} -> {seconds, mean}; of a run, mean log-density
    {do: "sample", count, seed, turn} -> {seconds, means}; of a run, means of the columns
    What takes `seconds` there runs once, and then time and again until `turn` seconds have passed.
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
            answer = score(question["rows"], question["turn"])
        else:
            answer = draw(question["count"], question["seed"], question["turn"])
        print(json.dumps(answer), flush=True)


def evaluated(work, turn, summary):
    """Seconds a run of `work` in a turn of as many, after one that does not count, and the summary of its result."""
    result = work()
    started = time.perf_counter()
    runs = 0
    while runs == 0 or time.perf_counter() - started < turn:
        result = None  # Its memory is the next one's.
        result = work()
        runs += 1
    return {"seconds": (time.perf_counter() - started) / runs, **summary(result)}
