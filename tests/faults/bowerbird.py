"""A server process and the few calls that the fault tests make. Standard library only."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time

SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [{"name": name, "type": kind} for name, kind in
               [("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"), ("EVENT_TYPE", "string")]],
    "version": "1.0",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`bowerbird serve` on one directory, started as often as it is killed."""

    def __init__(self, binary, data):
        self.binary, self.data, self.port, self.process = binary, data, free_port(), None

    def start(self):
        command = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.data]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
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
        """The ids of all stored events, in order, as `GET /datasets/events` pages them out."""
        ids, after = [], 0
        while after is not None:
            path = f"/datasets/events?trackingId={tracking_id}&after={after}&limit=10000"
            status, _, body = self.call("GET", path)
            assert status == 200, f"{path}: {status} {body!r}"
            page = json.loads(body)
            ids += [event["eventId"] for event in page["events"]]
            after = page["next"]
        return ids


OWN = ("text/plain;charset=UTF-8", 100)
AWS = ("application/json", 10)


def put_events(connection, door, tracking_id, ids, properties=None):
    """Sends events with these ids on an open connection: (status, headers, body)."""
    event = {"eventType": "click", "itemId": "1198", "sentAt": 1_700_000_000}
    if properties:
        event["properties"] = properties
    events = [{**event, "eventId": event_id} for event_id in ids]
    body = json.dumps({"trackingId": tracking_id, "sessionId": "s", "userId": "u", "eventList": events})
    connection.request("POST", "/events", body, {"Content-Type": door[0]})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


def binary_argument(parser):
    default = os.path.join(os.path.dirname(__file__), "..", "..", "target", "release", "bowerbird")
    parser.add_argument("--binary", default=os.path.normpath(default), help="default: %(default)s")
