"""What a solution may ask of its training: an objective, weights of events, and to go on from the version before."""

import collections
import json
import subprocess
import time
import urllib.request

import conftest
import pytest
import steps

SIMS = "arn:aws:personalize:::recipe/aws-sims"
FIRST = "arn:aws:personalize:::recipe/aws-user-personalization"
WITH_TYPES = steps.schema(
    "Interactions",
    steps.field("USER_ID"),
    steps.field("ITEM_ID"),
    steps.field("TIMESTAMP", "long"),
    steps.field("EVENT_TYPE"),
)
PRICED = steps.schema(
    "Items",
    steps.field("ITEM_ID"),
    steps.field("TITLE", ["null", "string"]),
    steps.field("PRICE", "float"),
)
USERS, ITEMS = 60, 24
RANKER = conftest.ROOT / "sdk-wasm/dist/rank/index.js"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Even users view even items and odd users odd ones, and buy what they viewed last; the later an item, the dearer."""
    folder = tmp_path_factory.mktemp("options")
    server = conftest.Server(folder / "data", "--min-interactions", "50")
    personalize = server.client("personalize")
    group = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    interactions = steps.dataset(personalize, group, "shop-interactions", "INTERACTIONS", WITH_TYPES)
    items = steps.dataset(personalize, group, "shop-items", "ITEMS", PRICED)
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"]
    for user in range(USERS):
        liked = [item for item in range(ITEMS) if item % 2 == user % 2 and item != user % ITEMS]
        liked.sort(key=lambda item: (item * 7 + user * 5) % 23)
        for at, item in enumerate(liked):
            kind = "Buy" if at == len(liked) - 1 else "View"
            rows.append(f"u{user},i{item:02},{1_700_000_000 + at},{kind}")
    (folder / "interactions.csv").write_text("\n".join(rows) + "\n")
    priced = ["ITEM_ID,TITLE,PRICE"] + [f"i{item:02},No. {item},{item}.5" for item in range(ITEMS)]
    (folder / "items.csv").write_text("\n".join(priced) + "\n")
    steps.import_csv(personalize, "shop-interactions", interactions, folder / "interactions.csv")
    steps.import_csv(personalize, "shop-items", items, folder / "items.csv")
    yield server, personalize, group
    server.stop()


def solution(personalize, group, name, recipe=FIRST, **options):
    options = {"performAutoTraining": False, **options}
    return personalize.create_solution(name=name, recipeArn=recipe, datasetGroupArn=group, **options)["solutionArn"]


def version(personalize, solution_arn, **options):
    arn = personalize.create_solution_version(solutionArn=solution_arn, **options)["solutionVersionArn"]
    return steps.wait(
        lambda: personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]
    )


def deployed(personalize, group, name, **options):
    """A solution of this name, trained, behind a campaign of the same name."""
    arn = solution(personalize, group, name)
    trained = version(personalize, arn)["solutionVersionArn"]
    return arn, personalize.create_campaign(name=name, solutionVersionArn=trained, **options)["campaignArn"]


def listed_after_another_training(server, solution_arn, campaign, n_items):
    personalize = server.client("personalize")
    trained = version(personalize, solution_arn)["solutionVersionArn"]
    personalize.update_campaign(campaignArn=campaign, solutionVersionArn=trained)
    return listed(server, campaign, "nobody", n_items)


def shown_group(personalize, name, folder, n_items):
    """Forty people who view items in turn, in a group that wants to know what is shown; its tracking id."""
    group = personalize.create_dataset_group(name=name)["datasetGroupArn"]
    fields = [steps.field("USER_ID"), steps.field("ITEM_ID"), steps.field("TIMESTAMP", "long")]
    fields += [steps.field("EVENT_TYPE"), steps.field("IMPRESSION", ["null", "string"])]
    interactions = steps.dataset(
        personalize, group, f"{name}-interactions", "INTERACTIONS", steps.schema("Interactions", *fields)
    )
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,IMPRESSION"]
    for user in range(40):
        for at in range(8):
            rows.append(f"u{user},i{(user + at * 3) % n_items},{1_700_000_000 + at},View,")
    (folder / "interactions.csv").write_text("\n".join(rows) + "\n")
    steps.import_csv(personalize, f"{name}-interactions", interactions, folder / "interactions.csv")
    return group, personalize.create_event_tracker(name=name, datasetGroupArn=group)["trackingId"]


def listed(server, campaign, user, n=5):
    answer = server.client("personalize-runtime").get_recommendations(
        campaignArn=campaign, userId=user, numResults=n
    )
    return [item["itemId"] for item in answer["itemList"]]


def page_order(url, campaign, observed):
    """The whole catalogue as a page orders it that saw these events, by the package as it is published."""
    if not RANKER.exists():
        pytest.skip("the npm package is not built: npm run build")
    script = f"""
        import {{ openRanker }} from {json.dumps(RANKER.as_uri())};
        const ranker = openRanker({{ campaign: {json.dumps(campaign)}, endpoint: {json.dumps(url)} }});
        await ranker.ready;
        for (const [item, type] of {json.dumps(observed)}) ranker.observe(item, undefined, type);
        console.log(JSON.stringify(ranker.rank(null, {{ k: 1000 }}).items.map(({{ itemId }}) => itemId)));
        ranker.close();
        process.exit();
    """
    command = ["node", "--input-type=module", "-e", script]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)


def test_lists_lean_to_the_objective_and_a_metric_says_what_they_bring(shop):
    server, personalize, group = shop
    price = {}
    for sensitivity in ["OFF", "HIGH"]:
        wanted = {"itemAttribute": "PRICE", "objectiveSensitivity": sensitivity}
        config = {"optimizationObjective": wanted}
        arn = solution(personalize, group, f"objective-{sensitivity}", solutionConfig=config)
        trained = version(personalize, arn)
        assert trained["solutionConfig"]["optimizationObjective"] == wanted
        metrics = personalize.get_solution_metrics(solutionVersionArn=trained["solutionVersionArn"])["metrics"]
        assert 0 <= metrics["average_rewards_at_k"] <= 1
        campaign = personalize.create_campaign(
            name=f"objective-{sensitivity}", solutionVersionArn=trained["solutionVersionArn"]
        )["campaignArn"]
        lists = [listed(server, campaign, f"u{user}") for user in range(USERS)]
        price[sensitivity] = sum(int(item[1:]) for items in lists for item in items) / len(lists) / 5
    assert price["HIGH"] > price["OFF"], price


def test_an_objective_that_cannot_be_meant_is_refused_with_its_solution(shop):
    _, personalize, group = shop
    for recipe, objective in [
        (FIRST, {"itemAttribute": "COST", "objectiveSensitivity": "LOW"}),
        (FIRST, {"itemAttribute": "TITLE", "objectiveSensitivity": "LOW"}),
        (FIRST, {"itemAttribute": "PRICE", "objectiveSensitivity": "EXTREME"}),
        (FIRST, {"objectiveSensitivity": "LOW"}),
        (SIMS, {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"}),
    ]:
        with pytest.raises(personalize.exceptions.InvalidInputException) as refused:
            solution(personalize, group, "refused", recipe, solutionConfig={"optimizationObjective": objective})
        print(refused.value)


def test_an_update_takes_in_what_came_and_needs_a_version_to_go_on_from(shop):
    server, personalize, group = shop
    arn = solution(personalize, group, "goes-on")
    with pytest.raises(personalize.exceptions.InvalidInputException, match="train it in full first"):
        personalize.create_solution_version(solutionArn=arn, trainingMode="UPDATE")
    sims = solution(personalize, group, "sims", SIMS)
    for other, mode in [(sims, "UPDATE"), (arn, "HALF")]:
        with pytest.raises(personalize.exceptions.InvalidInputException):
            personalize.create_solution_version(solutionArn=other, trainingMode=mode)
    full = version(personalize, arn)
    tracking_id = personalize.create_event_tracker(name="shop", datasetGroupArn=group)["trackingId"]
    for user in range(0, USERS, 2):
        server.client("personalize-events").put_events(
            trackingId=tracking_id,
            userId=f"u{user}",
            sessionId=f"s{user}",
            eventList=[{"eventType": "View", "itemId": "fresh", "sentAt": 1_700_001_000 + user}],
        )
    updated = version(personalize, arn, trainingMode="UPDATE")
    assert (full["trainingMode"], updated["trainingMode"]) == ("FULL", "UPDATE")
    metrics = [
        personalize.get_solution_metrics(solutionVersionArn=one["solutionVersionArn"])["metrics"]
        for one in (full, updated)
    ]
    assert metrics[0] == metrics[1]
    campaign = personalize.create_campaign(
        name="goes-on", solutionVersionArn=updated["solutionVersionArn"]
    )["campaignArn"]
    # Somebody like those who met it.
    server.client("personalize-events").put_events(
        trackingId=tracking_id,
        userId="somebody",
        sessionId="somebody",
        eventList=[
            {"eventType": "View", "itemId": f"i{item:02}", "sentAt": 1_700_002_000 + item} for item in (2, 4, 6)
        ],
    )
    assert "fresh" in listed(server, campaign, "somebody", 10)


def test_events_weigh_in_histories_what_they_weigh_in_training(shop):
    server, personalize, group = shop
    given = [{"eventType": "buy", "weight": 0.3}, {"eventType": "View", "weight": 0.1}]
    recipe = steps.RECIPE
    arn = solution(
        personalize, group, "weighed", recipe, solutionConfig={"eventsConfig": {"eventParametersList": given}}
    )
    trained = version(personalize, arn)["solutionVersionArn"]
    metrics = personalize.get_solution_metrics(solutionVersionArn=trained)["metrics"]
    assert 0 <= metrics["normalized_discounted_cumulative_gain_with_event_weights_at_k"] <= 1
    campaign = personalize.create_campaign(name="weighed", solutionVersionArn=trained)["campaignArn"]
    with urllib.request.urlopen(server.url + "/device/campaigns/weighed/pack") as pack:
        assert json.loads(pack.headers["Bowerbird-Weights"]) == {"buy": 1.5, "view": 0.5}
    with urllib.request.urlopen(server.url + "/device/campaigns/goes-on/pack") as pack:
        assert pack.headers["Bowerbird-Weights"] is None
    tracking_id = personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"][0]["eventTrackerArn"]
    tracking_id = personalize.describe_event_tracker(eventTrackerArn=tracking_id)["eventTracker"]["trackingId"]
    orders = {}
    for kind in ["Buy", "View", "Share"]:
        server.client("personalize-events").put_events(
            trackingId=tracking_id,
            userId=f"by {kind}",
            sessionId=f"by {kind}",
            eventList=[
                {"eventType": kind, "itemId": "i02", "sentAt": 1_700_003_000},
                {"eventType": "View", "itemId": "i05", "sentAt": 1_700_003_001},
            ],
        )
        answer = server.client("personalize-runtime").get_recommendations(
            campaignArn=campaign, userId=f"by {kind}", numResults=ITEMS
        )
        orders[kind] = {item["itemId"]: item["score"] for item in answer["itemList"]}
        page = page_order(server.url, "weighed", [("i02", kind), ("i05", "View")])
        assert page[:ITEMS] == list(orders[kind]), kind
    even = {kind: sum(scores[f"i{item:02}"] for item in range(4, ITEMS, 2)) for kind, scores in orders.items()}
    assert even["Buy"] > even["View"] > even["Share"], even


def test_what_is_always_shown_and_never_chosen_sinks(shop, tmp_path):
    server, personalize, _ = shop
    group, tracking_id = shown_group(personalize, "shown", tmp_path, 12)
    arn, campaign = deployed(personalize, group, "shown")
    before = listed(server, campaign, "nobody", 12)
    passed_over = before[0]
    events = server.client("personalize-events")
    for user in range(40):
        chosen = before[1 + user % 11]
        for by_itself in (True, False):
            # As the page says it, then the click; and as an AWS client does.
            event = {"eventType": "View", "sentAt": 1_700_010_000 + user, "itemId": chosen}
            shown = {"impression": before[:12]}
            listed_events = (
                [{"eventType": "impression", "sentAt": 1_700_009_000 + user, **shown}, event]
                if by_itself
                else [{**event, **shown}]
            )
            events.put_events(
                trackingId=tracking_id, userId=f"u{user}", sessionId=f"s{user} {by_itself}", eventList=listed_events
            )
    after = listed_after_another_training(server, arn, campaign, 12)
    assert after[-1] == passed_over, (before, after)


def test_a_list_counts_as_shown_by_its_recommendation_id_alone(shop, tmp_path):
    server, personalize, _ = shop
    group, tracking_id = shown_group(personalize, "answered", tmp_path, 12)
    arn, campaign = deployed(personalize, group, "answered")
    runtime, events = server.client("personalize-runtime"), server.client("personalize-events")
    before = listed(server, campaign, "nobody", 12)
    passed_over = before[0]
    for user in range(80):
        answer = runtime.get_recommendations(campaignArn=campaign, userId="nobody", numResults=12)
        chosen = {"itemId": before[1 + user % 11], "recommendationId": answer["recommendationId"]}
        clicks = [{"eventType": kind, "sentAt": 1_700_010_000 + user, **chosen} for kind in ("View", "Buy")]
        events.put_events(trackingId=tracking_id, userId=f"u{user % 40}", sessionId=f"s{user}", eventList=clicks)
    # Of somebody else's making, which says nothing.
    unknown = {"eventType": "View", "sentAt": 1_700_011_000, "itemId": passed_over, "recommendationId": "RID-other"}
    events.put_events(trackingId=tracking_id, userId="u0", sessionId="s", eventList=[unknown])
    after = listed_after_another_training(server, arn, campaign, 12)
    assert after[-1] == passed_over, (before, after)


def test_exploration_tries_less_what_was_shown_in_vain(shop, tmp_path):
    server, personalize, _ = shop
    group, tracking_id = shown_group(personalize, "tried", tmp_path, 24)
    created = steps.field("CREATION_TIMESTAMP", "long")
    text = steps.schema("Items", steps.field("ITEM_ID"), steps.field("TITLE", ["null", "string"]), created)
    items = steps.dataset(personalize, group, "tried-items", "ITEMS", text)
    rows = ["ITEM_ID,TITLE,CREATION_TIMESTAMP"] + [f"i{item},No. {item},1500000000" for item in range(24)]
    rows += [f"new{item},New,{int(time.time()) - 3600}" for item in range(4)]
    (tmp_path / "items.csv").write_text("\n".join(rows) + "\n")
    steps.import_csv(personalize, "tried-items", items, tmp_path / "items.csv")
    events = server.client("personalize-events")
    for visit in range(200):
        shown = {"impression": [f"i{visit % 24}", "new0"], "itemId": f"i{visit % 24}"}
        click = {"eventType": "View", "sentAt": 1_700_010_000 + visit, **shown}
        events.put_events(trackingId=tracking_id, userId=f"u{visit % 40}", sessionId=f"s{visit}", eventList=[click])
    exploring = {"itemExplorationConfig": {"explorationWeight": "1"}}
    _, campaign = deployed(personalize, group, "tried", campaignConfig=exploring)
    tried = collections.Counter(
        item["itemId"]
        for user in range(100)
        for item in server.client("personalize-runtime").get_recommendations(
            campaignArn=campaign, userId=f"u{user}", numResults=6
        )["itemList"]
        if item.get("reason") == ["Exploration"]
    )
    # Ten times as seldom as the others: (c + 20 r) / (s + 20) / r of 200 times in vain is an eleventh.
    assert tried["new0"] < 25 < min(tried[f"new{item}"] for item in range(1, 4)), tried
