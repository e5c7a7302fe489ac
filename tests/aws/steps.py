"""The steps that several tests take, in the words of the API."""

import json
import time

RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
ROLE = "arn:aws:iam::000000000000:role/any"


def schema(record, *fields):
    """An Avro schema as JSON text."""
    return json.dumps(
        {
            "type": "record",
            "name": record,
            "namespace": "com.amazonaws.personalize.schema",
            "fields": list(fields),
            "version": "1.0",
        }
    )


def field(name, kind="string", **attributes):
    return {"name": name, "type": kind, **attributes}


INTERACTIONS = schema("Interactions", field("USER_ID"), field("ITEM_ID"), field("TIMESTAMP", "long"))
ITEMS = schema(
    "Items",
    field("ITEM_ID"),
    field("TITLE", ["null", "string"]),
    field("GENRES", ["null", "string"], categorical=True),
    field("YEAR", ["null", "int"]),
)


def wait(describe, seconds=60):
    """Polls until a resource is ACTIVE, as every client does, but less patiently."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        resource = describe()
        if resource["status"] == "ACTIVE":
            return resource
        assert resource["status"] in ("CREATE PENDING", "CREATE IN_PROGRESS"), resource
        time.sleep(0.1)
    raise AssertionError(f"not ACTIVE after {seconds} s: {resource}")


def dataset(personalize, group_arn, name, dataset_type, text):
    """A dataset with a schema of its own."""
    schema_arn = personalize.create_schema(name=f"{name}-schema", schema=text)["schemaArn"]
    return personalize.create_dataset(
        name=name, schemaArn=schema_arn, datasetGroupArn=group_arn, datasetType=dataset_type
    )["datasetArn"]


def import_csv(personalize, name, dataset_arn, path, mode="FULL"):
    """Imports a file and waits for it."""
    arn = personalize.create_dataset_import_job(
        jobName=name,
        datasetArn=dataset_arn,
        dataSource={"dataLocation": f"file://{path}"},
        roleArn=ROLE,
        importMode=mode,
    )["datasetImportJobArn"]
    return wait(
        lambda: personalize.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]
    )


def train(personalize, name, group_arn, recipe=RECIPE, **options):
    """A solution with one finished version."""
    solution_arn = personalize.create_solution(
        name=name, recipeArn=recipe, datasetGroupArn=group_arn, **options
    )["solutionArn"]
    arn = personalize.create_solution_version(solutionArn=solution_arn)["solutionVersionArn"]
    wait(lambda: personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"])
    return arn
