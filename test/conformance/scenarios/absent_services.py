"""Calls services that the endpoint does not offer, and prints what boto3 makes of each answer as JSON."""

import json
import sys

import boto3
import botocore.exceptions

endpoint = sys.argv[1]
calls = [
    ("ec2", "describe_images", {}),
    ("autoscaling", "describe_policies", {}),
    ("sts", "get_federation_token", {"Name": "lab"}),
    ("ecs", "list_clusters", {}),
    ("ssm", "describe_parameters", {}),
    ("ecr", "get_authorization_token", {}),
    ("dynamodb", "list_tables", {}),
    ("lambda", "list_functions", {}),
    ("cloudwatch", "list_metrics", {}),
    ("route53", "list_hosted_zones", {}),
]
answers = {}
for service, operation, arguments in calls:
    try:
        getattr(boto3.client(service, endpoint_url=endpoint), operation)(**arguments)
        answers[f"{service} {operation}"] = "answered"
    except botocore.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        answers[f"{service} {operation}"] = [status, error.response["Error"]["Code"], error.response["Error"]["Message"]]
    except Exception as error:
        answers[f"{service} {operation}"] = repr(error)
print(json.dumps(answers))
