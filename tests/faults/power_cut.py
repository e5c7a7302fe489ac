#!/usr/bin/env python3
"""Cuts the power in the middle of a load of events, again and again: what was acknowledged must be on the disk, once.

    python3 tests/faults/power_cut.py [--binary target/release/bowerbird] [--rounds 4]

The data lies in a file system of its own, in a file. At some moment the server is killed and that file is copied at once:
what the kernel had not written yet is not in the copy, as after a power cut. The next round goes on with the copy. At the
end the same is done once with a server whose syncs do nothing; it has to lose events, or the test would see nothing.

Needs root, loop devices, mkfs.ext4 and a C compiler; without them the test says that it was skipped.
"""

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import bowerbird
from bowerbird import Load, Server

DISK_MB = 4096
# Before main: what a disk does that says yes and forgets.
NO_SYNC = """
int fsync(int file) { (void)file; return 0; }
int fdatasync(int file) { (void)file; return 0; }
"""


class Disk:
    """A file system in a file, which can lose its power."""

    def __init__(self, folder):
        self.image, self.mount = os.path.join(folder, "disk"), os.path.join(folder, "mounted")
        os.mkdir(self.mount)
        with open(self.image, "wb") as file:
            file.truncate(DISK_MB << 20)
        quietly("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image)
        self.plug_in()

    def plug_in(self):
        quietly("mount", "-o", "loop", self.image, self.mount)

    def cut(self):
        """Only what has reached the disk is left. To be called when nobody writes any more."""
        copy = self.image + ".cut"
        quietly("cp", "--sparse=always", self.image, copy)
        self.unplug()
        os.replace(copy, self.image)
        self.plug_in()

    def unplug(self):
        quietly("umount", self.mount)


def quietly(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@contextlib.contextmanager
def disk():
    """A disk, or None where there cannot be one."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            made = Disk(folder) if os.geteuid() == 0 else None
        except (OSError, subprocess.CalledProcessError):
            made = None
        if made is None:
            yield None
            return
        try:
            yield made
        finally:
            made.unplug()


def no_sync(folder):
    """A library that takes the place of the syncs, or None without a compiler."""
    library = os.path.join(folder, "no_sync.so")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    subprocess.run([compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", library], input=NO_SYNC, text=True, check=True)
    return library


def rounds(binary, disk, n, until, environment=None):
    """Loses power n times, or until a time. Answers how often, how many events were acknowledged, and how many of them are
    lost."""
    data = os.path.join(disk.mount, "data")
    # Small segments are often closed; new ones are written over copies of old ones, as when they have been sealed.
    server = Server(binary, data, environment, options=("--segment-mb", "1"))
    server.start()
    tracking_id = server.create_tracker()
    # The tracker has to be there after the first cut, also where nothing else is.
    os.sync()
    ledger, lost, cuts, over = bowerbird.Ledger(server, tracking_id), 0, 0, bowerbird.Over()
    while not lost and cuts < n and time.monotonic() < until:
        load = Load(server, tracking_id, cuts, ledger.acknowledged)
        time.sleep(random.uniform(0.05, 0.8))
        server.kill()
        disk.cut()
        load.wait()
        ledger.acknowledged += load.acknowledged
        before = bowerbird.written_over(data)
        bowerbird.lay_spares(data)
        os.sync()
        server.start()
        over.count(before, bowerbird.written_over(data))
        lost = ledger.read_on()
        cuts += 1
        print(f"cut {cuts:2}: {len(load.acknowledged):6} acknowledged, {lost} lost", flush=True)
    if not lost:
        lost = ledger.read_all()
        ledger.send_again()
    server.kill()
    return cuts, len(ledger.acknowledged), lost, over


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    bowerbird.binary_argument(parser)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="no round begins later than this")
    parser.add_argument("--seed", type=int, default=17, help="chooses the moments of the cuts")
    options = parser.parse_args()
    random.seed(options.seed)
    started = time.monotonic()
    with disk() as whole:
        if whole is None:
            print("skipped: a file system in a file cannot be mounted here (this test needs root and loop devices)")
            return
        until = started + options.seconds
        cuts, acknowledged, lost, over = rounds(options.binary, whole, options.rounds, until)
        assert lost == 0, f"{lost} of {acknowledged} acknowledged events are lost"
    with tempfile.TemporaryDirectory() as folder, disk() as forgetful:
        library = no_sync(folder)
        if library is None:
            print("skipped: the control, for want of a C compiler")
            return
        _, control, forgotten, _ = rounds(options.binary, forgetful, 1, float("inf"), {"LD_PRELOAD": library})
        assert forgotten > 0, "without syncs nothing was lost: this test cannot tell"
    print(f"ok: {cuts} power cuts, {over}, {acknowledged} events acknowledged, none lost, none twice; without syncs "
          f"{forgotten} of {control} lost; {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
