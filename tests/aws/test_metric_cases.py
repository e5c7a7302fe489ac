"""Metrics of solution versions, computed here without our code, for cases that chance made. The unit tests of the recipes
compare theirs with the same file to 1e-9. `python tests/aws/test_metric_cases.py` writes it."""

import json
import math
import pathlib
import random

FILE = pathlib.Path(__file__).resolve().parents[2] / "recipes/tests/metrics.json"
ITEMS = 60


def gain(rank):
    return 1 / math.log2(1 + rank)


def ndcg(ranking, gains, k):
    """`gains`: item → gain of all that is relevant."""
    found = sum(gains[item] * gain(rank) for rank, item in enumerate(ranking[:k], 1) if item in gains)
    ideal = sum(size * gain(rank) for rank, size in enumerate(sorted(gains.values(), reverse=True)[:k], 1))
    return found / ideal if ideal else 0.0


def user(chance):
    """A list, the events that came, and what the metrics of it are."""
    ranking = chance.sample(range(ITEMS), 25)
    events = [[chance.randrange(ITEMS), chance.choice([0.25, 0.5, 1.5, 1.75])] for _ in range(chance.randrange(1, 9))]
    if chance.random() < 0.7:
        events.append([ranking[chance.randrange(25)], 1.5])
    values = [chance.choice([None, -2.0, 0.0, chance.uniform(0, 50)]) for _ in range(ITEMS)]
    truth = {}
    for item, weight in events:
        truth[item] = max(weight, truth.get(item, 0.0))
    worth = {item: max(values[item] or 0.0, 0.0) for item in truth}
    hits = [rank for rank, item in enumerate(ranking, 1) if item in truth]
    whole = sum(worth.values())
    return {
        "list": ranking,
        "events": events,
        "values": values,
        "reciprocal_rank": 1 / hits[0] if hits else 0.0,
        "ndcg": {str(k): ndcg(ranking, dict.fromkeys(truth, 1.0), k) for k in (5, 10, 25)},
        "precision": {str(k): sum(rank <= k for rank in hits) / k for k in (5, 10, 25)},
        "weighted_ndcg": ndcg(ranking, truth, 25),
        "reward": sum(worth[item] for item in ranking if item in worth) / whole if whole else None,
    }


def trend(chance):
    """Events of each item in two intervals, a list, and how much of what rose is in it."""
    before = [chance.randrange(12) for _ in range(ITEMS)]
    now = [max(0, count + chance.choice([-4, -1, 0, 0, 1, 9])) for count in before]
    if chance.random() < 0.2:
        now = before
    ranking = chance.sample(range(ITEMS), 25)
    rise = [max(0, later - earlier) for earlier, later in zip(before, now)]
    most = sum(sorted(rise, reverse=True)[:25])
    accuracy = sum(rise[item] for item in ranking) / most if most else 0.0
    return {"before": before, "now": now, "list": ranking, "accuracy": accuracy}


def cases():
    chance = random.Random(11)
    return {"users": [user(chance) for _ in range(40)], "trends": [trend(chance) for _ in range(20)]}


def test_the_cases_that_the_recipes_are_held_to_are_those_of_this_program():
    assert json.loads(FILE.read_text()) == json.loads(json.dumps(cases()))


if __name__ == "__main__":
    FILE.write_text(json.dumps(cases(), separators=(",", ":")) + "\n")
