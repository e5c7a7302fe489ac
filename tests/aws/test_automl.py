"""Solutions that choose their recipe and their hyperparameters themselves."""

import json
import urllib.request

import pytest
import steps

RECIPE = "arn:aws:personalize:::recipe/"


@pytest.fixture(scope="module")
def group(personalize, movielens):
    group = personalize.create_dataset_group(name="automl")["datasetGroupArn"]
    interactions = steps.dataset(personalize, group, "automl", "INTERACTIONS", steps.INTERACTIONS)
    steps.import_csv(personalize, "automl", interactions, movielens["interactions"])
    return group


def train(personalize, name, group, **options):
    """A solution with one finished version, both as they are described."""
    arn = personalize.create_solution(name=name, datasetGroupArn=group, **options)["solutionArn"]
    version = personalize.create_solution_version(solutionArn=arn)["solutionVersionArn"]
    describe = lambda: personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    return steps.wait(describe, 300), personalize.describe_solution(solutionArn=arn)["solution"]


def trials(server, version_arn):
    """The member that boto3 passes over."""
    request = urllib.request.Request(
        server.url,
        json.dumps({"solutionVersionArn": version_arn}).encode(),
        {"X-Amz-Target": "AmazonPersonalize.DescribeSolutionVersion", "Content-Type": "application/x-amz-json-1.1"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["solutionVersion"]["trials"]


def test_without_a_recipe_one_is_chosen_and_its_campaign_answers_for_people(server, personalize, runtime, group):
    listed = [RECIPE + name for name in ["aws-popularity-count", "aws-sims"]]
    config = {"autoMLConfig": {"recipeList": listed}}
    version, solution = train(personalize, "auto", group, performAutoML=True, solutionConfig=config)
    best = RECIPE + "aws-sims"
    assert version["recipeArn"] == best and version["performAutoML"]
    assert solution["autoMLResult"] == {"bestRecipeArn": best}
    popular, chosen = trials(server, version["solutionVersionArn"])
    assert popular["reason"].startswith("not chosen") and chosen["reason"].startswith("chosen")
    campaign = personalize.create_campaign(name="auto", solutionVersionArn=version["solutionVersionArn"])["campaignArn"]
    for asked in [{"userId": "1"}, {"itemId": "260"}]:
        assert len(runtime.get_recommendations(campaignArn=campaign, **asked)["itemList"]) == 25


def test_hyperparameters_are_found_in_their_ranges(personalize, group):
    ranges = {
        "integerHyperParameterRanges": [{"name": "min_cointeraction_count", "minValue": 1, "maxValue": 4}],
        "continuousHyperParameterRanges": [{"name": "popularity_discount_factor", "minValue": 0.1, "maxValue": 0.6}],
    }
    given = {"min_cointeraction_count": "10", "popularity_discount_factor": "1"}
    config = {
        "algorithmHyperParameters": given,
        "hpoConfig": {
            "algorithmHyperParameterRanges": ranges,
            "hpoResourceConfig": {"maxNumberOfTrainingJobs": "4"},
        },
    }
    options = {"recipeArn": RECIPE + "aws-sims", "performHPO": True, "solutionConfig": config}
    first, _ = train(personalize, "searched", group, **options)
    found = first["tunedHPOParams"]["algorithmHyperParameters"]
    assert 1 <= int(found["min_cointeraction_count"]) <= 4
    assert 0.1 <= float(found["popularity_discount_factor"]) <= 0.6
    again = personalize.create_solution_version(solutionArn=first["solutionArn"])["solutionVersionArn"]
    describe = lambda: personalize.describe_solution_version(solutionVersionArn=again)["solutionVersion"]
    assert steps.wait(describe, 300)["tunedHPOParams"]["algorithmHyperParameters"] == found


def test_a_recipe_beside_automl_and_an_impossible_search_are_refused(personalize, group):
    refused = personalize.exceptions.InvalidInputException
    with pytest.raises(refused, match="leave recipeArn out"):
        personalize.create_solution(name="both", datasetGroupArn=group, performAutoML=True, recipeArn=steps.RECIPE)
    config = {"hpoConfig": {"hpoResourceConfig": {"maxNumberOfTrainingJobs": "99"}}}
    with pytest.raises(refused, match="1 to 40"):
        personalize.create_solution(
            name="long", datasetGroupArn=group, recipeArn=steps.RECIPE, performHPO=True, solutionConfig=config
        )
