"""The workflow with plain boto3: an array job, a job after it that may need more memory, and one that gathers.

Exits 0 only if the report is in the object store.
"""

import os
import time

import boto3

bucket, samples = "genomics", 20
image = os.environ.get("GENOMICS_IMAGE", "genomics")
most_memory = 8192
batch = boto3.client("batch")

# The command that AWS's machine images have for Nextflow, and that openbatch supplies.
aws_home = "/home/ec2-user/miniconda"
definition = batch.register_job_definition(
    jobDefinitionName="genomics",
    type="container",
    containerProperties={
        "image": image,
        "command": ["true"],
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "256"}],
        "environment": [{"name": "PATH", "value": f"{aws_home}/bin:/usr/local/bin:/usr/bin:/bin"}],
        "volumes": [
            {"name": "aws", "host": {"sourcePath": aws_home}},
            {"name": "scratch", "host": {"sourcePath": "/docker_scratch"}},
        ],
        "mountPoints": [
            {"sourceVolume": "aws", "containerPath": aws_home, "readOnly": True},
            {"sourceVolume": "scratch", "containerPath": "/tmp"},
        ],
    },
)["jobDefinitionArn"]

trim = f"""
sample=$(printf s%02d $((AWS_BATCH_JOB_ARRAY_INDEX + 1)))
aws s3 cp --only-show-errors s3://{bucket}/reads/$sample.fastq .
fastq trim $sample.fastq trimmed.fastq > stats.tsv
aws s3 cp --only-show-errors trimmed.fastq s3://{bucket}/boto3/trimmed/$sample.fastq
aws s3 cp --only-show-errors stats.tsv s3://{bucket}/boto3/stats/$sample.tsv
"""
count_kmers = f"""
aws s3 cp --only-show-errors --recursive s3://{bucket}/boto3/trimmed trimmed
fastq kmers trimmed/* > kmers.tsv
aws s3 cp --only-show-errors kmers.tsv s3://{bucket}/boto3/kmers.tsv
"""
gather = f"""
aws s3 cp --only-show-errors --recursive s3://{bucket}/boto3/stats stats
aws s3 cp --only-show-errors s3://{bucket}/boto3/kmers.tsv .
fastq report kmers.tsv stats/* > report.tsv
aws s3 cp --only-show-errors report.tsv s3://{bucket}/boto3/report.tsv
"""


def submit(name, script, after=None, memory=None, **more):
    overrides = {"command": ["sh", "-ec", f"cd /tmp\n{script}"]}
    if memory:
        overrides["resourceRequirements"] = [{"type": "MEMORY", "value": str(memory)}]
    job_id = batch.submit_job(
        jobName=name,
        jobQueue="default",
        jobDefinition=definition,
        dependsOn=[{"jobId": after}] if after else [],
        containerOverrides=overrides,
        **more,
    )["jobId"]
    print("submitted", name, job_id, *([f"with {memory} MiB"] if memory else []), flush=True)
    return job_id


def wait_for(*job_ids):
    """The jobs in the order of their ids, once all have ended. Prints how far the array is."""
    told = None
    while True:
        jobs = {job["jobId"]: job for job in batch.describe_jobs(jobs=job_ids)["jobs"]}
        done = [jobs[job_id] for job_id in job_ids if jobs[job_id]["status"] in ("SUCCEEDED", "FAILED")]
        array = jobs[job_ids[0]].get("arrayProperties", {}).get("statusSummary", {})
        counts = " ".join(f"{status} {count}" for status, count in array.items() if count)
        if counts and counts != told:
            print(jobs[job_ids[0]]["jobName"], counts, flush=True)
            told = counts
        if len(done) == len(job_ids):
            return done
        time.sleep(1)


def tell(job):
    why = job.get("container", {}).get("reason") or job.get("statusReason", "")
    print(job["jobName"], job["status"], why, flush=True)


trimmed = submit("trim", trim, arrayProperties={"size": samples})
memory = 2048
while True:
    counted = submit("kmers", count_kmers, after=trimmed, memory=memory)
    reported = submit("report", gather, after=counted)
    jobs = wait_for(trimmed, counted, reported)
    for job in jobs:
        tell(job)
    if jobs[2]["status"] == "SUCCEEDED":
        break
    # Retries of Batch itself have as much memory as the first attempt. So the job is submitted again, and what waits for it.
    reason = jobs[1].get("container", {}).get("reason", "")
    if not reason.startswith("OutOfMemoryError") or memory >= most_memory:
        raise SystemExit("the workflow failed")
    memory *= 2
print(f"the report is s3://{bucket}/boto3/report.tsv")
