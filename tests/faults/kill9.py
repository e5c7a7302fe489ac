#!/usr/bin/env python3
"""Kills the server in the middle of a load of events, again and again: what it acknowledged must be there, once.

    python3 tests/faults/kill9.py [--binary target/release/bowerbird] [--rounds 20]

Segments are small, so that every few rounds one is closed: the next start begins to seal it, and kills fall into that too.
New ones are written over copies of old ones, as when they have been sealed.
"""

import argparse
import glob
import os
import random
import sys
import tempfile
import time

import bowerbird
from bowerbird import Ledger, Load, Server


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    bowerbird.binary_argument(parser)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--senders", type=int, default=bowerbird.THREADS, help="threads that send")
    parser.add_argument("--segment-mb", type=int, default=4, help="segments of so many megabytes")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="no round begins later than this")
    parser.add_argument("--seed", type=int, default=17, help="chooses the moments of the kills")
    options = parser.parse_args()
    random.seed(options.seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as data:
        server = Server(options.binary, data, options=("--segment-mb", str(options.segment_mb)))
        server.start()
        ledger = Ledger(server, server.create_tracker())
        rounds, while_sealing, due, over = 0, 0, set(), bowerbird.Over()
        while rounds < options.rounds and time.monotonic() - started < options.seconds:
            load = Load(server, ledger.tracking_id, rounds, ledger.acknowledged, options.senders)
            # Meanwhile, so that the server is killed while it still seals what was closed before.
            lost = ledger.read_on()
            assert lost == 0, f"{lost} of {len(ledger.acknowledged)} acknowledged events are lost"
            time.sleep(random.uniform(0, 0.6))
            server.kill()
            load.wait()
            # What was closed before the start and is not sealed: the server was at it.
            while_sealing += not due.isdisjoint(unsealed(data))
            due = unsealed(data)
            ledger.acknowledged += load.acknowledged
            before = bowerbird.written_over(data)
            bowerbird.lay_spares(data)
            server.start()
            # What was left of the spare is cut.
            over.count(before, bowerbird.written_over(data))
            rounds += 1
            print(f"kill {rounds:2}: {len(load.acknowledged):6} acknowledged, {len(sealed_files(data))} segments sealed",
                  flush=True)
        ledger.send_again()
        lost = ledger.read_all()
        assert lost == 0, f"{lost} of {len(ledger.acknowledged)} acknowledged events are lost"
        server.stop()
        sealed = sealed_files(data)
        alone = len(sealed - firsts(bowerbird.segments(data)))
    acknowledged, stored = len(ledger.acknowledged), len(ledger.read)
    assert acknowledged >= 100 * rounds, f"the load was too small to say anything: {acknowledged} events"
    print(f"ok: {rounds} kills, {acknowledged} events acknowledged, none lost, none twice, "
          f"{stored - acknowledged} stored without an answer, {len(sealed)} segments sealed and {alone} of them let go meanwhile, "
          f"{while_sealing} kills while one was being sealed, {over}, {time.monotonic() - started:.0f} s")


def unsealed(data):
    """The closed segments without columns, by their first offsets."""
    return firsts(bowerbird.segments(data)[:-1]) - sealed_files(data)


def sealed_files(data):
    return firsts(glob.glob(os.path.join(data, "columns", "*.parquet")))


def firsts(paths):
    return {os.path.basename(path)[:20] for path in paths}


if __name__ == "__main__":
    sys.exit(main())
