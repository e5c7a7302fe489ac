"""Implicit ALS of PyPI's `implicit` beside ours: how long until the factors predict equally well?

`python compare.py OURS SPLIT`: OURS is the built example `als`. One JSON object per line and side on standard output.

Both sides have the same number of dimensions. λ and α of each are those of a grid that predict the validation events
best, after four sweeps and after eight. Then each learns train and validation events in two to eight sweeps, from five
seeds each. The goal is the rival's mean NDCG@10 on the test events from four sweeps on, with the better of its settings:
from there on only chance changes it. The row of a side is its cheapest that comes within 1 % of the goal, or is better:
median CPU seconds of the fits on one thread, and the best of five wall times on two.

A user's vector is the exact solution for the user's items on both sides, so that only the item factors differ. The full
catalogue is ranked, without what the user had before.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

DIM, SEEDS, TUNING_SWEEPS = 64, range(1, 6), [4, 8]
SWEEPS = [2, 3, 4, 5, 6, 8]
RIDGES, CONFIDENCES = [1.0, 3.0, 10.0], [0.3, 1.0]
# Sweeps from which on only chance changes what the rival predicts.
SETTLED = 4
# Users whose scores are computed together.
BATCH = 256
# What is worth 99 % of the goal is equally good.
EQUAL = 0.99


def rows(path):
    for line in path.read_text().splitlines()[1:]:
        user, item = line.split("\t")[:2]
        yield user, item


class Data:
    """What is older than the events of `on`, and those events."""

    def __init__(self, split, on):
        pairs = [*rows(split / "train.tsv"), *(rows(split / "valid.tsv") if on == "test" else [])]
        users = {user: at for at, user in enumerate(dict.fromkeys(user for user, _ in pairs))}
        self.items = {item: at for at, item in enumerate(sorted({item for _, item in pairs}))}
        at = ([users[user] for user, _ in pairs], [self.items[item] for _, item in pairs])
        shape = (len(users), len(self.items))
        self.matrix = csr_matrix((np.ones(len(pairs), np.float32), at), shape=shape)
        newest = [row for row in rows(split / f"{on}.tsv") if row[0] in users]
        self.newest = [(users[user], self.items.get(item)) for user, item in newest]

    def ndcg(self, factors, ridge, confidence):
        gram = factors.T @ factors + ridge * np.eye(factors.shape[1], dtype=np.float32)
        return sum(
            self.gains(factors, gram, confidence, self.newest[first : first + BATCH])
            for first in range(0, len(self.newest), BATCH)
        ) / len(self.newest)

    def gains(self, factors, gram, confidence, newest):
        rows = [slice(*self.matrix.indptr[user : user + 2]) for user, _ in newest]
        seen = [self.matrix.indices[row] for row in rows]
        strengths = [confidence * self.matrix.data[row] for row in rows]
        both = [(factors[seen], strength) for seen, strength in zip(seen, strengths)]
        left = np.stack([gram + (known * strength[:, None]).T @ known for known, strength in both])
        right = np.stack([(1.0 + strength) @ known for known, strength in both])
        all_scores = np.linalg.solve(left, right[:, :, None])[:, :, 0] @ factors.T
        total = 0.0
        for scores, seen, (_, item) in zip(all_scores, seen, newest):
            scores[seen] = -np.inf
            place = int((scores > scores[item]).sum()) if item is not None else 10
            total += 1.0 / np.log2(place + 2) if place < 10 else 0.0
        return total


def fit_rival(data, threads, sweeps, ridge, confidence, seed, out):
    """In a process of its own, so that its memory and CPU are its own. Its cells are what multiplies: 1 + α r in ours."""
    import implicit

    matrix = data.matrix.copy()
    matrix.data = 1.0 + confidence * matrix.data
    settings = {"factors": DIM, "regularization": ridge, "iterations": sweeps, "alpha": 1.0}
    model = implicit.als.AlternatingLeastSquares(**settings, use_cg=True, num_threads=threads, random_state=seed)
    before, start = seconds(), time.perf_counter()
    model.fit(matrix, show_progress=False)
    used, wall = seconds() - before, time.perf_counter() - start
    np.save(out, np.asarray(model.item_factors))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    Path(f"{out}.txt").write_text(f"{used} {wall} {peak}")


def seconds():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


class Implicit:
    name = "implicit"

    def fit(self, split, on, data, threads, *settings):
        with tempfile.TemporaryDirectory() as folder:
            out = f"{folder}/factors.npy"
            process = get_context("spawn").Process(target=fit_rival, args=(data, threads, *settings, out))
            process.start()
            process.join()
            return np.load(out), [float(number) for number in Path(f"{out}.txt").read_text().split()]


class Ours:
    name = "bowerbird"

    def __init__(self, program):
        self.program = program

    def fit(self, split, on, data, threads, sweeps, ridge, confidence, seed):
        with tempfile.TemporaryDirectory() as folder:
            out = f"{folder}/factors.tsv"
            numbers = [DIM, sweeps, ridge, confidence, seed]
            command = [self.program, str(split), on, *map(str, numbers), out]
            environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
            run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            factors = np.zeros((len(data.items), DIM), np.float32)
            for line in Path(out).read_text().splitlines():
                item, numbers = line.split("\t")
                factors[data.items[item]] = [float(number) for number in numbers.split(" ")]
            return factors, [float(number) for number in run.stdout.split()]


def tune(side, split, sweeps):
    data = Data(split, "valid")

    def gain(settings):
        factors, _ = side.fit(split, "valid", data, 1, sweeps, *settings, 1)
        return data.ndcg(factors, *settings)

    return max(product(RIDGES, CONFIDENCES), key=gain)


def measure(side, split, data, settings, sweeps):
    fits = [side.fit(split, "test", data, 1, sweeps, *settings, seed) for seed in SEEDS]
    row = {
        "who": side.name,
        "ridge": settings[0],
        "confidence": settings[1],
        "sweeps": sweeps,
        "cpu": statistics.median(used[0] for _, used in fits),
        "peak": max(used[2] for _, used in fits),
        "ndcg": statistics.mean(data.ndcg(factors, *settings) for factors, _ in fits),
    }
    print(row, file=sys.stderr)
    return row


def plateau(rows, settings):
    late = [row for row in rows if (row["ridge"], row["confidence"]) == settings and row["sweeps"] >= SETTLED]
    return statistics.mean(row["ndcg"] for row in late)


def main():
    split = Path(sys.argv[2])
    data = Data(split, "test")
    sides = [Ours(sys.argv[1]), Implicit()]
    best = {side: sorted({tune(side, split, sweeps) for sweeps in TUNING_SWEEPS}) for side in sides}
    found = {side: [] for side in sides}
    for sweeps in SWEEPS:
        for side in sides:
            found[side] += [measure(side, split, data, settings, sweeps) for settings in best[side]]
    goal = max(plateau(found[sides[1]], settings) for settings in best[sides[1]])
    for side in sides:
        equal = [row for row in found[side] if row["ndcg"] >= EQUAL * goal]
        if not equal:
            sys.exit(f"{side.name} did not come within 1 % of {goal}")
        row = min(equal, key=lambda row: row["cpu"])
        numbers = [row["sweeps"], row["ridge"], row["confidence"]]
        walls = [side.fit(split, "test", data, 2, *numbers, seed)[1][1] for seed in SEEDS]
        print(json.dumps({**row, "wall": min(walls), "goal": goal}))


if __name__ == "__main__":
    main()
