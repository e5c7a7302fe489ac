"""Solutions train themselves again when enough has happened, and campaigns that follow the latest version take it."""

import time

import conftest
import pytest
import steps


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A server that trains on fifty interactions, and a group with as many."""
    server = conftest.Server(tmp_path_factory.mktemp("automatic"), "--min-interactions", "50")
    personalize = server.client("personalize")
    group = personalize.create_dataset_group(name="g")["datasetGroupArn"]
    steps.dataset(personalize, group, "interactions", "INTERACTIONS", steps.INTERACTIONS)
    tracking_id = personalize.create_event_tracker(name="t", datasetGroupArn=group)["trackingId"]
    record(server, tracking_id, 0, 300)
    yield server, personalize, group, tracking_id
    server.stop()


def record(server, tracking_id, first, count):
    """So many events, ten of each of thirty users in turn: the service wants 25 with two."""
    events = server.client("personalize-events")
    for n in range(first, first + count, 10):
        listed = [{"eventType": "view", "itemId": f"i{at % 7}", "sentAt": 1_700_000_000 + at} for at in range(n, n + 10)]
        user = n // 10 % 30
        events.put_events(trackingId=tracking_id, userId=f"u{user}", sessionId=f"s{user}", eventList=listed)


def others(personalize, version):
    """The other versions of its solution."""
    listed = personalize.list_solution_versions(solutionArn=version.rsplit("/", 1)[0])["solutionVersions"]
    return [one["solutionVersionArn"] for one in listed if one["solutionVersionArn"] != version]


def another(personalize, version, seconds=60):
    """The version that comes by itself."""
    end = time.monotonic() + seconds
    while not (found := others(personalize, version)) and time.monotonic() < end:
        time.sleep(0.2)
    (other,) = found
    return other


def test_a_solution_trains_itself_when_it_has_grown_and_its_campaign_follows(small):
    server, personalize, group, tracking_id = small
    first = steps.train(personalize, "grows", group)
    campaign = personalize.create_campaign(
        name="follows",
        solutionVersionArn=first.rsplit("/", 1)[0] + "/$LATEST",
        campaignConfig={"syncWithLatestSolutionVersion": True},
    )["campaignArn"]
    record(server, tracking_id, 1_000, 60)
    second = another(personalize, first)
    described = steps.wait(
        lambda: personalize.describe_solution_version(solutionVersionArn=second)["solutionVersion"]
    )
    assert described["trainingType"] == "AUTOMATIC"
    assert personalize.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"] == second


def test_a_solution_that_says_no_or_names_a_rhythm_is_left_alone(small):
    server, personalize, group, tracking_id = small
    alone = steps.train(personalize, "alone", group, performAutoTraining=False)
    weekly = steps.train(
        personalize, "weekly", group, solutionConfig={"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}
    )
    watched = steps.train(personalize, "watched", group)
    record(server, tracking_id, 2_000, 100)
    another(personalize, watched)
    for version in [alone, weekly]:
        assert others(personalize, version) == []
