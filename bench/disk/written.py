#!/usr/bin/env python3
"""How much a disk writes for groups of batches that make a file grow, for the same groups written into room that is
reserved, and over an old file, both past the kernel's memory by whole pages:
as the kernel counts it for the process, and as the disk does, which has a file system and its journal on it.

    python3 bench/disk/written.py

Needs root, loop devices and mkfs.ext4. No times are taken, so that it may run beside anything.
"""

import mmap
import os
import subprocess
import tempfile

GROUPS = 200
SEGMENT = 64 << 20
PAGE = 4096
HEADER = 24
SIZES = (3_000, 12_000, 25_000, 55_000, 200_000)


def by_disk(device):
    with open(f"/sys/block/{os.path.basename(device)}/stat", encoding="ascii") as stat:
        return int(stat.read().split()[6]) * 512


def by_process():
    with open("/proc/self/io", encoding="ascii") as io:
        return next(int(line.split()[1]) for line in io if line.startswith("write_bytes"))


def growing(path):
    return os.open(path, os.O_RDWR | os.O_CREAT)


def reserved(path):
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_DIRECT)
    os.posix_fallocate(file, 0, SEGMENT)
    return file


def old(path):
    """A file of the length of a segment that is not in memory any more."""
    file = growing(path)
    for at in range(0, SEGMENT, 4 << 20):
        os.pwrite(file, b"a" * (4 << 20), at)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)
    return os.open(path, os.O_RDWR | os.O_DIRECT)


KINDS = {"the file grows": growing, "reserved room": reserved, "over an old file": old}


def write(file, size, by_pages):
    """Answers how many bytes there were to write."""
    at = HEADER
    groups = min(GROUPS, (SEGMENT - PAGE) // size - 1)
    # Memory that is aligned, as such writes want it.
    pages = mmap.mmap(-1, (size // PAGE + 3) * PAGE)
    pages.write(b"x" * len(pages))
    for _ in range(groups):
        end = at + size
        if by_pages:
            # From the page in which it begins to one with some zeros at its end: see docs/log-format.md.
            first, last = at // PAGE * PAGE, (end + 4 + PAGE - 1) // PAGE * PAGE
            os.pwrite(file, memoryview(pages)[: last - first], first)
        else:
            os.pwrite(file, b"x" * size, at)
        os.fdatasync(file)
        at = end
    return groups * size


def measure(folder, device, size, kind):
    path = os.path.join(folder, "segment")
    file = KINDS[kind](path)
    os.sync()
    before = by_process(), by_disk(device)
    sent = write(file, size, kind != "the file grows")
    ratios = [(now - then) / sent for now, then in zip((by_process(), by_disk(device)), before)]
    os.close(file)
    os.remove(path)
    print(f"{size:8}  {kind:16}  "
          f"process {ratios[0]:6.3f}  disk {ratios[1]:6.3f}", flush=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        image, mount = os.path.join(folder, "disk"), os.path.join(folder, "mounted")
        os.mkdir(mount)
        with open(image, "wb") as file:
            file.truncate(1 << 30)
        subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image], check=True)
        subprocess.run(["mount", "-o", "loop", image, mount], check=True)
        try:
            found = subprocess.run(["findmnt", "-n", "-o", "SOURCE", mount], check=True, capture_output=True, text=True)
            print("bytes written for each byte of a group, groups of so many bytes")
            for size in SIZES:
                for kind in KINDS:
                    measure(mount, found.stdout.strip(), size, kind)
        finally:
            subprocess.run(["umount", mount], check=True)


if __name__ == "__main__":
    main()
