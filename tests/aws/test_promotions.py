"""Places that are not for the most relevant items: promotions of a request, and exploration of a campaign."""

import csv
import time

import pytest
import steps

NEWEST = 50
DAY = 86_400


@pytest.fixture(scope="module")
def shop(personalize, movielens, tmp_path_factory):
    """MovieLens, in which the films with the highest ids that anybody rated came today and all others a year ago."""
    group = personalize.create_dataset_group(name="promotions")["datasetGroupArn"]
    interactions = steps.dataset(personalize, group, "promotions", "INTERACTIONS", steps.INTERACTIONS)
    with open(movielens["interactions"], newline="") as source:
        rated = {row["ITEM_ID"] for row in csv.DictReader(source)}
    newest = set(sorted(rated, key=int)[-NEWEST:])
    path = tmp_path_factory.mktemp("promotions") / "items.csv"
    with open(movielens["items"], newline="", encoding="utf-8") as source, open(path, "w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["ITEM_ID", "GENRES", "CREATION_TIMESTAMP"])
        for row in csv.DictReader(source):
            age = 0 if row["ITEM_ID"] in newest else 365
            writer.writerow([row["ITEM_ID"], row["GENRES"], int(time.time()) - age * DAY])
    text = steps.schema(
        "Items",
        steps.field("ITEM_ID"),
        steps.field("GENRES", ["null", "string"], categorical=True),
        steps.field("CREATION_TIMESTAMP", "long"),
    )
    items = steps.dataset(personalize, group, "promoted-items", "ITEMS", text)
    steps.import_csv(personalize, "promoted-interactions", interactions, movielens["interactions"])
    steps.import_csv(personalize, "promoted-items", items, path)
    version = steps.train(
        personalize, "promotions", group, "arn:aws:personalize:::recipe/aws-user-personalization"
    )
    return {"group": group, "version": version, "newest": newest}


def campaign(personalize, shop, name, weight):
    return personalize.create_campaign(
        name=name,
        solutionVersionArn=shop["version"],
        campaignConfig={"itemExplorationConfig": {"explorationWeight": weight, "explorationItemAgeCutOff": "30"}},
    )["campaignArn"]


def test_a_promotion_has_its_share_of_the_places_and_its_name(personalize, runtime, shop):
    arn = campaign(personalize, shop, "promotes", "0")
    horror = personalize.create_filter(
        name="horror",
        datasetGroupArn=shop["group"],
        filterExpression="INCLUDE ItemID WHERE Items.GENRES IN ($GENRE)",
    )["filterArn"]
    promotion = {
        "name": "halloween",
        "percentPromotedItems": 40,
        "filterArn": horror,
        "filterValues": {"GENRE": '"Horror"'},
    }
    plain = runtime.get_recommendations(campaignArn=arn, userId="1", numResults=10)["itemList"]
    found = runtime.get_recommendations(campaignArn=arn, userId="1", numResults=10, promotions=[promotion])["itemList"]
    promoted = [item for item in found if item.get("promotionName") == "halloween"]
    assert len(found) == 10 and len(promoted) == 4
    assert all(item["reason"] == ["Promoted item"] for item in promoted)
    organic = [item["itemId"] for item in found if item not in promoted]
    assert organic == [item["itemId"] for item in plain if item["itemId"] in organic], "the others keep their order"
    with pytest.raises(runtime.exceptions.InvalidInputException, match="percentPromotedItems"):
        runtime.get_recommendations(
            campaignArn=arn, userId="1", promotions=[{**promotion, "percentPromotedItems": 101}]
        )


def test_exploration_shows_new_items_as_much_as_the_campaign_says(personalize, runtime, shop):
    shown = {}
    for weight in ["0", "1"]:
        arn = campaign(personalize, shop, f"explores-{weight}", weight)
        found = runtime.get_recommendations(campaignArn=arn, userId="1", numResults=30)["itemList"]
        shown[weight] = [item["itemId"] for item in found if item.get("reason") == ["Exploration"]]
    assert shown["0"] == []
    assert 10 <= len(shown["1"]) <= 11 and set(shown["1"]) <= shop["newest"]
    with pytest.raises(personalize.exceptions.InvalidInputException, match="explorationWeight"):
        campaign(personalize, shop, "explores-too-much", "1.5")
