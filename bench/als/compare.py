"""Implicit ALS of PyPI's `implicit` beside ours: same settings, same scorer, in turns.

`python compare.py OURS SPLIT`: OURS is the built example `als`. One JSON object per line and side on standard output.
Both sides give item factors; a user's vector is the exact solution for the user's items, so that only the factors
differ. NDCG@10 of the newest event, the full catalogue ranked, without what the user had before.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

DIM, SWEEPS, RIDGE, ROUNDS = 64, 8, 10.0, 3


def rows(path):
    for line in path.read_text().splitlines()[1:]:
        user, item = line.split("\t")[:2]
        yield user, item


def load(split):
    pairs = [*rows(split / "train.tsv"), *rows(split / "valid.tsv")]
    users = {user: at for at, user in enumerate(dict.fromkeys(user for user, _ in pairs))}
    items = {item: at for at, item in enumerate(sorted({item for _, item in pairs}))}
    at = ([users[user] for user, _ in pairs], [items[item] for _, item in pairs])
    return users, items, csr_matrix((np.ones(len(pairs), np.float32), at), shape=(len(users), len(items)))


def rival(split, out):
    """In a process of its own, so that its memory and CPU are its own. `implicit` multiplies confidences, 1 + α r in ours
    is what it calls the value of a cell."""
    import implicit

    users, items, matrix = load(split)
    matrix.data = 1.0 + matrix.data
    model = implicit.als.AlternatingLeastSquares(
        factors=DIM, regularization=RIDGE, iterations=SWEEPS, alpha=1.0, use_cg=True, num_threads=1, random_state=1
    )
    before = seconds()
    model.fit(matrix, show_progress=False)
    np.save(out, np.asarray(model.item_factors))
    Path(f"{out}.txt").write_text(f"{seconds() - before} {peak()}")


def seconds():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def ndcg(split, factors):
    users, items, matrix = load(split)
    factors = factors.astype(np.float64)
    gram = factors.T @ factors + RIDGE * np.eye(factors.shape[1])
    total = count = 0
    for user, item in rows(split / "test.tsv"):
        if user not in users:
            continue
        row = matrix[users[user]]
        seen = factors[row.indices]
        known = gram + (seen * row.data[:, None]).T @ seen
        scores = factors @ np.linalg.solve(known, ((1.0 + row.data)[:, None] * seen).sum(0))
        scores[row.indices] = -np.inf
        count += 1
        if item in items:
            place = int((scores > scores[items[item]]).sum())
            total += 1.0 / np.log2(place + 2) if place < 10 else 0.0
    return total / count


def main():
    ours, split = sys.argv[1], Path(sys.argv[2])
    runs = {"bowerbird": [], "implicit": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            out = f"{folder}/ours.tsv"
            command = [ours, str(split), str(DIM), str(SWEEPS), str(RIDGE), out]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            _, items, _ = load(split)
            factors = np.zeros((len(items), DIM))
            for line in Path(out).read_text().splitlines():
                item, numbers = line.split("\t")
                factors[items[item]] = [float(number) for number in numbers.split(" ")]
            runs["bowerbird"].append([*map(float, said.split()), factors])
            out = f"{folder}/rival.npy"
            process = get_context("spawn").Process(target=rival, args=(split, out))
            process.start()
            process.join()
            runs["implicit"].append([*map(float, Path(f"{out}.txt").read_text().split()), np.load(out)])
    for who, measured in runs.items():
        cpu = statistics.median(run[0] for run in measured)
        print(json.dumps({"who": who, "cpu": cpu, "peak": measured[-1][1], "ndcg": ndcg(split, measured[-1][2])}))


if __name__ == "__main__":
    main()
