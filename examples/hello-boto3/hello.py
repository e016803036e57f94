"""Runs one job on the queue "default" and prints its log. Exits 0 only if the job SUCCEEDED."""

import sys
import time

import boto3

batch = boto3.client("batch")
logs = boto3.client("logs")

definition = batch.register_job_definition(
    jobDefinitionName="example-hello",
    type="container",
    containerProperties={
        "image": "busybox:1.36",
        "command": ["sh", "-c", 'echo "Hello from job $AWS_BATCH_JOB_ID"'],
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "64"}],
    },
)["jobDefinitionArn"]
print("registered", definition)

job_id = batch.submit_job(jobName="hello", jobQueue="default", jobDefinition=definition)["jobId"]
print("submitted", job_id)

while True:
    job = batch.describe_jobs(jobs=[job_id])["jobs"][0]
    if job["status"] in ("SUCCEEDED", "FAILED"):
        break
    time.sleep(1)
print("the job", job["status"], job.get("statusReason", ""))
if job["status"] == "FAILED":
    sys.exit(1)

stream = job["container"]["logStreamName"]
for event in logs.get_log_events(logGroupName="/aws/batch/job", logStreamName=stream, startFromHead=True)["events"]:
    print(event["message"])
