"""Unpacks a .tar.xz: Node reads no xz, and every machine that builds this has Python 3.

usage: unpack.py ARCHIVE FOLDER
"""

import os
import sys
import tarfile


def main(archive, folder):
    os.makedirs(folder, exist_ok=True)
    with tarfile.open(archive, "r:xz") as files:
        for member in files:
            # Flat and by base name: nothing in an archive decides where it is written.
            if member.isfile():
                with open(os.path.join(folder, os.path.basename(member.name)), "wb") as out:
                    out.write(files.extractfile(member).read())


if __name__ == "__main__":
    main(*sys.argv[1:])
