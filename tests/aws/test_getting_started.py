"""The documented getting-started sequence, with boto3 unmodified except for the endpoint and a file:// location."""

import time

import pytest
import steps


@pytest.fixture(scope="module")
def story(personalize, movielens):
    """Runs the sequence once; the tests look at what it left."""
    started = time.monotonic()
    arns = {"recipes": [recipe["name"] for recipe in personalize.list_recipes()["recipes"]]}
    group = personalize.create_dataset_group(name="getting-started")["datasetGroupArn"]
    description = personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]
    assert (description["name"], description["status"]) == ("getting-started", "ACTIVE")
    interactions = steps.dataset(personalize, group, "films", "Interactions", steps.INTERACTIONS)
    items = steps.dataset(personalize, group, "film-items", "ITEMS", steps.ITEMS)
    steps.import_csv(personalize, "films-import", interactions, movielens["interactions"])
    steps.import_csv(personalize, "film-items-import", items, movielens["items"])
    version = steps.train(personalize, "films-solution", group)
    campaign = personalize.create_campaign(name="films", solutionVersionArn=version)["campaignArn"]
    steps.wait(lambda: personalize.describe_campaign(campaignArn=campaign)["campaign"])
    tracker = personalize.create_event_tracker(name="films-tracker", datasetGroupArn=group)
    arns |= {"group": group, "version": version, "campaign": campaign, "tracking_id": tracker["trackingId"]}
    arns["seconds"] = time.monotonic() - started
    return arns


def test_the_sequence_ends_within_a_minute(story):
    print(f"getting started took {story['seconds']:.1f} s")
    assert story["seconds"] < 60


def test_recommendations_have_scores_and_an_id(story, runtime):
    answer = runtime.get_recommendations(campaignArn=story["campaign"], userId="123", numResults=10)
    ids = [item["itemId"] for item in answer["itemList"]]
    assert len(ids) == len(set(ids)) == 10
    scores = [item["score"] for item in answer["itemList"]]
    assert scores == sorted(scores, reverse=True)
    assert len(answer["recommendationId"]) <= 40


def test_the_default_is_25_items_and_an_unknown_user_gets_popular_ones(story, runtime):
    answer = runtime.get_recommendations(campaignArn=story["campaign"], userId="nobody-yet")
    assert len(answer["itemList"]) == 25
    other = runtime.get_recommendations(campaignArn=story["campaign"], userId="nobody-else")
    assert [i["itemId"] for i in answer["itemList"]] == [i["itemId"] for i in other["itemList"]]


def test_a_ranking_orders_the_given_list_and_keeps_unknown_items_last(story, runtime):
    given = ["1", "not-a-film", "296", "318"]
    answer = runtime.get_personalized_ranking(campaignArn=story["campaign"], userId="1", inputList=given)
    ranking = answer["personalizedRanking"]
    assert sorted(item["itemId"] for item in ranking) == sorted(given)
    assert ranking[-1] == {"itemId": "not-a-film"}
    assert abs(sum(item["score"] for item in ranking[:-1]) - 1) < 1e-5


def test_metadata_comes_back_in_lower_case(story, runtime):
    answer = runtime.get_recommendations(
        campaignArn=story["campaign"],
        userId="1",
        numResults=5,
        metadataColumns={"ITEMS": ["TITLE", "genres", "YEAR"]},
    )
    metadata = answer["itemList"][0]["metadata"]
    assert set(metadata) == {"title", "genres", "year"}
    assert metadata["year"].endswith(".0")


def test_metrics_have_the_names_of_the_service(story, personalize):
    metrics = personalize.get_solution_metrics(solutionVersionArn=story["version"])["metrics"]
    assert set(metrics) >= {
        "coverage",
        "mean_reciprocal_rank_at_25",
        *(f"normalized_discounted_cumulative_gain_at_{k}" for k in (5, 10, 25)),
        *(f"precision_at_{k}" for k in (5, 10, 25)),
    }
    assert 0 < metrics["normalized_discounted_cumulative_gain_at_10"] <= 1


def test_events_change_the_next_answer_without_training(story, events, runtime):
    before = runtime.get_recommendations(campaignArn=story["campaign"], userId="newcomer")
    for number, item in enumerate(["1", "2", "3114"]):
        events.put_events(
            trackingId=story["tracking_id"],
            userId="newcomer",
            sessionId="s-1",
            eventList=[{"eventType": "watch", "itemId": item, "sentAt": time.time() + number}],
        )
    after = runtime.get_recommendations(campaignArn=story["campaign"], userId="newcomer")
    assert [i["itemId"] for i in before["itemList"]] != [i["itemId"] for i in after["itemList"]]


def test_a_session_is_a_user_until_it_signs_in(story, events, runtime):
    def click(item, at, **who):
        events.put_events(
            trackingId=story["tracking_id"],
            sessionId="s-anonymous",
            eventList=[{"eventType": "watch", "itemId": item, "sentAt": at}],
            **who,
        )

    def top(user):
        answer = runtime.get_recommendations(campaignArn=story["campaign"], userId=user)
        return [item["itemId"] for item in answer["itemList"]]

    click("260", 1_700_000_000)
    anonymous = top("s-anonymous")
    assert anonymous != top("nobody-yet")
    click("1196", 1_700_000_001, userId="signed-in")
    assert top("signed-in") == top("s-anonymous")


def test_filters_leave_out_what_they_say(story, personalize, events, runtime):
    def create(name, expression):
        return personalize.create_filter(
            name=name, datasetGroupArn=story["group"], filterExpression=expression
        )["filterArn"]

    def recommended(filter_arn, **values):
        return runtime.get_recommendations(
            campaignArn=story["campaign"],
            userId="filtered",
            filterArn=filter_arn,
            filterValues=values,
            metadataColumns={"ITEMS": ["GENRES"]},
        )["itemList"]

    comedies = create("genre", "INCLUDE ItemID WHERE Items.GENRES IN ($GENRE)")
    found = recommended(comedies, GENRE='"Comedy"')
    assert len(found) == 25 and all("Comedy" in item["metadata"]["genres"].split("|") for item in found)
    with pytest.raises(runtime.exceptions.InvalidInputException, match="GENRE"):
        recommended(comedies)

    events.put_events(
        trackingId=story["tracking_id"],
        userId="filtered",
        sessionId="s-filtered",
        eventList=[{"eventType": "watch", "itemId": "318", "sentAt": time.time()}],
    )
    unseen = create("unseen", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")')
    assert "318" not in [item["itemId"] for item in recommended(unseen)]

    listed = personalize.list_filters(datasetGroupArn=story["group"])["Filters"]
    assert {filter["name"] for filter in listed} == {"genre", "unseen"}
    with pytest.raises(personalize.exceptions.InvalidInputException, match="column"):
        create("broken", "INCLUDE ItemID WHERE Items.MISSING IN (1)")


def test_the_other_recipes_answer_too(story, personalize, runtime):
    recipe = "arn:aws:personalize:::recipe/"
    popular = steps.train(personalize, "popular", story["group"], recipe + "aws-popularity-count")
    campaign = personalize.create_campaign(name="popular", solutionVersionArn=popular)["campaignArn"]
    answer = runtime.get_recommendations(campaignArn=campaign, numResults=5)
    assert [item["itemId"] for item in answer["itemList"]][:2] == ["356", "318"]
    assert "score" not in answer["itemList"][0]

    similar = steps.train(personalize, "similar", story["group"], recipe + "aws-sims")
    campaign = personalize.create_campaign(name="similar", solutionVersionArn=similar)["campaignArn"]
    beside = runtime.get_recommendations(campaignArn=campaign, itemId="260", numResults=5)
    assert "1196" in [item["itemId"] for item in beside["itemList"]]
    unknown = runtime.get_recommendations(campaignArn=campaign, itemId="not-a-film", numResults=5)
    assert len(unknown["itemList"]) == 5

    ranking = steps.train(personalize, "ranking", story["group"], recipe + "aws-personalized-ranking")
    campaign = personalize.create_campaign(name="ranking", solutionVersionArn=ranking)["campaignArn"]
    answer = runtime.get_personalized_ranking(campaignArn=campaign, userId="1", inputList=["1", "2"])
    assert len(answer["personalizedRanking"]) == 2


def test_tearing_down_follows_the_order_of_the_service(story, personalize):
    in_use = personalize.exceptions.ResourceInUseException
    group = story["group"]
    with pytest.raises(in_use):
        personalize.delete_dataset_group(datasetGroupArn=group)
    solutions = personalize.list_solutions(datasetGroupArn=group)["solutions"]
    with pytest.raises(in_use):
        personalize.delete_solution(solutionArn=solutions[0]["solutionArn"])
    for solution in solutions:
        for campaign in personalize.list_campaigns(solutionArn=solution["solutionArn"])["campaigns"]:
            personalize.delete_campaign(campaignArn=campaign["campaignArn"])
        personalize.delete_solution(solutionArn=solution["solutionArn"])
    for filter in personalize.list_filters(datasetGroupArn=group)["Filters"]:
        personalize.delete_filter(filterArn=filter["filterArn"])
    datasets = personalize.list_datasets(datasetGroupArn=group)["datasets"]
    interactions = next(d for d in datasets if d["datasetType"] == "INTERACTIONS")
    with pytest.raises(in_use):
        personalize.delete_dataset(datasetArn=interactions["datasetArn"])
    for tracker in personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]:
        personalize.delete_event_tracker(eventTrackerArn=tracker["eventTrackerArn"])
    schemas = []
    for dataset in datasets:
        description = personalize.describe_dataset(datasetArn=dataset["datasetArn"])["dataset"]
        schemas.append(description["schemaArn"])
        with pytest.raises(in_use):
            personalize.delete_schema(schemaArn=description["schemaArn"])
        personalize.delete_dataset(datasetArn=dataset["datasetArn"])
    personalize.delete_dataset_group(datasetGroupArn=group)
    for schema in schemas:
        personalize.delete_schema(schemaArn=schema)
    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.describe_dataset_group(datasetGroupArn=group)
