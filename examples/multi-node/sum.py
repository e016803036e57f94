"""Runs one job on two nodes and prints the log of the main one. Exits 0 only if the sum is right."""

import pathlib
import time

import boto3

batch = boto3.client("batch")
logs = boto3.client("logs")

container = {
    "image": "python:3.13-slim",
    "command": ["python3", "-c", pathlib.Path(__file__).with_name("node.py").read_text()],
    # Where nodes share a machine's network, two of these jobs at once need two ports.
    "environment": [{"name": "PORT", "value": "7077"}],
    "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "128"}],
}
definition = batch.register_job_definition(
    jobDefinitionName="example-sum",
    type="multinode",
    nodeProperties={
        "numNodes": 2,
        "mainNode": 0,
        "nodeRangeProperties": [{"targetNodes": "0:", "container": container}],
    },
)["jobDefinitionArn"]

job_id = batch.submit_job(jobName="sum", jobQueue="default", jobDefinition=definition)["jobId"]
print("submitted", job_id)

while True:
    job = batch.describe_jobs(jobs=[job_id])["jobs"][0]
    if job["status"] in ("SUCCEEDED", "FAILED"):
        break
    time.sleep(1)
print("the job", job["status"], job.get("statusReason", ""))
assert job["status"] == "SUCCEEDED"

main_node = batch.describe_jobs(jobs=[f"{job_id}#0"])["jobs"][0]
stream = main_node["container"]["logStreamName"]
events = logs.get_log_events(logGroupName="/aws/batch/job", logStreamName=stream, startFromHead=True)["events"]
messages = [event["message"] for event in events]
print("\n".join(messages))
assert messages == [f"the sum is {sum(range(1_000_000))}"]
