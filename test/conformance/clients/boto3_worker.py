"""Makes boto3 calls for the tests: reads one a line as JSON, answers each with a line of JSON. Its argument is the endpoint."""

import json
import sys

import boto3
import botocore
import botocore.config
import botocore.exceptions

endpoint, is_signed = sys.argv[1], sys.argv[2] == "signed"
config = botocore.config.Config(signature_version=None if is_signed else botocore.UNSIGNED)
clients = {}


def call(service, operation, arguments):
    if service not in clients:
        clients[service] = boto3.client(service, endpoint_url=endpoint, config=config)
    answer = getattr(clients[service], botocore.xform_name(operation))(**arguments)
    del answer["ResponseMetadata"]
    return answer


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"answer": call(request["service"], request["operation"], request["input"])}
    except botocore.exceptions.ClientError as error:
        answer = {"error": {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}}
    except Exception as error:
        answer = {"error": {"code": type(error).__name__, "message": str(error)}}
    print(json.dumps(answer, default=str), flush=True)
