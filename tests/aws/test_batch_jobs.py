"""Batch jobs: files of questions in, files of answers out, the same answers as at run time, and one line for each line."""

import csv
import json
import os
import subprocess

import pytest
import steps
from conftest import KEYS, ROOT, Server


def recipe(name):
    return f"arn:aws:personalize:::recipe/{name}"


USERS = steps.schema("Users", steps.field("USER_ID"), steps.field("PLAN", ["null", "string"], categorical=True))


@pytest.fixture(scope="module")
def films(personalize, movielens, tmp_path_factory):
    """MovieLens with plans of users: every third pays."""
    group = personalize.create_dataset_group(name="batch")["datasetGroupArn"]
    interactions = steps.dataset(personalize, group, "batch-interactions", "INTERACTIONS", steps.INTERACTIONS)
    items = steps.dataset(personalize, group, "batch-items", "ITEMS", steps.ITEMS)
    users = steps.dataset(personalize, group, "batch-users", "USERS", USERS)
    with open(movielens["interactions"], newline="") as source:
        rows = [row["USER_ID"] for row in csv.DictReader(source)]
    path = tmp_path_factory.mktemp("batch-users") / "users.csv"
    with open(path, "w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["USER_ID", "PLAN"])
        writer.writerows([user, "paid" if int(user) % 3 == 0 else "free"] for user in sorted(set(rows)))
    steps.import_csv(personalize, "batch-interactions", interactions, movielens["interactions"])
    steps.import_csv(personalize, "batch-items", items, movielens["items"])
    steps.import_csv(personalize, "batch-users", users, path)
    return group


@pytest.fixture(scope="module")
def version(personalize, films):
    """Trains a recipe once."""
    trained = {}

    def of(name):
        if name not in trained:
            trained[name] = steps.train(personalize, f"batch-{name}", films, recipe(name))
        return trained[name]

    return of


def places(folder, questions):
    path = folder / "questions.json"
    path.write_text("".join(q if isinstance(q, str) else json.dumps(q) + "\n" for q in questions))
    return {
        "jobInput": {"s3DataSource": {"path": f"file://{path}"}},
        "jobOutput": {"s3DataDestination": {"path": f"file://{folder}/out/"}},
        "roleArn": steps.ROLE,
    }


def read(folder):
    assert [path.name for path in (folder / "out").iterdir()] == ["questions.json.out"]
    return [json.loads(line) for line in (folder / "out" / "questions.json.out").read_text().splitlines()]


def infer(personalize, name, version_arn, folder, questions, **options):
    arn = personalize.create_batch_inference_job(
        jobName=name, solutionVersionArn=version_arn, **places(folder, questions), **options
    )["batchInferenceJobArn"]
    steps.wait(lambda: personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"])
    return read(folder)


def segment(personalize, name, version_arn, folder, questions, **options):
    arn = personalize.create_batch_segment_job(
        jobName=name, solutionVersionArn=version_arn, **places(folder, questions), **options
    )["batchSegmentJobArn"]
    steps.wait(lambda: personalize.describe_batch_segment_job(batchSegmentJobArn=arn)["batchSegmentJob"])
    return read(folder)


def test_every_line_gets_what_the_campaign_answers_and_a_wrong_one_says_why(
    personalize, runtime, version, tmp_path
):
    arn = version("aws-user-personalization-v2")
    questions = [{"userId": "1"}, {"itemId": "1"}, "not JSON\n", {"userId": "nobody"}]
    lines = infer(personalize, "people", arn, tmp_path, questions, numResults=5)
    assert [line["input"] for line in lines] == [{"userId": "1"}, {"itemId": "1"}, "not JSON", {"userId": "nobody"}]
    campaign = personalize.create_campaign(name="batch-people", solutionVersionArn=arn)["campaignArn"]
    answer = runtime.get_recommendations(campaignArn=campaign, userId="1", numResults=5)["itemList"]
    assert lines[0]["output"] == {
        "recommendedItems": [item["itemId"] for item in answer],
        "scores": [item["score"] for item in answer],
    }
    assert lines[0]["error"] is None
    wrong = "User error: Required fields for the provided recipe are userId"
    assert lines[1]["error"] == wrong and lines[1]["output"] == {"recommendedItems": []}
    assert lines[2]["error"].startswith("User error: the line is not a JSON object")
    assert len(lines[3]["output"]["recommendedItems"]) == 5
    listed = personalize.list_batch_inference_jobs(solutionVersionArn=arn)["batchInferenceJobs"]
    assert [job["jobName"] for job in listed] == ["people"] and listed[0]["status"] == "ACTIVE"


def test_a_filter_of_a_job_has_the_values_of_each_line(personalize, films, version, tmp_path):
    filter_arn = personalize.create_filter(
        name="batch-genre",
        datasetGroupArn=films,
        filterExpression="INCLUDE ItemID WHERE Items.GENRES IN ($GENRE)",
    )["filterArn"]
    questions = [
        {"itemId": "1", "filterValues": {"GENRE": '"Horror"'}},
        {"itemId": "1", "filterValues": {"GENRE": '"Western"'}},
        {"itemId": "1"},
    ]
    lines = infer(
        personalize, "beside", version("aws-sims"), tmp_path, questions, filterArn=filter_arn, numResults=3
    )
    horror, western = [line["output"] for line in lines[:2]]
    assert len(horror["recommendedItems"]) == 3 and "scores" not in horror
    assert not set(horror["recommendedItems"]) & set(western["recommendedItems"])
    assert "GENRE" in lines[2]["error"]


def test_lists_are_ordered_for_each_line(personalize, version, tmp_path):
    questions = [{"userId": "5", "itemList": ["1", "no such film", "2", "318"]}, {"userId": "5"}]
    lines = infer(personalize, "orders", version("aws-personalized-ranking"), tmp_path, questions)
    output = lines[0]["output"]
    assert sorted(output["recommendedItems"]) == sorted(questions[0]["itemList"])
    assert output["recommendedItems"][-1] == "no such film" and output["scores"][-1] == 0
    assert abs(sum(output["scores"]) - 1) < 1e-5
    assert lines[1]["error"] == "User error: Required fields for the provided recipe are userId, itemList"


def test_a_segment_of_an_item_holds_people_who_have_not_seen_it(
    personalize, films, version, movielens, tmp_path
):
    arn = version("aws-item-affinity")
    lines = segment(personalize, "affine", arn, tmp_path, [{"itemId": "1"}, {"itemId": "none"}, {"userId": "1"}])
    users = lines[0]["output"]["usersList"]
    with open(movielens["interactions"], newline="") as source:
        seen = {row["USER_ID"] for row in csv.DictReader(source) if row["ITEM_ID"] == "1"}
    assert len(set(users)) == 25 and not set(users) & seen
    assert lines[1]["output"] == {"usersList": []} and "none" in lines[1]["error"]
    assert lines[2]["error"] == "User error: Required fields for the provided recipe are itemId"
    metrics = personalize.get_solution_metrics(solutionVersionArn=arn)["metrics"]
    assert sorted(metrics) == ["coverage", "hits_at_1_percent", "recall_at_1_percent"]
    assert metrics["hits_at_1_percent"] > 0
    listed = personalize.list_batch_segment_jobs()["batchSegmentJobs"]
    assert "affine" in [job["jobName"] for job in listed]


def test_a_segment_of_attributes_obeys_a_filter_on_users(personalize, films, version, tmp_path):
    filter_arn = personalize.create_filter(
        name="who-pays", datasetGroupArn=films, filterExpression='INCLUDE UserID WHERE Users.PLAN IN ("paid")'
    )["filterArn"]
    questions = [
        {"itemAttributes": 'ITEMS.genres = "Comedy"'},
        {"itemAttributes": 'ITEMS.genres = "Horror" AND ITEMS.genres = "Sci-Fi"'},
        {"itemAttributes": 'ITEMS.genres = "Cooking"'},
        {"itemAttributes": "ITEMS.genres"},
    ]
    arn = version("aws-item-attribute-affinity")
    lines = segment(personalize, "tastes", arn, tmp_path, questions, filterArn=filter_arn, numResults=10)
    comedy, both = [line["output"]["usersList"] for line in lines[:2]]
    assert len(comedy) == len(both) == 10 and comedy != both
    assert all(int(user) % 3 == 0 for user in comedy + both)
    assert "Cooking" in lines[2]["error"] and lines[3]["error"].startswith("User error: ")


def test_a_filter_may_ask_what_people_did_with_the_item(personalize, films, version, movielens, tmp_path):
    filter_arn = personalize.create_filter(
        name="who-saw-it",
        datasetGroupArn=films,
        filterExpression='INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("*")',
    )["filterArn"]
    arn = version("aws-item-affinity")
    lines = segment(personalize, "again", arn, tmp_path, [{"itemId": "1"}], filterArn=filter_arn, numResults=1000)
    with open(movielens["interactions"], newline="") as source:
        seen = {row["USER_ID"] for row in csv.DictReader(source) if row["ITEM_ID"] == "1"}
    assert set(lines[0]["output"]["usersList"]) == seen
    with pytest.raises(personalize.exceptions.InvalidInputException, match="filter by columns of Users"):
        personalize.create_batch_segment_job(
            jobName="no-item",
            solutionVersionArn=version("aws-item-attribute-affinity"),
            filterArn=filter_arn,
            **places(tmp_path, []),
        )


def test_what_cannot_be_meant_is_refused_at_once(personalize, version, tmp_path):
    good = places(tmp_path, [{"itemId": "1"}])
    sims, affinity = version("aws-sims"), version("aws-item-affinity")
    bucket = {"s3DataSource": {"path": "s3://bucket/questions.json"}}
    refused = personalize.exceptions.InvalidInputException
    with pytest.raises(refused, match="Invalid S3 input path"):
        personalize.create_batch_inference_job(
            jobName="bucket", solutionVersionArn=sims, **{**good, "jobInput": bucket}
        )
    with pytest.raises(refused, match="CreateBatchSegmentJob"):
        personalize.create_batch_inference_job(jobName="wrong", solutionVersionArn=affinity, **good)
    with pytest.raises(refused, match="aws-item-affinity"):
        personalize.create_batch_segment_job(jobName="wrong", solutionVersionArn=sims, **good)
    with pytest.raises(refused, match="language model"):
        personalize.create_batch_inference_job(
            jobName="themes", solutionVersionArn=sims, batchInferenceJobMode="THEME_GENERATION", **good
        )
    with pytest.raises(refused, match="CreateBatchSegmentJob"):
        personalize.create_campaign(name="segments", solutionVersionArn=affinity)


def test_a_file_that_is_not_there_fails_the_job_with_a_reason(personalize, version, tmp_path):
    gone = places(tmp_path, [])
    (tmp_path / "questions.json").unlink()
    arn = personalize.create_batch_inference_job(
        jobName="gone", solutionVersionArn=version("aws-sims"), **gone
    )["batchInferenceJobArn"]
    describe = lambda: personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]
    with pytest.raises(AssertionError, match="CREATE FAILED"):
        steps.wait(describe)
    assert describe()["failureReason"].startswith("Invalid S3 input path.")


def test_a_training_does_not_wait_for_a_job_that_takes_long(personalize, films, version, tmp_path):
    # Nobody can read further until somebody writes.
    slow = tmp_path / "in" / "slow.json"
    slow.parent.mkdir()
    os.mkfifo(slow)
    source = {"jobInput": {"s3DataSource": {"path": f"file://{slow.parent}"}}}
    arn = personalize.create_batch_inference_job(
        jobName="slow", solutionVersionArn=version("aws-sims"), **{**places(tmp_path, []), **source}
    )["batchInferenceJobArn"]
    describe = lambda: personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]
    try:
        steps.train(personalize, "beside-a-job", films, recipe("aws-popularity-count"))
        assert describe()["status"].startswith("CREATE")
    finally:
        slow.write_text('{"itemId": "1"}\n')
    steps.wait(describe)
    assert [json.loads(line)["error"] for line in (tmp_path / "out" / "slow.json.out").open()] == [None]


def test_a_job_that_was_interrupted_is_done_after_a_restart(movielens, tmp_path):
    server = Server(tmp_path / "data")
    personalize = server.client("personalize")
    group = personalize.create_dataset_group(name="restart")["datasetGroupArn"]
    interactions = steps.dataset(personalize, group, "restart", "INTERACTIONS", steps.INTERACTIONS)
    steps.import_csv(personalize, "restart", interactions, movielens["interactions"])
    version = steps.train(personalize, "restart", group, recipe("aws-popularity-count"))
    questions = [{"userId": str(number)} for number in range(20_000)]
    arn = personalize.create_batch_inference_job(
        jobName="restart", solutionVersionArn=version, numResults=3, **places(tmp_path, questions)
    )["batchInferenceJobArn"]
    server.stop()
    whole = tmp_path / "out" / "questions.json.out"
    assert not whole.exists() or len(whole.read_text().splitlines()) == len(questions)
    server = Server(tmp_path / "data")
    personalize = server.client("personalize")
    steps.wait(lambda: personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"])
    assert [line["input"] for line in read(tmp_path)] == questions
    server.stop()


def test_the_command_line_of_aws_starts_and_shows_a_job(server, version, tmp_path):
    """The shorthand of the guide, unmodified but for the endpoint and the places."""

    def aws(*arguments):
        command = [ROOT / ".venv/bin/aws", "--endpoint-url", server.url, "personalize", *arguments]
        env = {name.upper(): value for name, value in KEYS.items()} | {"AWS_DEFAULT_REGION": "us-east-1"}
        printed = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
        return json.loads(printed)

    job = places(tmp_path, [{"itemId": "1"}])
    arn = aws(
        "create-batch-segment-job",
        *("--job-name", "cli", "--solution-version-arn", version("aws-item-affinity"), "--num-results", "7"),
        *("--job-input", f"s3DataSource={{path={job['jobInput']['s3DataSource']['path']}}}"),
        *("--job-output", f"s3DataDestination={{path={job['jobOutput']['s3DataDestination']['path']}}}"),
        *("--role-arn", steps.ROLE),
    )["batchSegmentJobArn"]
    described = steps.wait(
        lambda: aws("describe-batch-segment-job", "--batch-segment-job-arn", arn)["batchSegmentJob"]
    )
    assert described["numResults"] == 7 and len(read(tmp_path)[0]["output"]["usersList"]) == 7
