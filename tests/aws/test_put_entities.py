"""Rows of items and users that a backend puts one by one: stored at once, kept by imports, and known to the next training."""

import gzip
import json
import time
import urllib.error
import urllib.request

import pytest
import steps


@pytest.fixture(scope="module")
def films(personalize, events, movielens):
    """A campaign over films that were imported, but for one row that was put before the last import."""
    group = personalize.create_dataset_group(name="put-entities")["datasetGroupArn"]
    interactions = steps.dataset(personalize, group, "put-interactions", "INTERACTIONS", steps.INTERACTIONS)
    items = steps.dataset(personalize, group, "put-items", "ITEMS", steps.ITEMS)
    steps.import_csv(personalize, "put-interactions", interactions, movielens["interactions"])
    heat = json.dumps({"title": "Heat, again", "genres": "Crime|Heist", "year": 1995})
    answer = events.put_items(datasetArn=items, items=[{"itemId": "6", "properties": heat}])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    steps.import_csv(personalize, "put-items", items, movielens["items"])
    version = steps.train(personalize, "put-entities", group)
    campaign = personalize.create_campaign(name="put-entities", solutionVersionArn=version)["campaignArn"]
    return {"group": group, "items": items, "campaign": campaign}


def filtered(personalize, runtime, films, name, expression):
    """What a filter leaves of the list for user 1."""
    arn = personalize.create_filter(
        name=name, datasetGroupArn=films["group"], filterExpression=expression
    )["filterArn"]
    return lambda: [
        (item["itemId"], item["metadata"])
        for item in runtime.get_recommendations(
            campaignArn=films["campaign"],
            userId="1",
            filterArn=arn,
            metadataColumns={"ITEMS": ["TITLE", "GENRES"]},
            numResults=5,
        )["itemList"]
    ]


HEAT = ("6", {"title": "Heat, again", "genres": "Crime|Heist"})


def test_an_item_that_was_put_stays_as_it_is_when_the_others_are_imported(personalize, runtime, films):
    heists = filtered(personalize, runtime, films, "heists", 'INCLUDE ItemID WHERE Items.GENRES IN ("Heist")')
    assert heists() == [HEAT]


def test_a_user_that_was_put_is_known_to_filters_at_once(personalize, events, runtime, films):
    text = steps.schema("Users", steps.field("USER_ID"), steps.field("AGE", ["null", "int"]))
    users = steps.dataset(personalize, films["group"], "put-users", "USERS", text)
    expression = 'INCLUDE ItemID WHERE Items.GENRES IN ("Heist") IF CurrentUser.AGE > 30'
    grown_up = filtered(personalize, runtime, films, "grown-up", expression)
    for age, found in [(20, 5), (40, 1)]:
        events.put_users(datasetArn=users, users=[{"userId": "1", "properties": json.dumps({"age": age})}])
        assert len(grown_up()) == found


def test_rows_that_do_not_fit_are_refused_by_name(events, films):
    for items, part in [
        ([{"itemId": "1", "properties": '{"year": "soon"}'}], "YEAR"),
        ([{"itemId": "1", "properties": "no JSON"}], "properties"),
        ([{"itemId": str(n)} for n in range(11)], "1 to 10"),
    ]:
        with pytest.raises(events.exceptions.InvalidInputException, match=part):
            events.put_items(datasetArn=films["items"], items=items)
    with pytest.raises(events.exceptions.InvalidInputException, match="not USERS"):
        events.put_users(datasetArn=films["items"], users=[{"userId": "1"}])
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.put_items(datasetArn=films["items"].replace("put-entities", "nowhere"), items=[{"itemId": "1"}])


def pack(server, query="", **headers):
    """What a page gets that asks for the pack of the campaign."""
    url = f"{server.url}/device/campaigns/put-entities/pack{query}"
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers))


def test_an_item_that_was_put_after_the_training_is_recommended_and_pages_get_a_delta(
    server, personalize, events, runtime, films
):
    before = pack(server)
    had = before.headers["ETag"].strip('"')
    assert pack(server, f"?from={had}").status == 204
    submarines = filtered(
        personalize, runtime, films, "submarines", 'INCLUDE ItemID WHERE Items.GENRES IN ("Submarine")'
    )
    assert submarines() == []
    new = json.dumps({"title": "The Boat", "genres": "Submarine|War|Drama", "year": 1996})
    events.put_items(datasetArn=films["items"], items=[{"itemId": "boat", "properties": new}])
    deadline = time.monotonic() + 15
    while not submarines() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert submarines() == [("boat", {"title": "The Boat", "genres": "Submarine|War|Drama"})]
    delta = pack(server, f"?from={had}", **{"Accept-Encoding": "gzip"})
    whole = pack(server, f"?from={had}")
    assert delta.headers["Content-Encoding"] == "gzip" and whole.headers["Content-Encoding"] is None
    assert delta.headers["ETag"] == whole.headers["ETag"] != before.headers["ETag"]
    small, large = delta.read(), whole.read()
    assert gzip.decompress(small)[:4] == b"\x89BDL" and large[:4] == b"\x89BOW"
    assert len(small) < len(large) / 20
    # Somebody who made it up gets what everybody gets.
    strangers = pack(server, "?from=" + "0" * 64, **{"Accept-Encoding": "gzip"})
    assert gzip.decompress(strangers.read()) == large


def test_a_whole_pack_comes_in_gzip_to_who_takes_it(server, films):
    plain, packed = pack(server), pack(server, **{"Accept-Encoding": "gzip"})
    assert plain.headers["Content-Encoding"] is None and packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] == "W/" + plain.headers["ETag"]
    whole, small = plain.read(), packed.read()
    assert len(small) < 0.8 * len(whole) and gzip.decompress(small) == whole
    for has in [plain, packed]:
        tag = has.headers["ETag"]
        with pytest.raises(urllib.error.HTTPError) as unchanged:
            pack(server, **{"If-None-Match": tag, **({"Accept-Encoding": "gzip"} if has is packed else {})})
        assert (unchanged.value.code, unchanged.value.headers["ETag"]) == (304, tag)


def test_an_item_that_was_only_met_after_the_training_is_recommended_and_pages_get_a_delta(
    server, personalize, events, runtime, films
):
    tracker = personalize.create_event_tracker(name="met", datasetGroupArn=films["group"])["trackingId"]

    def watch(user, *items):
        rows = [{"eventType": "watch", "itemId": item, "sentAt": time.time()} for item in items]
        events.put_events(trackingId=tracker, userId=user, sessionId=f"visit of {user}", eventList=rows)

    def recommended(user):
        answer = runtime.get_recommendations(campaignArn=films["campaign"], userId=user, numResults=100)
        return [item["itemId"] for item in answer["itemList"]]

    had = pack(server).headers["ETag"].strip('"')
    saga = ["260", "1196", "1210", "2628"]
    watch("fan", *saga[:2])
    for user in ["first", "second"]:
        watch(user, *saga, "unheard-of")
        watch(user, "unheard-of", "invented by " + user)
    assert pack(server, f"?from={had}").status == 204
    watch("third", *saga, "unheard-of")
    deadline = time.monotonic() + 30
    while pack(server, f"?from={had}").status == 204 and time.monotonic() < deadline:
        time.sleep(0.1)
    delta = gzip.decompress(pack(server, f"?from={had}", **{"Accept-Encoding": "gzip"}).read())
    assert delta[:4] == b"\x89BDL" and b"unheard-of" in delta and b"invented" not in delta
    assert "unheard-of" in recommended("fan")
    ranked = runtime.get_personalized_ranking(
        campaignArn=films["campaign"], userId="fan", inputList=["invented by first", "unheard-of"]
    )["personalizedRanking"]
    assert [item["itemId"] for item in ranked] == ["unheard-of", "invented by first"]


def test_of_a_catalogue_that_is_too_large_a_page_gets_the_part_that_it_ranks(tmp_path, server, movielens):
    large = type(server)(tmp_path, "--whole-pack-mb", "0")
    try:
        personalize = large.client("personalize")
        group = personalize.create_dataset_group(name="put-entities")["datasetGroupArn"]
        interactions = steps.dataset(personalize, group, "events", "INTERACTIONS", steps.INTERACTIONS)
        steps.import_csv(personalize, "events", interactions, movielens["interactions"])
        version = steps.train(personalize, "put-entities", group, "arn:aws:personalize:::recipe/aws-sims")
        personalize.create_campaign(name="put-entities", solutionVersionArn=version)
        popular, named = pack(large), pack(large, "?items=6,nobody,1198")
        assert popular.headers["ETag"] == named.headers["ETag"]
        catalogue = int(popular.headers["Bowerbird-Catalogue"])
        small, more = popular.read(), named.read()
        assert small[:4] == more[:4] == b"\x89BOW" and len(small) <= len(more)
        whole = urllib.request.urlopen(f"{large.url}/device/packs/{popular.headers['ETag'].strip(chr(34))}").read()
        assert int.from_bytes(whole[16:20], "little") == catalogue
        had = popular.headers["ETag"].strip('"')
        assert pack(large, f"?from={had}").status == 204
    finally:
        large.stop()
