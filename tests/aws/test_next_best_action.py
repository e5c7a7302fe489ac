"""Next best action: actions and what users answered to offers in, propensities out; at once, as events are."""

import csv
import json
import subprocess
import time
import urllib.request

import pytest
import steps
from conftest import KEYS, ROOT, Server

NEXT_BEST_ACTION = "arn:aws:personalize:::recipe/aws-next-best-action"
DAY = 86_400
NOW = int(time.time())

ACTIONS = steps.schema(
    "Actions",
    steps.field("ACTION_ID"),
    steps.field("TYPE", ["null", "string"], categorical=True),
    steps.field("VALUE", ["null", "long"]),
    steps.field("EXPIRATION_TIMESTAMP", ["null", "long"]),
    steps.field("REPEAT_FREQUENCY", ["null", "long"]),
)
ANSWERS = steps.schema(
    "ActionInteractions",
    steps.field("USER_ID"),
    steps.field("ACTION_ID"),
    steps.field("EVENT_TYPE"),
    steps.field("TIMESTAMP", "long"),
)
USERS = steps.schema("Users", steps.field("USER_ID"), steps.field("PLAN", ["null", "string"], categorical=True))


def write(path, *rows):
    with open(path, "w", newline="") as target:
        csv.writer(target).writerows(rows)
    return path


@pytest.fixture(scope="module")
def shop(personalize, movielens, tmp_path_factory):
    """Users with even ids have the plan "free" and take upgrades; those with odd ids pay and take gifts."""
    folder = tmp_path_factory.mktemp("actions")
    group = personalize.create_dataset_group(name="actions")["datasetGroupArn"]
    interactions = steps.dataset(personalize, group, "a-interactions", "INTERACTIONS", steps.INTERACTIONS)
    actions = steps.dataset(personalize, group, "a-actions", "Actions", ACTIONS)
    answers = steps.dataset(personalize, group, "a-answers", "Action_Interactions", ANSWERS)
    users = steps.dataset(personalize, group, "a-users", "USERS", USERS)
    rows = [["ACTION_ID", "TYPE", "VALUE", "EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY"]]
    rows += [[f"upgrade-{n}", "upgrade", 5, "", ""] for n in range(3)]
    rows += [[f"gift-{n}", "gift", 3, "", ""] for n in range(3)]
    rows += [["over", "upgrade", 9, NOW - DAY, ""], ["seldom", "gift", 1, "", 7]]
    steps.import_csv(personalize, "a-actions", actions, write(folder / "actions.csv", *rows))
    plans = [[user, "paid" if user % 2 else "free"] for user in range(1, 611)]
    steps.import_csv(personalize, "a-users", users, write(folder / "users.csv", ["USER_ID", "PLAN"], *plans))
    told = [["USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP"]]
    for user in range(1, 501):
        for n in range(3):
            for kind in ("upgrade", "gift"):
                is_own = (kind == "gift") == bool(user % 2)
                is_taken = is_own if (user * 31 + n * 7) % 9 else not is_own
                when = NOW - 30 * DAY + (user * 17 + n * 29) % 25 * DAY
                told.append([user, f"{kind}-{n}", "Taken" if is_taken else "Not Taken", when])
    steps.import_csv(personalize, "a-answers", answers, write(folder / "answers.csv", *told))
    steps.import_csv(personalize, "a-interactions", interactions, movielens["interactions"])
    version = steps.train(personalize, "actions", group, NEXT_BEST_ACTION)
    config = {"itemExplorationConfig": {"explorationWeight": "0"}}
    campaign = personalize.create_campaign(
        name="actions", solutionVersionArn=version, campaignConfig=config
    )["campaignArn"]
    tracking_id = personalize.describe_dataset(datasetArn=answers)["dataset"]["trackingId"]
    return {
        "group": group,
        "version": version,
        "campaign": campaign,
        "actions": actions,
        "answers": answers,
        "tracking_id": tracking_id,
    }


def offered(runtime, shop, user, **options):
    answer = runtime.get_action_recommendations(campaignArn=shop["campaign"], userId=user, **options)
    assert answer["recommendationId"].startswith("RID-")
    return answer["actionList"]


def answer(action, event_type, user, when=None, **more):
    when = when or NOW
    return {"actionId": action, "eventType": event_type, "userId": user, "sessionId": f"s-{user}", "timestamp": when, **more}


def test_users_are_offered_what_their_kind_takes_with_its_propensity(runtime, shop):
    for user, kind in [("602", "upgrade"), ("603", "gift")]:
        actions = offered(runtime, shop, user)
        scores = [action["score"] for action in actions]
        assert len(actions) == 5 and scores == sorted(scores, reverse=True)
        assert all(action["actionId"].startswith(kind) for action in actions[:3])
        assert 0.6 < scores[0] < 1 and 0 < scores[-1] < 0.4


def test_the_metrics_are_of_offers_that_were_held_back(personalize, shop):
    metrics = personalize.get_solution_metrics(solutionVersionArn=shop["version"])["metrics"]
    assert sorted(metrics) == ["area_under_curve", "calibration_error", "coverage", "precision", "recall"]
    assert metrics["area_under_curve"] > 0.8 and metrics["calibration_error"] < 0.1


def test_what_is_over_is_not_offered_and_what_was_answered_rests(events, runtime, shop):
    everything = [action["actionId"] for action in offered(runtime, shop, "605", numResults=100)]
    assert "over" not in everything and "seldom" in everything
    viewed = [answer("seldom", "VIEWED", "605")]
    events.put_action_interactions(trackingId=shop["tracking_id"], actionInteractions=viewed)
    assert "seldom" in [action["actionId"] for action in offered(runtime, shop, "605", numResults=100)]
    taken = [answer("seldom", "TAKEN", "605")]
    response = events.put_action_interactions(trackingId=shop["tracking_id"], actionInteractions=taken)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "seldom" not in [action["actionId"] for action in offered(runtime, shop, "605", numResults=100)]


def test_an_action_that_was_put_is_offered_at_once_like_its_kind(events, runtime, shop):
    properties = json.dumps({"type": "upgrade", "value": 10})
    events.put_actions(datasetArn=shop["actions"], actions=[{"actionId": "brand-new", "properties": properties}])
    scores = {
        user: {action["actionId"]: action["score"] for action in offered(runtime, shop, user, numResults=100)}
        for user in ("602", "603")
    }
    assert scores["602"]["brand-new"] > 0.5 > scores["603"]["brand-new"]


def test_filters_are_about_actions_and_answers(personalize, events, runtime, shop):
    def filtered(name, expression, user, **values):
        arn = personalize.create_filter(
            name=name, datasetGroupArn=shop["group"], filterExpression=expression
        )["filterArn"]
        actions = offered(runtime, shop, user, filterArn=arn, numResults=100, **values)
        return [action["actionId"] for action in actions]

    gifts = filtered(
        "gifts", "INCLUDE ActionID WHERE Actions.TYPE IN ($KIND)", "602", filterValues={"KIND": '"gift"'}
    )
    assert gifts and all(action.startswith(("gift", "seldom")) for action in gifts)
    taken = [answer("upgrade-1", "Taken", "606")]
    events.put_action_interactions(trackingId=shop["tracking_id"], actionInteractions=taken)
    expression = 'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("Taken")'
    left = filtered("not-again", expression, "606")
    assert "upgrade-1" not in left and "upgrade-2" in left


def test_a_call_is_taken_as_a_whole_and_repeats_count_once(server, events, shop):
    def seen():
        url = f"{server.url}/datasets/events?trackingId={shop['tracking_id']}&limit=10000"
        rows = json.load(urllib.request.urlopen(url))["events"]
        return [row for row in rows if row["sessionId"] in ("s-r1", "s-r2")]

    call = [
        answer("gift-1", "Viewed", "r1", eventId="v1"),
        answer("gift-2", "Not Taken", "r1"),
        answer("gift-1", "Taken", "r2", properties='{"discount": 2}'),
    ]
    for _ in range(2):
        events.put_action_interactions(trackingId=shop["tracking_id"], actionInteractions=call)
    assert [(row["userId"], row["itemId"]) for row in seen()] == [("r1", "gift-1"), ("r1", "gift-2"), ("r2", "gift-1")]
    refused = events.exceptions.InvalidInputException
    with pytest.raises(refused, match="eventType is not valid"):
        bought = answer("gift-3", "bought", "r1")
        events.put_action_interactions(trackingId=shop["tracking_id"], actionInteractions=[call[0], bought])
    with pytest.raises(refused, match="1 to 10"):
        events.put_action_interactions(trackingId=shop["tracking_id"], actionInteractions=call * 4)
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.put_action_interactions(trackingId="unknown", actionInteractions=call)
    assert len(seen()) == 3
    url = f"{server.url}/datasets/refused?trackingId={shop['tracking_id']}"
    reasons, end = [], time.monotonic() + 10
    while len(reasons) < 2 and time.monotonic() < end:  # nobody waits for what is kept of a refused call
        reasons = [row["reason"] for row in json.load(urllib.request.urlopen(url))["refused"]]
    assert any("Taken, Not Taken or Viewed" in reason for reason in reasons)


def test_the_tracking_ids_of_events_and_of_actions_are_not_the_same(personalize, events, shop):
    tracker = personalize.create_event_tracker(name="a-events", datasetGroupArn=shop["group"])["trackingId"]
    with pytest.raises(events.exceptions.InvalidInputException, match="DescribeDataset"):
        events.put_action_interactions(trackingId=tracker, actionInteractions=[answer("gift-1", "Taken", "1")])


def test_exploration_gives_places_to_what_few_have_answered(personalize, events, runtime, shop):
    campaign = personalize.create_campaign(
        name="curious",
        solutionVersionArn=shop["version"],
        campaignConfig={"itemExplorationConfig": {"explorationWeight": "1"}},
    )["campaignArn"]
    new = [{"actionId": f"trial-{n}", "properties": json.dumps({"type": "trial"})} for n in range(10)]
    events.put_actions(datasetArn=shop["actions"], actions=new)
    lists = [
        runtime.get_action_recommendations(campaignArn=campaign, userId=str(user))["actionList"]
        for user in range(100, 150)
    ]
    explored = [action for actions in lists for action in actions if action["score"] == 0]
    assert 40 < len(explored) < 130
    again = runtime.get_action_recommendations(campaignArn=campaign, userId="100")["actionList"]
    assert again == lists[0]


def test_without_any_answer_value_decides_and_nothing_is_claimed(personalize, runtime, movielens, tmp_path):
    group = personalize.create_dataset_group(name="quiet")["datasetGroupArn"]
    interactions = steps.dataset(personalize, group, "q-interactions", "INTERACTIONS", steps.INTERACTIONS)
    steps.import_csv(personalize, "q-interactions", interactions, movielens["interactions"])
    solution = personalize.create_solution(name="quiet", recipeArn=NEXT_BEST_ACTION, datasetGroupArn=group)
    arn = personalize.create_solution_version(solutionArn=solution["solutionArn"])["solutionVersionArn"]
    describe = lambda: personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]
    with pytest.raises(AssertionError, match="CREATE FAILED"):
        steps.wait(describe)
    assert "no actions" in describe()["failureReason"]
    actions = steps.dataset(personalize, group, "q-actions", "ACTIONS", ACTIONS)
    rows = [["cheap", "gift", 1, "", ""], ["dear", "gift", 9, "", ""], ["fair", "gift", 5, "", ""]]
    header = ["ACTION_ID", "TYPE", "VALUE", "EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY"]
    steps.import_csv(personalize, "q-actions", actions, write(tmp_path / "actions.csv", header, *rows))
    version = steps.train(personalize, "quiet-again", group, NEXT_BEST_ACTION)
    campaign = personalize.create_campaign(name="quiet", solutionVersionArn=version)["campaignArn"]
    actions = runtime.get_action_recommendations(campaignArn=campaign, userId="1")["actionList"]
    assert actions == [{"actionId": action, "score": 0} for action in ("dear", "fair", "cheap")]


def test_the_command_line_of_aws_sends_answers_and_asks_for_actions(server, shop):
    def aws(*arguments):
        command = [ROOT / ".venv/bin/aws", "--endpoint-url", server.url, *arguments]
        env = {name.upper(): value for name, value in KEYS.items()} | {"AWS_DEFAULT_REGION": "us-east-1"}
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout

    answers = json.dumps([answer("seldom", "Taken", "607")])
    sent = ("put-action-interactions", "--tracking-id", shop["tracking_id"], "--action-interactions", answers)
    assert aws("personalize-events", *sent) == ""
    asked = ("--campaign-arn", shop["campaign"], "--user-id", "607", "--num-results", "100")
    actions = json.loads(aws("personalize-runtime", "get-action-recommendations", *asked))["actionList"]
    assert actions and "seldom" not in [action["actionId"] for action in actions]


def test_answers_are_known_after_a_restart(movielens, tmp_path):
    server = Server(tmp_path / "data")
    personalize, events = server.client("personalize"), server.client("personalize-events")
    group = personalize.create_dataset_group(name="again")["datasetGroupArn"]
    dataset = steps.dataset(personalize, group, "again", "ACTION_INTERACTIONS", ANSWERS)
    tracking_id = personalize.describe_dataset(datasetArn=dataset)["dataset"]["trackingId"]
    events.put_action_interactions(trackingId=tracking_id, actionInteractions=[answer("a", "Taken", "u")])
    actions = steps.dataset(personalize, group, "again-actions", "ACTIONS", ACTIONS)
    steps.import_csv(
        personalize,
        "again",
        actions,
        write(
            tmp_path / "actions.csv",
            ["ACTION_ID", "TYPE", "VALUE", "EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY"],
            ["a", "x", 1, "", 7],
            ["b", "x", 1, "", 7],
        ),
    )
    interactions = steps.dataset(personalize, group, "again-i", "INTERACTIONS", steps.INTERACTIONS)
    steps.import_csv(personalize, "again-i", interactions, movielens["interactions"])
    version = steps.train(personalize, "again", group, NEXT_BEST_ACTION)
    campaign = personalize.create_campaign(name="again", solutionVersionArn=version)["campaignArn"]
    for _ in range(2):
        server.until_ready()
        runtime = server.client("personalize-runtime")
        found = runtime.get_action_recommendations(campaignArn=campaign, userId="u")["actionList"]
        assert [action["actionId"] for action in found] == ["b"]
        server.client("personalize-events").put_action_interactions(
            trackingId=tracking_id, actionInteractions=[answer("a", "Viewed", "other")]
        )
        server.stop()
        server = Server(tmp_path / "data")
    server.stop()


def test_other_calls_and_other_campaigns_are_refused_with_the_right_name(personalize, runtime, shop, tmp_path):
    refused = runtime.exceptions.InvalidInputException
    with pytest.raises(refused, match="GetActionRecommendations"):
        runtime.get_recommendations(campaignArn=shop["campaign"], userId="1")
    with pytest.raises(personalize.exceptions.InvalidInputException, match="GetActionRecommendations"):
        personalize.create_batch_inference_job(
            jobName="actions",
            solutionVersionArn=shop["version"],
            jobInput={"s3DataSource": {"path": f"file://{tmp_path}/none.json"}},
            jobOutput={"s3DataDestination": {"path": f"file://{tmp_path}/"}},
            roleArn=steps.ROLE,
        )
    domain = personalize.create_dataset_group(name="actions-shop", domain="ECOMMERCE")["datasetGroupArn"]
    with pytest.raises(personalize.exceptions.InvalidInputException, match="custom dataset groups"):
        steps.dataset(personalize, domain, "domain-actions", "ACTIONS", ACTIONS)
