"""Squares the numbers from 1 to 3, each in a job of its own. Luigi reads the log of a job that fails."""
import os
import sys

import boto3
import luigi
from luigi.contrib.batch import BatchTask

folder = os.environ.get("LUIGI_OUTPUT", ".")


def job_definition():
    return boto3.client("batch").register_job_definition(
        jobDefinitionName="luigi-square",
        type="container",
        parameters={"number": "0"},
        containerProperties={
            "image": "busybox",
            "command": ["sh", "-c", 'test "$1" -ge 0 || { echo "$1 is negative"; exit 7; }; echo "$1 squared is $(($1 * $1))"', "sh", "Ref::number"],
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "64"}],
        },
    )["jobDefinitionArn"]


class Square(BatchTask):
    number = luigi.IntParameter()
    poll_time = 1

    @property
    def parameters(self):
        return {"number": str(self.number)}

    def output(self):
        return luigi.LocalTarget(os.path.join(folder, f"{self.number}.done"))

    def run(self):
        super().run()
        with self.output().open("w") as done:
            done.write("done\n")


if __name__ == "__main__":
    definition = job_definition()
    tasks = [Square(job_definition=definition, number=int(word), job_queue="default") for word in sys.argv[1:]]
    sys.exit(0 if luigi.build(tasks, local_scheduler=True, workers=3) else 1)
