"""Context: people choose other things on other devices, and a list that is asked for on one of them follows it."""

import csv
import json
import random

import botocore.exceptions
import pytest
import steps

INTERACTIONS = steps.schema(
    "Interactions",
    steps.field("USER_ID"),
    steps.field("ITEM_ID"),
    steps.field("TIMESTAMP", "long"),
    steps.field("DEVICE", ["null", "string"], categorical=True),
)
RANKING = "arn:aws:personalize:::recipe/aws-personalized-ranking-v2"
USERS = 200
CHOICES = 20


def item(device, number):
    return f"{device}-{number:02}"


def everything(group):
    """Who did what on which device: phones and televisions come by a file, cars by events."""
    chance = random.Random(group)
    for user in range(USERS):
        for at in range(9):
            device = chance.choice(["phone", "tv", "car"])
            yield f"u{user}", item(device, chance.randrange(CHOICES)), 1_700_000_000 + at, device


@pytest.fixture(scope="module")
def campaigns(personalize, events, tmp_path_factory):
    group = personalize.create_dataset_group(name="contexts")["datasetGroupArn"]
    dataset = steps.dataset(personalize, group, "contexts", "INTERACTIONS", INTERACTIONS)
    path = tmp_path_factory.mktemp("contexts") / "interactions.csv"
    sent = {}
    with open(path, "w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["USER_ID", "ITEM_ID", "TIMESTAMP", "DEVICE"])
        for user, chosen, at, device in everything("contexts"):
            if device == "car":
                sent.setdefault(user, []).append((chosen, at))
            else:
                writer.writerow([user, chosen, at, device])
    steps.import_csv(personalize, "contexts", dataset, path)
    tracker = personalize.create_event_tracker(name="contexts", datasetGroupArn=group)["trackingId"]
    for user, chosen in sent.items():
        put(events, tracker, user, chosen, "car")
    made = {}
    for name, recipe in (("lists", steps.RECIPE), ("rankings", RANKING)):
        version = steps.train(personalize, f"contexts-{name}", group, recipe)
        made[name] = personalize.create_campaign(name=f"contexts-{name}", solutionVersionArn=version)["campaignArn"]
        made[f"{name} version"] = version
    return made


def put(events, tracker, user, chosen, device):
    events.put_events(
        trackingId=tracker,
        userId=user,
        sessionId=f"session-{user}",
        eventList=[
            {
                "eventType": "play",
                "itemId": item_id,
                "sentAt": at,
                "properties": json.dumps({"device": device}),
            }
            for item_id, at in chosen[:10]
        ],
    )


def asked(runtime, campaign, user, **options):
    answer = runtime.get_recommendations(campaignArn=campaign, userId=user, numResults=10, **options)
    return [(entry["itemId"], entry["score"]) for entry in answer["itemList"]]


def on(answers, device):
    return sum(item_id.startswith(device) for item_id, _ in answers)


@pytest.mark.parametrize("device", ["phone", "tv", "car"])
@pytest.mark.parametrize("user", ["u7", "nobody yet"])
def test_a_list_follows_the_device(runtime, campaigns, device, user):
    answers = asked(runtime, campaigns["lists"], user, context={"DEVICE": device})
    assert on(answers, device) >= 9, answers
    assert [answer for answer in answers if answer not in asked(runtime, campaigns["lists"], user)]


def test_what_is_unknown_of_a_context_has_no_effect_and_names_ignore_case(runtime, campaigns):
    plain = asked(runtime, campaigns["lists"], "u7")
    for context in ({}, {"DEVICE": "fridge"}, {"CITY": "Ulm"}, {"DEVICE": ""}):
        assert asked(runtime, campaigns["lists"], "u7", context=context) == plain
    phone = asked(runtime, campaigns["lists"], "u7", context={"DEVICE": "phone"})
    assert asked(runtime, campaigns["lists"], "u7", context={"device": "phone", "CITY": "Ulm"}) == phone


def test_a_ranking_follows_the_device(runtime, campaigns):
    given = [item(device, number) for number in range(3) for device in ("tv", "car", "phone")]
    for device in ("phone", "tv", "car"):
        answer = runtime.get_personalized_ranking(
            campaignArn=campaigns["rankings"], userId="u7", inputList=given, context={"DEVICE": device}
        )
        first = [entry["itemId"] for entry in answer["personalizedRanking"][:3]]
        assert all(item_id.startswith(device) for item_id in first), first


def test_a_batch_job_takes_a_context_in_each_line(personalize, runtime, campaigns, tmp_path):
    lines = [{"userId": "u7", "context": {"DEVICE": device}} for device in ("phone", "tv")]
    lines.append({"userId": "u7"})
    questions = tmp_path / "questions.json"
    questions.write_text("".join(json.dumps(line) + "\n" for line in lines))
    arn = personalize.create_batch_inference_job(
        jobName="contexts",
        solutionVersionArn=campaigns["lists version"],
        numResults=10,
        jobInput={"s3DataSource": {"path": f"file://{questions}"}},
        jobOutput={"s3DataDestination": {"path": f"file://{tmp_path}/out/"}},
        roleArn=steps.ROLE,
    )["batchInferenceJobArn"]
    steps.wait(lambda: personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"])
    answers = (tmp_path / "out" / "questions.json.out").read_text().splitlines()
    for line, answer in zip(lines, map(json.loads, answers), strict=True):
        options = {"context": line["context"]} if "context" in line else {}
        expected = [item_id for item_id, _ in asked(runtime, campaigns["lists"], "u7", **options)]
        assert answer["output"]["recommendedItems"] == expected


@pytest.mark.parametrize("context", [{"A-B": "x"}, {"A": "x" * 1001}, {f"A{n}": "x" for n in range(151)}])
def test_a_context_beyond_the_limits_is_refused(runtime, campaigns, context):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        runtime.get_recommendations(campaignArn=campaigns["lists"], userId="u7", context=context)
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"
    assert "context" in refused.value.response["Error"]["Message"]


def test_a_column_that_the_solution_leaves_out_has_no_effect(personalize, runtime, campaigns):
    group = personalize.describe_solution_version(solutionVersionArn=campaigns["lists version"])
    group = group["solutionVersion"]["datasetGroupArn"]
    left_out = {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["DEVICE"]}}}
    version = steps.train(personalize, "contexts-left-out", group, solutionConfig=left_out)
    campaign = personalize.create_campaign(name="contexts-left-out", solutionVersionArn=version)["campaignArn"]
    assert asked(runtime, campaign, "u7", context={"DEVICE": "tv"}) == asked(runtime, campaign, "u7")
