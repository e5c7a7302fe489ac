"""With keys configured only signed requests pass, except at the browser's own doors."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

import botocore.exceptions
import conftest
import pytest
import steps

AWS = [sys.executable, "-m", "awscli"]
SECRET = {"aws_access_key_id": "AKEXAMPLE", "aws_secret_access_key": "s3cret/with+signs="}


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    env = {
        "BOWERBIRD_ACCESS_KEY_ID": SECRET["aws_access_key_id"],
        "BOWERBIRD_SECRET_ACCESS_KEY": SECRET["aws_secret_access_key"],
    }
    server = conftest.Server(tmp_path_factory.mktemp("locked"), env=env)
    yield server
    server.stop()


def test_the_right_keys_pass_on_all_three_protocols(locked):
    personalize = locked.client("personalize", **SECRET)
    group = personalize.create_dataset_group(name="signed")["datasetGroupArn"]
    tracking_id = personalize.create_event_tracker(name="signed", datasetGroupArn=group)["trackingId"]
    locked.client("personalize-events", **SECRET).put_events(
        trackingId=tracking_id,
        sessionId="s",
        eventList=[{"eventType": "click", "itemId": "ü", "sentAt": time.time()}],
    )
    runtime = locked.client("personalize-runtime", **SECRET)
    with pytest.raises(runtime.exceptions.ResourceNotFoundException):
        runtime.get_recommendations(campaignArn="arn:aws:personalize:us-east-1:000000000000:campaign/x", userId="1")


@pytest.mark.parametrize("key", ["aws_access_key_id", "aws_secret_access_key"])
def test_wrong_keys_do_not(locked, key):
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidSignature"):
        locked.client("personalize", **{**SECRET, key: "wrong"}).list_schemas()


def test_a_page_needs_only_its_tracking_id(locked):
    personalize = locked.client("personalize", **SECRET)
    group = personalize.create_dataset_group(name="page")["datasetGroupArn"]
    tracking_id = personalize.create_event_tracker(name="page", datasetGroupArn=group)["trackingId"]
    body = {
        "trackingId": tracking_id,
        "sessionId": "s",
        "eventList": [{"eventType": "click", "itemId": "1", "sentAt": time.time()}],
    }
    request = urllib.request.Request(
        locked.url + "/events", json.dumps(body).encode(), {"Content-Type": "text/plain;charset=UTF-8"}
    )
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["accepted"] == 1
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{locked.url}/datasets/events?trackingId={tracking_id}&after=0&limit=1")


def test_without_keys_only_loopback_may_be_listened_on(tmp_path):
    ended = subprocess.run(
        [conftest.BINARY, "serve", "--listen", "0.0.0.0:0", "--data", tmp_path],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode != 0 and "BOWERBIRD_ACCESS_KEY_ID" in ended.stderr


def test_the_command_line_client_works(server, movielens, tmp_path):
    """`aws personalize …` with nothing but --endpoint-url."""

    def aws(*words):
        env = {
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "HOME": str(tmp_path),
        }
        command = [*AWS, *words, "--endpoint-url", server.url, "--output", "json"]
        answer = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
        return json.loads(answer) if answer.strip() else None

    (tmp_path / "schema.json").write_text(steps.INTERACTIONS)
    schema = aws("personalize", "create-schema", "--name", "cli", "--schema", f"file://{tmp_path}/schema.json")
    assert schema["schemaArn"].endswith(":schema/cli")
    group = aws("personalize", "create-dataset-group", "--name", "cli")["datasetGroupArn"]
    tracker = aws("personalize", "create-event-tracker", "--name", "cli", "--dataset-group-arn", group)
    event = '[{"sentAt": 1553631760,"eventType":"click","properties":"{\\"itemId\\":\\"x\\"}"}]'
    aws(
        "personalize-events",
        *("put-events", "--tracking-id", tracker["trackingId"], "--session-id", "s", "--event-list", event),
    )
    url = f"{server.url}/datasets/events?trackingId={tracker['trackingId']}&after=0&limit=10"
    with urllib.request.urlopen(url) as answer:
        assert [event["itemId"] for event in json.load(answer)["events"]] == ["x"]

