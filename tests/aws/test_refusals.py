"""Bad input at every door gets a clear error, and loses nothing that was accepted."""

import json
import time
import urllib.error
import urllib.request

import botocore.exceptions
import pytest
import steps


@pytest.fixture(scope="module")
def group(personalize):
    return personalize.create_dataset_group(name="refusals")["datasetGroupArn"]


@pytest.fixture(scope="module")
def dataset(personalize, group):
    return steps.dataset(personalize, group, "refusals", "INTERACTIONS", steps.INTERACTIONS)


@pytest.fixture(scope="module")
def tracking_id(personalize, group, dataset):
    return personalize.create_event_tracker(name="refusals", datasetGroupArn=group)["trackingId"]


def post(server, path, body, content_type, target=None):
    headers = {"Content-Type": content_type} | ({"X-Amz-Target": target} if target else {})
    request = urllib.request.Request(server.url + path, body, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read()


def event(**members):
    return {"eventType": "click", "sentAt": time.time(), "itemId": "a", **members}


def test_a_name_that_is_taken(personalize, group):
    with pytest.raises(personalize.exceptions.ResourceAlreadyExistsException, match="already exists"):
        personalize.create_dataset_group(name="refusals")


@pytest.mark.parametrize("name", ["-a", "a b", "a" * 64, "ü"])
def test_names_that_break_the_pattern(personalize, name):
    with pytest.raises(personalize.exceptions.InvalidInputException, match="name"):
        personalize.create_dataset_group(name=name)


def test_resources_that_do_not_exist(personalize, runtime):
    missing = "arn:aws:personalize:us-east-1:000000000000:dataset-group/none"
    with pytest.raises(personalize.exceptions.ResourceNotFoundException) as refusal:
        personalize.delete_dataset_group(datasetGroupArn=missing)
    assert refusal.value.response["Error"]["Message"] == f"The given dataset group does not exist: {missing}"
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(runtime.exceptions.ResourceNotFoundException) as refusal:
        runtime.get_recommendations(campaignArn=missing.replace("dataset-group", "campaign"), userId="1")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_schema_without_a_required_column(personalize):
    text = steps.schema("Interactions", steps.field("USER_ID"), steps.field("ITEM_ID"))
    with pytest.raises(personalize.exceptions.InvalidInputException, match="TIMESTAMP"):
        personalize.create_schema(name="no-time", schema=text)


def test_a_dataset_whose_schema_is_of_another_type(personalize, group, dataset):
    schema = personalize.describe_dataset(datasetArn=dataset)["dataset"]["schemaArn"]
    with pytest.raises(personalize.exceptions.InvalidInputException, match="Interactions"):
        personalize.create_dataset(name="x", schemaArn=schema, datasetGroupArn=group, datasetType="Items")


def failure(personalize, name, dataset_arn, path):
    arn = personalize.create_dataset_import_job(
        jobName=name, datasetArn=dataset_arn, dataSource={"dataLocation": f"file://{path}"}, roleArn=steps.ROLE
    )["datasetImportJobArn"]
    for _ in range(100):
        job = personalize.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]
        if job["status"] == "CREATE FAILED":
            return job["failureReason"]
        time.sleep(0.1)
    raise AssertionError(job)


def test_a_csv_without_a_required_column(personalize, dataset, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("USER_ID,ITEM\n1,2\n")
    reason = failure(personalize, "no-column", dataset, path)
    assert reason == "Input CSV is missing the following columns: [ITEM_ID, TIMESTAMP]."


def test_a_csv_with_a_bad_row_names_the_line(personalize, dataset, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("USER_ID,ITEM_ID,TIMESTAMP\n1,2,3\n1,2,noon\n")
    reason = failure(personalize, "bad-row", dataset, path)
    assert "line 3" in reason and "TIMESTAMP" in reason


def test_a_location_that_is_not_there(personalize, dataset):
    assert "Invalid Data location" in failure(personalize, "no-file", dataset, "/no/such/file.csv")
    with pytest.raises(personalize.exceptions.InvalidInputException, match="file://"):
        personalize.create_dataset_import_job(
            jobName="s3", datasetArn=dataset, dataSource={"dataLocation": "s3://b/k"}, roleArn=steps.ROLE
        )


def test_too_few_interactions(personalize, group, dataset, tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("USER_ID,ITEM_ID,TIMESTAMP\n" + "".join(f"{n % 5},{n % 7},{n}\n" for n in range(50)))
    steps.import_csv(personalize, "few", dataset, path)
    solution = personalize.create_solution(name="few", recipeArn=steps.RECIPE, datasetGroupArn=group)
    version = personalize.create_solution_version(**solution_only(solution))["solutionVersionArn"]
    for _ in range(100):
        status = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
        if status["status"] == "CREATE FAILED":
            break
        time.sleep(0.1)
    assert "fewer than 1000 interactions" in status["failureReason"]
    with pytest.raises(personalize.exceptions.InvalidInputException):
        personalize.get_solution_metrics(solutionVersionArn=version)


def solution_only(answer):
    return {"solutionArn": answer["solutionArn"]}


def test_a_second_event_tracker(personalize, group, tracking_id):
    with pytest.raises(personalize.exceptions.ResourceAlreadyExistsException):
        personalize.create_event_tracker(name="second", datasetGroupArn=group)


def test_eleven_events_from_an_aws_client(events, server, tracking_id):
    body = {"trackingId": tracking_id, "userId": "u", "sessionId": "s"}
    with pytest.raises(events.exceptions.InvalidInputException, match="10"):
        events.put_events(**body, eventList=[event(eventId=f"eleven-{n}") for n in range(11)])
    assert stored(server, tracking_id, "eleven-") == []


def test_an_unknown_tracking_id(events):
    with pytest.raises(events.exceptions.InvalidInputException, match="(?i)tracking"):
        events.put_events(trackingId="nobody", userId="u", sessionId="s", eventList=[event()])


@pytest.mark.parametrize(
    "members",
    [
        {"properties": "{not json"},
        {"properties": json.dumps({"timestamp": 1})},
        {"properties": json.dumps({"x": "y" * 1100})},
        {"impression": [str(n) for n in range(26)]},
        {"recommendationId": "r" * 41},
        {"itemId": "i" * 257},
    ],
)
def test_events_over_the_limits(events, tracking_id, members):
    with pytest.raises(events.exceptions.InvalidInputException):
        events.put_events(trackingId=tracking_id, userId="u", sessionId="s", eventList=[event(**members)])


@pytest.mark.parametrize("content_type", ["application/json", "text/plain;charset=UTF-8"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"trackingId":5}', b"\x1f\x8bbroken"])
def test_malformed_bodies_are_refused_with_a_reason(server, body, content_type):
    status, _, answer = post(server, "/events", body, content_type)
    assert status == 400 and json.loads(answer)["message"]


def test_malformed_control_calls(server):
    status, headers, answer = post(server, "/", b"{", "application/x-amz-json-1.1", "AmazonPersonalize.ListSchemas")
    assert status == 400 and "InvalidInputException" in headers["x-amzn-errortype"] and b"JSON" in answer
    status, headers, _ = post(server, "/", b"{}", "application/x-amz-json-1.1", "AmazonPersonalize.MakeCoffee")
    assert status == 400 and "UnknownOperationException" in headers["x-amzn-errortype"]


def stored(server, tracking_id, prefix):
    """Ids of stored events that begin like this, read back page by page."""
    found, after = [], 0
    while after is not None:
        with urllib.request.urlopen(
            f"{server.url}/datasets/events?trackingId={tracking_id}&after={after}&limit=100"
        ) as answer:
            page = json.load(answer)
        found += [e["eventId"] for e in page["events"] if (e.get("eventId") or "").startswith(prefix)]
        after = page["next"]
    return found


def test_one_bad_event_of_a_page_is_kept_with_its_reason(server, tracking_id):
    body = {
        "trackingId": tracking_id,
        "sessionId": "s",
        "sentAt": time.time(),
        "eventList": [event(eventId="page-1"), event(eventId="page-2", itemId=""), event(eventId="page-3")],
    }
    status, headers, answer = post(server, "/events", json.dumps(body).encode(), "text/plain;charset=UTF-8")
    answer = json.loads(answer)
    assert status == 200 and headers["access-control-allow-origin"] == "*"
    assert answer["accepted"] == 2 and answer["invalid"][0]["eventId"] == "page-2"
    assert stored(server, tracking_id, "page-") == ["page-1", "page-3"]
    with urllib.request.urlopen(f"{server.url}/datasets/refused?trackingId={tracking_id}") as answer:
        refused = json.load(answer)["refused"]
    assert any("page-2" in row["raw"] and "itemId" in row["reason"] for row in refused)


def test_a_repeated_event_counts_once(server, events, tracking_id):
    for _ in range(3):
        events.put_events(
            trackingId=tracking_id, userId="u", sessionId="s", eventList=[event(eventId="again-1")]
        )
    assert stored(server, tracking_id, "again-") == ["again-1"]


def test_pages_of_a_list(personalize):
    for number in range(5):
        personalize.create_schema(name=f"page-{number}", schema=steps.INTERACTIONS)
    pages = list(personalize.get_paginator("list_schemas").paginate(PaginationConfig={"PageSize": 2}))
    names = [schema["name"] for page in pages for schema in page["schemas"]]
    assert len(names) == len(set(names)) and {f"page-{n}" for n in range(5)} <= set(names)
    with pytest.raises(personalize.exceptions.InvalidNextTokenException):
        personalize.list_schemas(nextToken="nonsense")


def test_list_recipes_always_has_a_token(personalize):
    first = personalize.list_recipes()
    assert first["recipes"] and personalize.list_recipes(nextToken=first["nextToken"])["recipes"] == []


def test_what_this_version_does_not_do_is_refused_not_ignored(personalize, group):
    with pytest.raises(botocore.exceptions.ClientError, match="UnknownOperation"):
        personalize.list_metric_attributions()
