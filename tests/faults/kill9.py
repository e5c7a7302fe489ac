#!/usr/bin/env python3
"""Kills the server in the middle of a load of events, again and again: what it acknowledged must be there, once.

    python3 tests/faults/kill9.py [--binary target/release/bowerbird] [--rounds 20]
"""

import argparse
import collections
import http.client
import json
import random
import sys
import tempfile
import threading
import time

import bowerbird
from bowerbird import AWS, OWN, Server, put_events

THREADS = 6


class Load:
    """Threads that send events with unique ids through both doors until the server dies."""

    def __init__(self, server, tracking_id, round_number, ledger):
        self.server, self.tracking_id, self.round, self.ledger = server, tracking_id, round_number, ledger
        self.acknowledged = []
        self.unexpected = []
        self.threads = [threading.Thread(target=self.send, args=(n,)) for n in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def send(self, n):
        door = OWN if n % 2 else AWS
        connection = self.server.connect()
        serial = 0
        try:
            while True:
                ids = [f"r{self.round}-t{n}-{serial + i}" for i in range(door[1])]
                serial += len(ids)
                # Now and then an old event comes again, as from a sender that never saw its answer.
                repeats = random.sample(self.ledger, min(2, len(self.ledger)))
                ids[:len(repeats)] = repeats
                status, _, body = put_events(connection, door, self.tracking_id, ids)
                if status != 200:
                    self.unexpected.append((status, body))
                    return
                # Only an answer that arrived whole is an acknowledgement.
                self.acknowledged.extend(ids[len(repeats):])
        except (OSError, http.client.HTTPException):
            return  # the server is dead
        finally:
            connection.close()

    def wait(self):
        for thread in self.threads:
            thread.join()
        assert not self.unexpected, f"refused: {self.unexpected[:3]}"


def check(server, tracking_id, ledger):
    """Every acknowledged id is there, and nothing is there twice."""
    stored = collections.Counter(server.events(tracking_id))
    lost = [event_id for event_id in ledger if event_id not in stored]
    twice = [event_id for event_id, n in stored.items() if n > 1]
    assert not lost, f"{len(lost)} of {len(ledger)} acknowledged events are lost: {lost[:5]}"
    assert not twice, f"{len(twice)} events are there twice: {twice[:5]}"
    return len(stored)


def send_again(server, tracking_id, ledger):
    """Every acknowledged event once more: all must be known already."""
    connection = server.connect()
    for start in range(0, len(ledger), 500):
        ids = ledger[start:start + 500]
        status, _, body = put_events(connection, OWN, tracking_id, ids)
        report = json.loads(body)
        assert (status, report["accepted"], report["duplicate"]) == (200, 0, len(ids)), (status, report)
    connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    bowerbird.binary_argument(parser)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=17, help="chooses the moments of the kills")
    options = parser.parse_args()
    random.seed(options.seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as data:
        server = Server(options.binary, data)
        server.start()
        tracking_id = server.create_tracker()
        ledger = []
        for round_number in range(options.rounds):
            load = Load(server, tracking_id, round_number, ledger)
            time.sleep(random.uniform(0.05, 0.8))
            server.kill()
            load.wait()
            ledger += load.acknowledged
            server.start()
            stored = check(server, tracking_id, ledger)
            print(f"kill {round_number + 1:2}: {len(load.acknowledged):6} acknowledged, {stored:7} stored in all",
                  flush=True)
        send_again(server, tracking_id, ledger)
        stored = check(server, tracking_id, ledger)
        server.stop()
    assert len(ledger) >= 100 * options.rounds, f"the load was too small to say anything: {len(ledger)} events"
    print(f"ok: {options.rounds} kills, {len(ledger)} events acknowledged, none lost, none twice, "
          f"{stored - len(ledger)} stored without an answer, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
