/** Metaflow with `@batch`, its data in the object store. */
import { exerciseOnDocker } from './exercise-on-docker.ts'

const settings = `export METAFLOW_DEFAULT_DATASTORE=s3 METAFLOW_DATASTORE_SYSROOT_S3=s3://metaflow/data
export METAFLOW_BATCH_JOB_QUEUE=default METAFLOW_ECS_S3_ACCESS_IAM_ROLE=`

/**
 * A flow of one step that fails. Metaflow then looks for the step's data, finds none, and shows that
 * instead of why the job ended, as on AWS: the jobs themselves tell.
 */
const flow = (name: string, body: string, image = 'python:3.11') => `${settings}
cat > ${name}.py <<END
import os
from metaflow import FlowSpec, batch, step
class Flow(FlowSpec):
    @batch(cpu=1, memory=512, image="${image}")
    @step
    def start(self):
        ${body}
        self.next(self.end)
    @step
    def end(self):
        pass
if __name__ == "__main__":
    Flow()
END
if python3 ${name}.py run; then exit 0; fi
aws batch list-jobs --job-queue default --job-status FAILED --output text \\
  --query 'jobSummaryList[].[statusReason, container.exitCode, container.reason]'
exit 1`

const hidden = [/Data store error:/, /No completed attempts of the task was found/, /Task failed\./]

await exerciseOnDocker({
  manager: 'metaflow',
  image: 'python:3.11',
  jobEnvironment: { METAFLOW_SKIP_INSTALL_DEPENDENCIES: '1' },
  prints: [
    /Task is starting \(status RUNNING\)/,
    /RuntimeError: this attempt fails on purpose/,
    /3 squared is 9/,
    /the total is 14/,
  ],
  runs: [
    {
      title: 'Metaflow tells of a step that exits with 7',
      command: flow('fails', 'print("nothing to do", flush=True); os._exit(7)'),
      fails: true,
      prints: [/nothing to do/, ...hidden, /^Essential container in task exited\s+7\s+None$/m],
    },
    {
      title: 'Metaflow tells of a step that runs out of memory',
      command: flow('hungry', 'print(len(b"x" * 900_000_000))'),
      fails: true,
      prints: [
        ...hidden,
        /^Essential container in task exited\s+\d+\s+OutOfMemoryError: Container killed due to memory usage$/m,
      ],
    },
    {
      title: 'Metaflow tells of an image that its registry does not have',
      command: flow('absent', 'pass', '$ABSENT_IMAGE'),
      fails: true,
      prints: [...hidden, /^Task failed to start\s+None\s+CannotPullContainerError: /m],
    },
  ],
})
