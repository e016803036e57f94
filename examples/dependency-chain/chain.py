"""Runs jobs that depend on one another. Exits 0 only if they ran in order, and if a failure stopped what depends on it."""

import time

import boto3

batch = boto3.client("batch")

definition = batch.register_job_definition(
    jobDefinitionName="example-step",
    type="container",
    containerProperties={
        "image": "busybox:1.36",
        "command": ["true"],
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "64"}],
    },
)["jobDefinitionArn"]


def submit(name, after=None, command=("true",)):
    job_id = batch.submit_job(
        jobName=name,
        jobQueue="default",
        jobDefinition=definition,
        dependsOn=[{"jobId": after}] if after else [],
        containerOverrides={"command": list(command)},
    )["jobId"]
    print("submitted", name, job_id)
    return job_id


def wait_for(job_ids):
    """The jobs in the order of their ids, once all have ended."""
    while True:
        jobs = {job["jobId"]: job for job in batch.describe_jobs(jobs=job_ids)["jobs"]}
        if all(job["status"] in ("SUCCEEDED", "FAILED") for job in jobs.values()):
            return [jobs[job_id] for job_id in job_ids]
        time.sleep(1)


prepare = submit("prepare")
compute = submit("compute", after=prepare)
report = submit("report", after=compute)
chain = wait_for([prepare, compute, report])
for job in chain:
    print(job["jobName"], job["status"])
    assert job["status"] == "SUCCEEDED", job.get("statusReason")
for earlier, later in zip(chain, chain[1:]):
    assert later["startedAt"] >= earlier["stoppedAt"], f'{later["jobName"]} started too early'
print("each started after the one before had stopped")

broken = submit("broken", command=("false",))
after_broken = submit("after-broken", after=broken)
_, job = wait_for([broken, after_broken])
print(job["jobName"], job["status"], "-", job["statusReason"])
assert job["status"] == "FAILED" and "startedAt" not in job
