#!/usr/bin/env python3
"""Stops the server and starts it again: the live view must be as it was, from its snapshot or without one.

    python3 tests/faults/restart.py [--binary target/release/bowerbird]
"""

import argparse
import glob
import os
import re
import sys
import tempfile
import time

import bowerbird
from bowerbird import OWN, Server, put_events

CALLS = 20
READ_BACK = "was read back"
NO_USE = "of no use"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    bowerbird.binary_argument(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryFile("a+") as log:
        server = Server(options.binary, data, {"BOWERBIRD_LOG": "info"}, errors=log)
        server.start()
        tracking_id = server.create_tracker()
        send(server, tracking_id, 0)
        whole = known(server)
        assert whole > 0
        server.stop()
        assert (known_after_start(server), said(log, READ_BACK)) == (whole, 1)

        # A kill: what came in since is read from the log.
        send(server, tracking_id, CALLS)
        more = known(server)
        assert more > whole
        server.kill()
        assert (known_after_start(server), said(log, READ_BACK)) == (more, 2)

        server.stop()
        [snapshot] = glob.glob(os.path.join(data, "live", "*"))
        with open(snapshot, "r+b") as file:
            file.seek(-20, os.SEEK_END)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        assert (known_after_start(server), said(log, READ_BACK), said(log, NO_USE)) == (more, 2, 1)

        server.stop()
        server.options = ("--live-view-mb", "300")
        assert (known_after_start(server), said(log, READ_BACK), said(log, NO_USE)) == (more, 2, 2)
        server.stop()
        os.remove(snapshot)
        assert (known_after_start(server), said(log, READ_BACK), said(log, NO_USE)) == (more, 2, 2)
        server.stop()
    print("ok: the live view came back from its snapshot, and without it where it was damaged, of another size, or gone")


def send(server, tracking_id, first):
    """Calls of visitors who come again, each with another item."""
    connection = server.connect()
    for call in range(first, first + CALLS):
        status, _, body = put_events(connection, OWN, tracking_id, [f"event {call}"], session=f"s{call % 7}-{first}",
                                     user=f"u{call % 5}-{first}" if call % 2 else None, item=f"item {call}")
        assert status == 200, body
    connection.close()


def known(server):
    """How many visitors the live view knows, or -1 before it is whole."""
    if server.call("GET", "/ready")[0] != 200:
        return -1
    _, _, metrics = server.call("GET", "/metrics")
    return int(re.search(rb"^bowerbird_visitors (\d+)", metrics, re.M)[1])


def known_after_start(server):
    server.start()
    while (found := known(server)) < 0:
        time.sleep(0.02)
    return found


def said(log, text):
    log.seek(0)
    return log.read().count(text)


if __name__ == "__main__":
    sys.exit(main())
