"""`bowerbird evaluate FILE.csv`: its metrics, made again here from the lists that it wrote, by other code."""

import csv
import math
import random
import subprocess

import pytest

from conftest import BINARY

SEGMENTS = {"all": (0, 10**9), "new": (0, 5), "occasional": (5, 50), "heavy": (50, 10**9)}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """A town with two tastes, some people who do little and some who do much; some newest events are repeats."""
    folder = tmp_path_factory.mktemp("evaluate")
    chance = random.Random(5)
    rows, time = [], 1_000_000
    for user in range(150):
        for _ in range(chance.choice([2, 3, 8, 20, 70])):
            time += chance.randrange(60)
            item = min(int(chance.expovariate(0.04)), 119)
            rows.append((f"u{user}", f"i{item - item % 2 + user % 2}", time))
    chance.shuffle(rows)
    with open(folder / "events.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["USER_ID", "ITEM_ID", "TIMESTAMP"])
        writer.writerows(rows)
    out = {name: folder / name for name in ("lists.tsv", "report.tsv", "plot.svg")}
    command = [BINARY, "evaluate", folder / "events.csv", "--out", out["lists.tsv"]]
    command += ["--report", out["report.tsv"], "--plot", out["plot.svg"]]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lists = {}
    for line in out["lists.tsv"].read_text().splitlines():
        user, items = line.split("\t")
        lists[user] = items.split(" ") if items else []
    report = [line.split("\t") for line in out["report.tsv"].read_text().splitlines()[1:]]
    return rows, lists, report, printed, out["plot.svg"].read_text()


def cases(rows, lists):
    """(history, list, truth) of each user whose newest event is new to them, and the items of all histories."""
    sequences = {}
    for user, item, _ in sorted(rows, key=lambda row: row[2]):
        sequences.setdefault(user, []).append(item)
    catalogue = set()
    for items in sequences.values():
        catalogue.update(items[:-1] if len(items) > 1 else items)
    of = [(items[:-1], lists[user], items[-1]) for user, items in sequences.items() if len(items) > 1]
    return [case for case in of if case[2] not in case[0]], catalogue


def metrics(all_cases, segment, catalogue):
    users = {}
    for number, (history, _, _) in enumerate(all_cases):
        for item in history:
            users.setdefault(item, set()).add(number)
    count = lambda item: len(users.get(item, ()))
    rank = lambda case: case[1].index(case[2]) if case[2] in case[1] else 10**9
    popular = sorted(users, key=lambda item: (-count(item), item))[:10]
    n = len(all_cases)
    result = {}

    def mean(name, of):
        result[name] = sum(map(of, segment)) / len(segment)

    def over_list(name, of):
        mean(name, lambda case: sum(of(item, case) for item in case[1][:10]) / max(len(case[1][:10]), 1))

    for k in (5, 10, 25):
        mean(f"normalized_discounted_cumulative_gain_at_{k}", lambda c: 1 / math.log2(rank(c) + 2) if rank(c) < k else 0)
        mean(f"precision_at_{k}", lambda c: (rank(c) < k) / k)
        mean(f"recall_at_{k}", lambda c: float(rank(c) < k))
        mean(f"hit_rate_at_{k}", lambda c: float(rank(c) < k))
    mean("mean_reciprocal_rank_at_25", lambda c: 1 / (rank(c) + 1) if rank(c) < 25 else 0)
    over_list("novelty_at_10", lambda item, _: -math.log2((count(item) + 1) / (n + 1)))
    over_list("popularity_at_10", lambda item, _: count(item) / n)
    over_list("cold_item_share_at_10", lambda item, _: float(count(item) < 5))
    over_list("repeats_at_10", lambda item, case: float(item in case[0]))

    def diversity(case):
        items = case[1][:10]
        cosines = []
        for a in range(len(items)):
            for b in range(a):
                one, other = users.get(items[a], set()), users.get(items[b], set())
                cosines.append(len(one & other) / math.sqrt(len(one) * len(other)) if one and other else 0)
        return 1 - sum(cosines) / len(cosines) if cosines else 0

    mean("intra_list_diversity_at_10", diversity)
    mean("serendipity_at_10", lambda c: (rank(c) < 10 and c[2] not in popular) / 10)
    result["coverage"] = len({item for case in segment for item in case[1][:25]}) / len(catalogue)
    return result


def test_every_metric_is_the_same_to_a_billionth(evaluated):
    rows, lists, report, _, _ = evaluated
    all_cases, catalogue = cases(rows, lists)
    seen = set()
    for segment, metric, value, low, high, n_users in report:
        low_events, high_events = SEGMENTS[segment]
        chosen = [case for case in all_cases if low_events <= len(case[0]) < high_events]
        assert int(n_users) == len(chosen)
        assert float(low) <= float(value) <= float(high)
        expected = metrics(all_cases, chosen, catalogue)
        if metric in expected:
            assert float(value) == pytest.approx(expected[metric], abs=1e-9, rel=0), (segment, metric)
            seen.add(metric)
    assert len(seen) == 20 and {segment for segment, *_ in report} == set(SEGMENTS)


def test_the_table_and_the_plot_show_them(evaluated):
    _, _, report, printed, plot = evaluated
    value = next(float(line[2]) for line in report if line[:2] == ["all", "recall_at_10"])
    assert f"{value:.4f}" in next(line for line in printed.splitlines() if line.startswith("recall_at_10"))
    assert plot.startswith("<svg") and "recall_at_10" in plot
