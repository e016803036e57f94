/** miniwdl with its plugin for AWS Batch, on a shared directory instead of EFS. */
import { exerciseOnDocker } from './exercise-on-docker.ts'

const task = (name: string, command: string, image = 'python:3.11') => `cat > ${name}.wdl <<END
version 1.0
task ${name} {
  command { ${command} }
  runtime {
    docker: "${image}"
    memory: "64 MiB"
  }
}
END
MINIWDL__FILE_IO__ROOT=$PWD miniwdl run --dir $PWD --cfg miniwdl.cfg --verbose ${name}.wdl`

await exerciseOnDocker({
  manager: 'miniwdl',
  image: 'python:3.11',
  prints: [/AWS Batch job change :: status: "SUCCEEDED"/, /"squares\.sum": 14/],
  runs: [
    {
      title: 'miniwdl tells how a task ended that exits with 7',
      // miniwdl's own script does not wait for the program that writes this file.
      command: task(
        'fails',
        'echo "nothing to do" >&2; until grep -q nothing ../stderr.txt; do sleep 0.1; done; exit 7',
      ),
      fails: true,
      prints: [
        /AWS Batch job change :: status: "FAILED"/,
        /nothing to do/,
        /CommandFailed/,
        /exit_status: 7/,
        /statusReason: "Essential container in task exited"/,
      ],
    },
    {
      title: 'miniwdl tells how a task ended that ran out of memory',
      command: task('hungry', 'exec python3 -c \'print(len(b"x" * 2000000000))\''),
      fails: true,
      prints: [/status: "FAILED"/, /exit_status: 137/, /OutOfMemoryError: Container killed due to memory usage/],
    },
    {
      title: 'miniwdl tells of an image that its registry does not have',
      command: task('absent', 'true', '$ABSENT_IMAGE'),
      fails: true,
      prints: [/status: "FAILED"/, /Task failed to start/, /CannotPullContainerError/],
    },
  ],
})
