"""Recommenders of a domain dataset group: trained and deployed in one step, by the ten use cases of the service."""

import csv

import pytest
import steps

RECIPE = "arn:aws:personalize:::recipe/"
WATCHED = steps.schema(
    "Interactions", *(steps.field(name) for name in ["USER_ID", "ITEM_ID", "EVENT_TYPE"]), steps.field("TIMESTAMP", "long")
)


@pytest.fixture(scope="module")
def videos(personalize, movielens, tmp_path_factory):
    """A VIDEO_ON_DEMAND group in which every rating of MovieLens is a Watch."""
    path = tmp_path_factory.mktemp("videos") / "watched.csv"
    with open(movielens["interactions"], newline="") as source, open(path, "w", newline="") as target:
        rows = csv.DictReader(source)
        writer = csv.DictWriter(target, [*rows.fieldnames, "EVENT_TYPE"])
        writer.writeheader()
        writer.writerows({**row, "EVENT_TYPE": "Watch"} for row in rows)
    group = personalize.create_dataset_group(name="videos", domain="VIDEO_ON_DEMAND")["datasetGroupArn"]
    interactions = steps.dataset(personalize, group, "videos", "INTERACTIONS", WATCHED)
    steps.import_csv(personalize, "videos", interactions, path)
    return group


def recommender(personalize, group, use_case, **config):
    arn = personalize.create_recommender(
        name=use_case, datasetGroupArn=group, recipeArn=RECIPE + use_case, recommenderConfig=config
    )["recommenderArn"]
    steps.wait(lambda: personalize.describe_recommender(recommenderArn=arn)["recommender"])
    return arn


def ids(answer):
    return [item["itemId"] for item in answer["itemList"]]


def test_top_picks_leave_out_what_was_watched_and_carry_no_scores(personalize, runtime, videos):
    arn = recommender(personalize, videos, "aws-vod-top-picks")
    described = personalize.describe_recommender(recommenderArn=arn)["recommender"]
    assert described["modelMetrics"]["coverage"] > 0
    answer = runtime.get_recommendations(recommenderArn=arn, userId="2")
    assert len(answer["itemList"]) == 25 and all("score" not in item for item in answer["itemList"])
    assert not {"318", "333", "1704"} & set(ids(answer)), "user 2 watched these"
    with pytest.raises(runtime.exceptions.InvalidInputException, match="userId"):
        runtime.get_recommendations(recommenderArn=arn)


def test_the_other_use_cases_answer_too(personalize, runtime, videos):
    popular = recommender(personalize, videos, "aws-vod-most-popular")
    assert ids(runtime.get_recommendations(recommenderArn=popular, userId="1"))[:2] == ["356", "318"]
    because = recommender(personalize, videos, "aws-vod-because-you-watched-x")
    assert "1196" in ids(runtime.get_recommendations(recommenderArn=because, userId="nobody", itemId="260"))
    alike = recommender(personalize, videos, "aws-vod-more-like-x")
    assert len(ids(runtime.get_recommendations(recommenderArn=alike, userId="1", itemId="260"))) == 25
    trending = recommender(personalize, videos, "aws-vod-trending-now")
    assert len(ids(runtime.get_recommendations(recommenderArn=trending))) == 25


def test_a_recommender_stops_and_starts_again(personalize, runtime, videos):
    (summary,) = [
        one
        for one in personalize.list_recommenders(datasetGroupArn=videos)["recommenders"]
        if one["name"] == "aws-vod-most-popular"
    ]
    arn = summary["recommenderArn"]
    personalize.stop_recommender(recommenderArn=arn)
    assert personalize.describe_recommender(recommenderArn=arn)["recommender"]["status"] == "INACTIVE"
    with pytest.raises(runtime.exceptions.InvalidInputException, match="INACTIVE"):
        runtime.get_recommendations(recommenderArn=arn, userId="1")
    personalize.start_recommender(recommenderArn=arn)
    assert ids(runtime.get_recommendations(recommenderArn=arn, userId="1"))
    updated = personalize.update_recommender(
        recommenderArn=arn, recommenderConfig={"enableMetadataWithRecommendations": True}
    )
    assert updated["recommenderArn"] == arn


def test_what_cannot_be_trained_fails_with_its_reason(personalize, videos):
    tiny = personalize.create_dataset_group(name="tiny-videos", domain="VIDEO_ON_DEMAND")["datasetGroupArn"]
    steps.dataset(personalize, tiny, "tiny-videos", "INTERACTIONS", WATCHED)
    arn = personalize.create_recommender(
        name="tiny", datasetGroupArn=tiny, recipeArn=RECIPE + "aws-vod-top-picks"
    )["recommenderArn"]
    with pytest.raises(AssertionError, match="fewer than 1000 interactions"):
        steps.wait(lambda: personalize.describe_recommender(recommenderArn=arn)["recommender"])
    with pytest.raises(personalize.exceptions.InvalidInputException, match="ECOMMERCE"):
        personalize.create_recommender(
            name="wrong", datasetGroupArn=videos, recipeArn=RECIPE + "aws-ecomm-recommended-for-you"
        )
    with pytest.raises(personalize.exceptions.InvalidInputException, match="use case"):
        personalize.create_recommender(name="wrong", datasetGroupArn=videos, recipeArn=RECIPE + "aws-sims")


def test_use_cases_are_listed_by_domain(personalize):
    for domain, prefix in [("ECOMMERCE", "aws-ecomm-"), ("VIDEO_ON_DEMAND", "aws-vod-")]:
        listed = personalize.list_recipes(domain=domain)["recipes"]
        assert len(listed) == 5 and all(recipe["name"].startswith(prefix) for recipe in listed)
    described = personalize.describe_recipe(recipeArn=RECIPE + "aws-vod-top-picks")["recipe"]
    assert described["recipeType"] == "USER_PERSONALIZATION"


def test_recommenders_stand_before_their_group_when_it_is_torn_down(personalize, videos):
    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.delete_dataset(
            datasetArn=personalize.list_datasets(datasetGroupArn=videos)["datasets"][0]["datasetArn"]
        )
    for one in personalize.list_recommenders(datasetGroupArn=videos)["recommenders"]:
        personalize.delete_recommender(recommenderArn=one["recommenderArn"])
    assert personalize.list_recommenders(datasetGroupArn=videos)["recommenders"] == []
