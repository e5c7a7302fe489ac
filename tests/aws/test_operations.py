"""What an operator relies on: limits that say when to come again, metrics, readiness, and the stream of events."""

import json
import socket
import time
import urllib.error
import urllib.request

import botocore.exceptions
import conftest
import pytest

RATE = 20


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    server = conftest.Server(tmp_path_factory.mktemp("limited"), "--max-events-per-second", str(RATE))
    personalize = server.client("personalize")
    server.trackers = iter(
        personalize.create_event_tracker(
            name=f"t{number}",
            datasetGroupArn=personalize.create_dataset_group(name=f"g{number}")["datasetGroupArn"],
        )["trackingId"]
        for number in range(9)
    )
    yield server
    server.stop()


def event(number, **members):
    event_id = f"e{number}-{time.time_ns()}"
    return {"eventId": event_id, "eventType": "click", "itemId": "1", "sentAt": time.time(), **members}


def put(server, tracking_id, events):
    body = json.dumps({"trackingId": tracking_id, "sessionId": "s", "eventList": events}).encode()
    request = urllib.request.Request(server.url + "/events", data=body, headers={"Content-Type": "text/plain"})
    return urllib.request.urlopen(request)


def metrics(server):
    lines = urllib.request.urlopen(server.url + "/metrics").read().decode().splitlines()
    assert lines[-1] == "# EOF"
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


def test_who_sends_too_fast_is_told_when_to_come_again(limited):
    tracking_id = next(limited.trackers)
    put(limited, tracking_id, [event(n) for n in range(RATE * 10 + 40)])
    with pytest.raises(urllib.error.HTTPError) as refused:
        put(limited, tracking_id, [event(0)])
    assert refused.value.code == 429
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60
    put(limited, next(limited.trackers), [event(0)])
    counted = metrics(limited)
    assert counted['bowerbird_events_total{outcome="limited"}'] == 1
    assert counted['bowerbird_calls_refused_total{reason="limited"}'] == 1


def test_aws_clients_read_it_as_throttling(limited):
    tracking_id = next(limited.trackers)
    put(limited, tracking_id, [event(n) for n in range(RATE * 10 + 40)])
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        limited.client("personalize-events").put_events(
            trackingId=tracking_id,
            sessionId="s",
            eventList=[{"eventType": "click", "itemId": "1", "sentAt": time.time()}],
        )
    assert refused.value.response["Error"]["Code"] == "ThrottlingException"


def test_metrics_count_events_by_outcome_and_requests_by_operation(limited):
    before = metrics(limited)
    tracking_id = next(limited.trackers)
    once = event(1)
    put(limited, tracking_id, [once, event(2), {"eventType": ""}])
    put(limited, tracking_id, [once])
    after = metrics(limited)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    assert grown['bowerbird_events_total{outcome="accepted"}'] == 2
    assert grown['bowerbird_events_total{outcome="duplicate"}'] == 1
    assert grown['bowerbird_events_total{outcome="invalid"}'] == 1
    assert grown['bowerbird_answers_total{operation="PutEvents",status="200"}'] == 2
    assert after["bowerbird_memory_bytes"] > 1_000_000 and after["bowerbird_visitors"] >= 1


def test_metrics_need_a_token_where_there_are_keys(tmp_path):
    keys = {"BOWERBIRD_ACCESS_KEY_ID": "AK", "BOWERBIRD_SECRET_ACCESS_KEY": "s", "BOWERBIRD_METRICS_TOKEN": "let me in"}
    server = conftest.Server(tmp_path, env=keys)
    for headers in [{}, {"Authorization": "Bearer no"}]:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(urllib.request.Request(server.url + "/metrics", headers=headers))
    headers = {"Authorization": "Bearer let me in"}
    assert b"bowerbird_build_info" in urllib.request.urlopen(
        urllib.request.Request(server.url + "/metrics", headers=headers)
    ).read()
    assert server.until_ready() == 200
    server.stop()


def messages(response, n):
    """The first `n` messages of a stream of Server-Sent Events."""
    found = []
    while len(found) < n:
        message = {}
        while line := response.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            message[name] = value
        if "data" in message:
            found.append((message["event"], json.loads(message["data"]), message["id"]))
    return found


def test_an_owner_watches_events_come_in_and_what_becomes_of_them(limited):
    tracking_id = next(limited.trackers)
    stream = f"{limited.url}/datasets/events/stream?trackingId={tracking_id}"
    with urllib.request.urlopen(stream) as watching:
        once = event(1, itemId="up")
        put(limited, tracking_id, [once, {"eventType": ""}])
        put(limited, tracking_id, [once])
        accepted, refused, duplicates = messages(watching, 3)
    assert accepted[0] == "accepted" and accepted[1]["itemId"] == "up" and accepted[1]["sessionId"] == "s"
    assert refused[0] == "refused" and "eventType" in refused[1]["reason"]
    assert duplicates[:2] == ("duplicates", {"count": 1, "receivedAt": duplicates[1]["receivedAt"]})
    # A watcher that was away goes on where it was, and one that looks for something sees nothing else.
    put(limited, tracking_id, [event(2, itemId="heat"), event(3, itemId="jaws")])
    again = urllib.request.Request(stream + "&itemId=jaws", headers={"Last-Event-ID": accepted[2]})
    with urllib.request.urlopen(again) as watching:
        ((_, found, _),) = messages(watching, 1)
    assert found["itemId"] == "jaws"


def test_a_stream_does_not_keep_the_server_from_ending(tmp_path):
    server = conftest.Server(tmp_path)
    personalize = server.client("personalize")
    group = personalize.create_dataset_group(name="g")["datasetGroupArn"]
    tracking_id = personalize.create_event_tracker(name="t", datasetGroupArn=group)["trackingId"]
    with urllib.request.urlopen(f"{server.url}/datasets/events/stream?trackingId={tracking_id}"):
        server.stop()


def test_a_client_that_never_ends_its_headers_is_no_obstacle(limited):
    slow = [socket.create_connection(("127.0.0.1", limited.port)) for _ in range(200)]
    for connection in slow:
        connection.sendall(b"POST /events HTTP/1.1\r\nHost: x\r\nX-Slow:")
    put(limited, next(limited.trackers), [event(1)])
    for connection in slow:
        connection.close()
