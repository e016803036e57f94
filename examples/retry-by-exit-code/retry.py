"""Runs two jobs with one retry strategy. Exits 0 only if each was retried as the strategy says."""

import time

import boto3

batch = boto3.client("batch")

definition = batch.register_job_definition(
    jobDefinitionName="example-retry",
    type="container",
    retryStrategy={
        "attempts": 4,
        "evaluateOnExit": [
            {"onExitCode": "75", "action": "RETRY"},
            {"onExitCode": "*", "action": "EXIT"},
        ],
    },
    containerProperties={
        "image": "busybox:1.36",
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "64"}],
    },
)["jobDefinitionArn"]


def run(name, script):
    """The job once it has ended."""
    job_id = batch.submit_job(
        jobName=name,
        jobQueue="default",
        jobDefinition=definition,
        containerOverrides={"command": ["sh", "-c", script]},
    )["jobId"]
    while True:
        job = batch.describe_jobs(jobs=[job_id])["jobs"][0]
        if job["status"] in ("SUCCEEDED", "FAILED"):
            break
        time.sleep(1)
    codes = [attempt["container"]["exitCode"] for attempt in job["attempts"]]
    print(name, job["status"], "exit codes:", *codes)
    return job["status"], codes


assert run("busy-at-first", 'test "$AWS_BATCH_JOB_ATTEMPT" -eq 3 || exit 75') == ("SUCCEEDED", [75, 75, 0])
assert run("broken", "exit 1") == ("FAILED", [1])
