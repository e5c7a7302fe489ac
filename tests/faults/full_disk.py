#!/usr/bin/env python3
"""Fills the disk under the server: clear errors, nothing acknowledged lost, and it goes on when there is room.

    python3 tests/faults/full_disk.py [--binary target/release/bowerbird]

Needs root, for a small file system in memory; without it the test says that it was skipped.
"""

import argparse
import collections
import contextlib
import json
import os
import subprocess
import sys
import tempfile

import bowerbird
from bowerbird import OWN, Server, put_events

SIZE_MB = 24
BALLAST_MB = 12
PROPERTIES = json.dumps({"note": "x" * 900})


@contextlib.contextmanager
def small_disk():
    """A directory of a few megabytes, or None where it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", folder]
        if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
            yield None
            return
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=True)


class Sender:
    def __init__(self, server, tracking_id):
        self.server, self.tracking_id, self.serial, self.acknowledged = server, tracking_id, 0, []

    def send(self, n=OWN[1]):
        """Sends the next events; their ids go into the ledger if they were acknowledged, and come again if not."""
        ids = [f"e{self.serial + i}" for i in range(n)]
        connection = self.server.connect()
        status, headers, body = put_events(connection, OWN, self.tracking_id, ids, PROPERTIES)
        connection.close()
        if status == 200:
            report = json.loads(body)
            assert report["accepted"] == n, report
            self.serial += n
            self.acknowledged += ids
        return status, headers, body

    def send_until_refused(self):
        while True:
            status, headers, body = self.send()
            if status != 200:
                return status, headers, body


def check(server, tracking_id, acknowledged):
    stored = server.events(tracking_id)
    twice = [event_id for event_id, n in collections.Counter(stored).items() if n > 1]
    assert stored == acknowledged, f"{len(stored)} stored, {len(acknowledged)} acknowledged, twice: {twice[:5]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    bowerbird.binary_argument(parser)
    options = parser.parse_args()
    with small_disk() as disk:
        if disk is None:
            print("skipped: a small file system cannot be mounted here (this test needs root)")
            return
        fill_and_free(options.binary, disk)


def fill_and_free(binary, disk):
    ballast = os.path.join(disk, "ballast")
    with open(ballast, "wb") as file:
        file.write(bytes(BALLAST_MB << 20))
    server = Server(binary, os.path.join(disk, "data"))
    server.start()
    tracking_id = server.create_tracker()
    sender = Sender(server, tracking_id)

    status, headers, body = sender.send_until_refused()
    message = json.loads(body)["message"]
    assert status == 503 and headers["Retry-After"], (status, dict(headers))
    assert "disk is full" in message, message
    full_at = len(sender.acknowledged)
    assert full_at > 0
    assert sender.send()[0] == 503, "full is full"
    # Even the smallest write may fail in the middle; none of them may tear what was acknowledged before.
    while sender.send(1)[0] == 200:
        pass
    check(server, tracking_id, sender.acknowledged)

    # Killed while the disk is full, then given room.
    server.kill()
    os.remove(ballast)
    server.start()
    check(server, tracking_id, sender.acknowledged)
    status, _, body = sender.send()
    assert status == 200, (status, body)

    # Full again, and room while it runs: no restart needed.
    with open(ballast, "wb") as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(64 << 10))
                file.flush()
    assert sender.send_until_refused()[0] == 503
    os.remove(ballast)
    status, _, body = sender.send()
    assert status == 200, (status, body)
    check(server, tracking_id, sender.acknowledged)
    server.stop()
    print(f"ok: full after {full_at} events, refused with 503 ({message!r}), "
          f"{len(sender.acknowledged)} acknowledged in all, none lost, none twice")


if __name__ == "__main__":
    sys.exit(main())
