"""A server process and the few calls that the fault tests make. Standard library only."""

import collections
import glob
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [{"name": name, "type": kind} for name, kind in
               [("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"), ("EVENT_TYPE", "string")]],
    "version": "1.0",
}


def segments(data):
    """The segments of the event log, the newest last."""
    return sorted(glob.glob(os.path.join(data, "log", "*.seg")))


def lay_spares(data, most=3):
    """Copies of closed segments, where sealed ones lie: the next ones are written over them. What they
    hold are frames of this very log."""
    for path in segments(data)[-1 - most:-1]:
        shutil.copyfile(path, path.removesuffix(".seg") + ".spare")


def written_over(data):
    """How long the newest segment is if it is written over something, or 0; and whether that is an old segment, where
    reserved room has zeros."""
    newest = segments(data)[-1:]
    if not newest:
        return 0, False
    with open(newest[0], "rb") as file:
        content = file.read()
    # One that was just made may have no byte yet.
    return len(content) if content[10:11] == b"\x01" else 0, content[-1:] != b"\0"


class Over:
    """Counts what kills and cuts fell into: segments that are longer before the next start than behind it."""

    def __init__(self):
        self.old = self.reserved = 0

    def count(self, before, after):
        (length, is_old), (shorter, _) = before, after
        self.old += length > shorter and is_old
        self.reserved += length > shorter and not is_old

    def __str__(self):
        return f"{self.old} while a segment was written over an old one, {self.reserved} over reserved room"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`bowerbird serve` on one directory, started as often as it is killed."""

    def __init__(self, binary, data, environment=None, options=(), errors=None):
        self.binary, self.data, self.port, self.process = binary, data, free_port(), None
        self.options, self.errors = options, errors
        self.environment = {**os.environ, **(environment or {})}

    def start(self):
        command = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        env=self.environment)
        for line in self.process.stdout:
            if line.startswith("listening on"):
                return
        raise SystemExit(f"the server did not start (exit code {self.process.wait()})")

    def kill(self):
        """kill -9: no destructor runs, nothing is flushed."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        assert code == 0, f"SIGTERM must drain and exit 0, not {code}"

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def call(self, method, path, body=None, headers=None):
        """One call on its own connection: (status, headers, body)."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def control(self, operation, **members):
        """An operation of the control plane, as AWS SDKs call it."""
        headers = {"X-Amz-Target": f"AmazonPersonalize.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        status, _, body = self.call("POST", "/", json.dumps(members), headers)
        assert status == 200, f"{operation}: {status} {body!r}"
        return json.loads(body or b"{}")

    def create_tracker(self):
        """A schema, a dataset group, a dataset and an event tracker. Returns the tracking id."""
        schema = self.control("CreateSchema", name="interactions", schema=json.dumps(SCHEMA))["schemaArn"]
        group = self.control("CreateDatasetGroup", name="faults")["datasetGroupArn"]
        self.wait_until_active("DescribeDatasetGroup", "datasetGroup", datasetGroupArn=group)
        self.control("CreateDataset", name="clicks", schemaArn=schema, datasetGroupArn=group,
                     datasetType="Interactions")
        return self.control("CreateEventTracker", name="clicks", datasetGroupArn=group)["trackingId"]

    def wait_until_active(self, operation, member, **arn):
        while self.control(operation, **arn)[member]["status"] != "ACTIVE":
            time.sleep(0.05)

    def events(self, tracking_id):
        """The ids of all stored events, in order."""
        return self.events_from(tracking_id, 0)[0]

    def events_from(self, tracking_id, after):
        """The ids of stored events from an offset on, as `GET /datasets/events` pages them out, and where the last page
        begins."""
        ids = []
        while True:
            path = f"/datasets/events?trackingId={tracking_id}&after={after}&limit=10000"
            status, _, body = self.call("GET", path)
            assert status == 200, f"{path}: {status} {body!r}"
            page = json.loads(body)
            ids += [event["eventId"] for event in page["events"]]
            if page["next"] is None:
                return ids, after
            after = page["next"]


OWN = ("text/plain;charset=UTF-8", 100)
AWS = ("application/json", 10)


def put_events(connection, door, tracking_id, ids, properties=None, session="s", user="u", item="1198"):
    """Sends events with these ids on an open connection: (status, headers, body)."""
    event = {"eventType": "click", "itemId": item, "sentAt": 1_700_000_000}
    if properties:
        event["properties"] = properties
    events = [{**event, "eventId": event_id} for event_id in ids]
    call = {"trackingId": tracking_id, "sessionId": session, "eventList": events}
    body = json.dumps(call | ({"userId": user} if user else {}))
    connection.request("POST", "/events", body, {"Content-Type": door[0]})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


THREADS = 6


class Load:
    """Threads that send events with unique ids through both doors until the server dies."""

    def __init__(self, server, tracking_id, round_number, ledger, senders=THREADS):
        self.server, self.tracking_id, self.round, self.ledger = server, tracking_id, round_number, ledger
        self.acknowledged = []
        self.unexpected = []
        self.threads = [threading.Thread(target=self.send, args=(n,)) for n in range(senders)]
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


class Ledger:
    """What was acknowledged, and what of it can be read."""

    def __init__(self, server, tracking_id):
        self.server, self.tracking_id, self.acknowledged = server, tracking_id, []
        self.read, self.after, self.looked_for = set(), 0, 0

    def read_on(self):
        """Reads what came in since the last time, and answers how many of the events that were acknowledged since are not
        there. A round lasts no longer the more there were before; `read_all` looks for those again."""
        ids, self.after = self.server.events_from(self.tracking_id, self.after)
        self.read.update(ids)
        new, self.looked_for = self.acknowledged[self.looked_for:], len(self.acknowledged)
        return sum(1 for event_id in new if event_id not in self.read)

    def read_all(self):
        """Reads everything: nothing may be there twice. Answers how many acknowledged events are not there."""
        stored = collections.Counter(self.server.events(self.tracking_id))
        twice = [event_id for event_id, n in stored.items() if n > 1]
        assert not twice, f"{len(twice)} events are there twice: {twice[:5]}"
        self.read = set(stored)
        return sum(1 for event_id in self.acknowledged if event_id not in stored)

    def send_again(self):
        """Every acknowledged event once more: all must be known already."""
        connection = self.server.connect()
        for start in range(0, len(self.acknowledged), 500):
            ids = self.acknowledged[start:start + 500]
            status, _, body = put_events(connection, OWN, self.tracking_id, ids)
            report = json.loads(body)
            assert (status, report["accepted"], report["duplicate"]) == (200, 0, len(ids)), (status, report)
        connection.close()


def binary_argument(parser):
    default = os.path.join(os.path.dirname(__file__), "..", "..", "target", "release", "bowerbird")
    parser.add_argument("--binary", default=os.path.normpath(default), help="default: %(default)s")
