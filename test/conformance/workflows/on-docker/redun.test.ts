/** redun with its executor for AWS Batch: an array job, its code and values in the object store. */
import { exerciseOnDocker } from './exercise-on-docker.ts'

/** A workflow of one task. */
const workflow = (name: string, body: string, image?: string) => `cat > ${name}.py <<END
import os
from redun import task
redun_namespace = "${name}"
@task(executor="batch", vcpus=1, memory=0.25${image === undefined ? '' : `, image="${image}"`})
def main() -> int:
    ${body}
END
redun run ${name}.py main`

await exerciseOnDocker({
  manager: 'redun',
  image: 'python:3.11',
  prints: [/Run\s+Job [0-9a-f]+:\s+squares\.square/, /^55$/m],
  runs: [
    {
      title: 'redun tells of a task that exits with 7, with its log',
      command: workflow('fails', 'print("nothing to do", flush=True); os._exit(7)'),
      fails: true,
      prints: [/nothing to do/, /Essential container in task exited/],
    },
    {
      title: 'redun tells of a task that runs out of memory',
      command: workflow('hungry', 'return len(b"x" * 900_000_000)'),
      fails: true,
      prints: [/OutOfMemoryError: Container killed due to memory usage/],
    },
    {
      title: 'redun tells of an image that its registry does not have',
      command: workflow('absent', 'return 1', '$ABSENT_IMAGE'),
      fails: true,
      prints: [/CannotPullContainerError/],
    },
  ],
})
