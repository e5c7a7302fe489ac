"""The Parquet files in the server's folder, read by DuckDB: what was sent is there, by name and type."""

import glob
import json
import os
import pathlib
import sys
import tempfile
import time

import duckdb
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "faults"))
from bowerbird import OWN, Server  # noqa: E402

BINARY = os.environ.get("BOWERBIRD_BINARY") or "target/release/bowerbird"
# A segment is closed when it has 64 MiB; long properties get there soonest.
NOTE = "n" * 1000
CALLS, EVENTS = 130, 500


def event(number):
    return {"eventId": f"e{number}", "eventType": "click" if number % 3 else "watch", "itemId": f"film {number % 97} ü",
            "sentAt": 1_700_000_000 + number, "eventValue": number % 5, "properties": json.dumps({"note": NOTE}),
            "unknownField": {"kept": True}}


def send(server, tracking_id, call):
    events = [event(call * EVENTS + n) for n in range(EVENTS)]
    if call == 0:
        events[7] = {"eventType": "", "sentAt": "never"}
    body = {"trackingId": tracking_id, "sessionId": f"s{call}", "eventList": events}
    if call % 2:
        body["userId"] = f"u{call}"
    status, _, answer = server.call("POST", "/events", json.dumps(body), {"Content-Type": OWN[0]})
    assert status == 200, answer


@pytest.fixture(scope="module")
def columns():
    """DuckDB over the sealed files of a server that is running."""
    with tempfile.TemporaryDirectory() as data:
        server = Server(BINARY, data)
        server.start()
        tracking_id = server.create_tracker()
        for call in range(CALLS):
            send(server, tracking_id, call)
        pattern = os.path.join(data, "columns", "*.parquet")
        until = time.monotonic() + 60
        while not glob.glob(pattern):
            assert time.monotonic() < until, "nothing was sealed within a minute"
            time.sleep(0.2)
        connection = duckdb.connect()
        connection.execute(f"CREATE VIEW events AS SELECT * FROM '{pattern}' ORDER BY \"offset\"")
        yield connection
        server.stop()


def rows(columns, query):
    return columns.execute(query).fetchall()


def test_types_are_those_of_the_documentation(columns):
    types = dict(row[:2] for row in rows(columns, "DESCRIBE events"))
    time = "TIMESTAMP WITH TIME ZONE"
    assert types == {
        "offset": "BIGINT", "received_at": time, "outcome": "VARCHAR", "dataset_group": "VARCHAR",
        "user_id": "VARCHAR", "session_id": "VARCHAR", "event_type": "VARCHAR", "item_id": "VARCHAR",
        "event_value": "FLOAT", "sent_at": time, "key": "BLOB", "origin": "VARCHAR", "body": "VARCHAR",
    }


def test_every_event_says_what_was_sent(columns):
    read = rows(columns, "SELECT \"offset\", body->>'$.eventId', event_type, item_id, event_value, epoch_ms(sent_at), "
                         "user_id, session_id, body->>'$.unknownField.kept' FROM events WHERE outcome = 'accepted'")
    assert len(read) > 50_000
    for offset, event_id, *said in read:
        sent, call = event(int(event_id[1:])), offset // EVENTS
        assert int(event_id[1:]) == offset
        assert said == [sent["eventType"], sent["itemId"], sent["eventValue"], sent["sentAt"] * 1000,
                        f"u{call}" if call % 2 else None, f"s{call}", "true"]


def test_a_refused_event_is_there_with_its_reason(columns):
    [(offset, item, reason)] = rows(columns, "SELECT \"offset\", item_id, body->>'$.refused.reason' FROM events "
                                             "WHERE outcome = 'refused'")
    assert (offset, item) == (7, None) and "sentAt" in reason


def test_offsets_have_no_gap(columns):
    [(first, last, n)] = rows(columns, 'SELECT min("offset"), max("offset"), count(*) FROM events')
    assert (first, last) == (0, n - 1)
