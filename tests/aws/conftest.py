"""A release server on a free port with an empty data folder, and the three boto3 clients pointed at it."""

import csv
import os
import pathlib
import re
import signal
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request

import boto3
import botocore.config
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("BOWERBIRD_BINARY", ROOT / "target/release/bowerbird"))
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


class Server:
    """One running binary."""

    def __init__(self, data, *extra, env=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [BINARY, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", data, *extra],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        assert self.process.stdout.readline().startswith("listening on http://")

    def until_ready(self):
        """It answers before its live view is rebuilt; whoever needs that waits here."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                return urllib.request.urlopen(self.url + "/ready").status
            except urllib.error.HTTPError as not_yet:
                assert not_yet.code == 503
                time.sleep(0.01)
        raise AssertionError("the server does not become ready")

    def client(self, service, **keys):
        config = botocore.config.Config(retries={"max_attempts": 1})
        return boto3.client(service, endpoint_url=self.url, config=config, **{**KEYS, **keys})

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=30) == 0


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("data"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def personalize(server):
    return server.client("personalize")


@pytest.fixture(scope="session")
def events(server):
    return server.client("personalize-events")


@pytest.fixture(scope="session")
def runtime(server):
    return server.client("personalize-runtime")


@pytest.fixture(scope="session")
def movielens(tmp_path_factory):
    """Two CSV files in the form of the getting-started tutorial: interactions and items."""
    folder = tmp_path_factory.mktemp("movielens")
    (archive,) = (ROOT / "data/ml-latest-small").glob("*.tar.xz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    ratings = next(folder.rglob("ratings.csv"))
    movies = next(folder.rglob("movies.csv"))
    with open(ratings, newline="") as source, open(folder / "interactions.csv", "w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["USER_ID", "ITEM_ID", "TIMESTAMP"])
        for row in csv.DictReader(source):
            writer.writerow([row["userId"], row["movieId"], row["timestamp"]])
    with open(movies, newline="", encoding="utf-8") as source:
        with open(folder / "items.csv", "w", newline="", encoding="utf-8") as target:
            writer = csv.writer(target)
            writer.writerow(["ITEM_ID", "TITLE", "GENRES", "YEAR"])
            for row in csv.DictReader(source):
                year = re.search(r"\((\d{4})\)\s*$", row["title"])
                writer.writerow([row["movieId"], row["title"], row["genres"], year.group(1) if year else ""])
    return {"interactions": folder / "interactions.csv", "items": folder / "items.csv"}
