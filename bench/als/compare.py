"""Implicit ALS of PyPI's `implicit` beside ours: how long until the factors predict equally well?

`python compare.py OURS SPLIT`: OURS is the built example `als`. One JSON object per line and side on standard output.

Both sides have the same number of dimensions. λ and α of each are those of the same grid that predict the validation
events best, after four sweeps and after eight. Then each learns train and validation events in two to sixteen sweeps.
What that is worth is the mean NDCG@10 over as many seeds as it takes for a standard error of 0.4 % of it: one fit of a
thousand users strays by 3 %, more than there is between the two sides. The goal is the best mean of the rival
on the test events, whatever its sweeps and settings. The row of a side is that with the fewest sweeps that comes within
1 % of the goal, or is better. The two rows are then timed in turns: median CPU seconds of the fits on one thread, and the
best wall time on two.

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

DIM, TUNING_SWEEPS = 64, [4, 8]
SWEEPS = [2, 3, 4, 5, 6, 8, 12, 16]
RIDGES, CONFIDENCES = [1.0, 3.0, 10.0, 30.0], [0.1, 0.3, 1.0]
# A mean is sure enough when its standard error is this share of it: two such means a hundredth apart are 1.8 errors apart.
SURE = 0.004
# Seeds at a time, at most where settings are chosen, and at most on test events: sixty are enough for a thousand users.
SEEDS, MOST_TUNING_SEEDS, MOST_SEEDS = 5, 10, 60
# Fits that are timed of each row.
TIMED = 7
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


def fit_rival(data, threads, sweeps, ridge, confidence, seeds, folder):
    """In a process of its own, so that its memory and CPU are its own. Its cells are what multiplies: 1 + α r in ours."""
    import implicit

    matrix = data.matrix.copy()
    matrix.data = 1.0 + confidence * matrix.data
    settings = {"factors": DIM, "regularization": ridge, "iterations": sweeps, "alpha": 1.0}
    for seed in seeds:
        model = implicit.als.AlternatingLeastSquares(**settings, use_cg=True, num_threads=threads, random_state=seed)
        before, start = seconds(), time.perf_counter()
        model.fit(matrix, show_progress=False)
        used, wall = seconds() - before, time.perf_counter() - start
        np.save(f"{folder}/{seed}.npy", np.asarray(model.item_factors))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        Path(f"{folder}/{seed}.txt").write_text(f"{used} {wall} {peak}")


def seconds():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


class Implicit:
    name = "implicit"

    def fits(self, split, on, data, threads, settings, seeds):
        with tempfile.TemporaryDirectory() as folder:
            process = get_context("spawn").Process(target=fit_rival, args=(data, threads, *settings, seeds, folder))
            process.start()
            process.join()
            for seed in seeds:
                used = [float(number) for number in Path(f"{folder}/{seed}.txt").read_text().split()]
                yield np.load(f"{folder}/{seed}.npy"), used


class Ours:
    name = "bowerbird"

    def __init__(self, program):
        self.program = program

    def fits(self, split, on, data, threads, settings, seeds):
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                yield self.fit(split, on, data, threads, [*settings, seed], f"{folder}/factors.tsv")

    def fit(self, split, on, data, threads, settings, out):
        command = [self.program, str(split), on, *map(str, [DIM, *settings]), out]
        environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
        run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        factors = np.zeros((len(data.items), DIM), np.float32)
        for line in Path(out).read_text().splitlines():
            item, numbers = line.split("\t")
            factors[data.items[item]] = [float(number) for number in numbers.split(" ")]
        return factors, [float(number) for number in run.stdout.split()]


def gain(side, split, on, data, sweeps, settings):
    """Mean NDCG@10 over seeds, its standard error, and how many there were."""
    found, most = [], MOST_TUNING_SEEDS if on == "valid" else MOST_SEEDS
    while len(found) < most:
        seeds = range(len(found) + 1, len(found) + 1 + SEEDS)
        fits = side.fits(split, on, data, 1, (sweeps, *settings), seeds)
        found += [data.ndcg(factors, *settings) for factors, _ in fits]
        error = statistics.stdev(found) / len(found) ** 0.5
        if error <= SURE * statistics.mean(found):
            break
    row = {"who": side.name, "ridge": settings[0], "confidence": settings[1], "sweeps": sweeps}
    row |= {"ndcg": statistics.mean(found), "error": error, "seeds": len(found)}
    print({"on": on, **row}, file=sys.stderr, flush=True)
    return row


def tune(side, split, data):
    """The best settings after few sweeps and after more."""
    grid = list(product(RIDGES, CONFIDENCES))
    rows = [[gain(side, split, "valid", data, sweeps, settings) for settings in grid] for sweeps in TUNING_SWEEPS]
    best = [max(of_sweeps, key=lambda row: row["ndcg"]) for of_sweeps in rows]
    return sorted({(row["ridge"], row["confidence"]) for row in best})


def equal(side, rows, goal):
    """With the fewest sweeps; of two settings the better one."""
    enough = [row for row in rows if row["ndcg"] >= EQUAL * goal]
    if not enough:
        sys.exit(f"{side.name} did not come within 1 % of {goal}")
    return min(enough, key=lambda row: (row["sweeps"], -row["ndcg"]))


def time_in_turns(split, data, rows):
    """One row after the other, again and again, so that both have the same machine."""
    used = {side: ([], []) for side in rows}
    for seed in range(1, TIMED + 1):
        for side, row in rows.items():
            settings = (row["sweeps"], row["ridge"], row["confidence"])
            for threads in (1, 2):
                fits = side.fits(split, "test", data, threads, settings, [seed])
                used[side][threads - 1].extend(use for _, use in fits)
    for side, row in rows.items():
        one, two = used[side]
        row["cpu"] = statistics.median(cpu for cpu, _, _ in one)
        row["peak"] = max(peak for _, _, peak in one)
        row["wall"] = min(wall for _, wall, _ in two)


def main():
    split = Path(sys.argv[2])
    sides = [Ours(sys.argv[1]), Implicit()]
    valid, test = Data(split, "valid"), Data(split, "test")
    found = {}
    for side in sides:
        best = tune(side, split, valid)
        found[side] = [gain(side, split, "test", test, sweeps, settings) for sweeps in SWEEPS for settings in best]
    goal = max(row["ndcg"] for row in found[sides[1]])
    rows = {side: equal(side, found[side], goal) for side in sides}
    time_in_turns(split, test, rows)
    for row in rows.values():
        print(json.dumps({**row, "goal": goal}))


if __name__ == "__main__":
    main()
