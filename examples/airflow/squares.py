"""Runs BatchOperator as a task of Airflow does, without a scheduler: a job that prints a square."""
import sys

import boto3
from airflow.providers.amazon.aws.operators.batch import BatchOperator

number = sys.argv[1] if len(sys.argv) > 1 else "3"
script = 'test "$1" -ge 0 || { echo "$1 is negative"; exit 7; }; echo "$1 squared is $(($1 * $1))"'

definition = boto3.client("batch").register_job_definition(
    jobDefinitionName="airflow-square",
    type="container",
    parameters={"number": "0"},
    containerProperties={
        "image": "busybox",
        "command": ["sh", "-c", script, "sh", "Ref::number"],
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "64"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-region": "us-west-2", "awslogs-group": "/aws/batch/job"}},
    },
)

operator = BatchOperator(
    task_id="square",
    job_name="square",
    job_definition=definition["jobDefinitionArn"],
    job_queue="default",
    parameters={"number": number},
    container_overrides={},
    aws_conn_id=None,
    region_name="us-west-2",
    awslogs_enabled=True,
    poll_interval=1,
)
print("the job was", operator.execute({}))
