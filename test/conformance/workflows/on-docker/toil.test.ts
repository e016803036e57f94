/** Toil as an ordinary user, with the grants of docs/use/toil.md. */
import { tmpdir } from 'node:os'
import { toilCommit } from '../installed.ts'
import { exerciseOnDocker } from './exercise-on-docker.ts'

const commit = toilCommit()

const settings = `export TOIL_AWS_BATCH_QUEUE=default TOIL_AWS_REGION=us-west-2 TOIL_APPLIANCE_SELF=toil:${commit}`
const run = (script: string, store: string) =>
  `python3 ${script} file:$PWD/${store} --batchSystem aws_batch --workDir $PWD --coordinationDir $PWD --retryCount 0`

await exerciseOnDocker({
  manager: 'toil',
  image: `toil:${commit}`,
  as: 'user',
  server: {
    env: {
      OPENBATCH_HOST_PATHS: JSON.stringify({ '/var/run/docker.sock': { scratch: true }, '/tmp': { scratch: true } }),
      OPENBATCH_HOST_ACCESS: JSON.stringify({
        default: { privileged: 'withheld', hostPaths: { [tmpdir()]: 'readWrite' }, rootOnHostPaths: true },
      }),
    },
  },
  prints: [/3 squared is 9/, /the total is 14/, /Finished toil run successfully/, /^14$/m],
  runs: [
    {
      title: 'Toil tells of a job that exits with 7, with its log',
      command: `${settings}\n${run('squares.py', 'store-fails')} --numbers -1`,
      fails: true,
      prints: [
        /failed because: Essential container in task exited/,
        /-1 is negative/,
        /Exit reason: FAILED/,
        /FailedJobsException/,
      ],
    },
    {
      title: 'Toil tells of a job that runs out of memory',
      command: `${settings}
        sed 's/    if number < 0:/    held = b"x" * 900_000_000\\n    if number < 0:/' squares.py > hungry.py
        ${run('hungry.py', 'store-hungry')} --numbers 1`,
      fails: true,
      prints: [/failed because: Essential container in task exited/, /exit value 137:/, /FailedJobsException/],
    },
    {
      title: 'Toil tells of an image that its registry does not have',
      command: `${settings}; export TOIL_APPLIANCE_SELF=\${ABSENT_IMAGE%:1}:${commit}
        ${run('squares.py', 'store-absent')} --numbers 1`,
      fails: true,
      prints: [/failed because: Task failed to start/, /FailedJobsException/],
    },
  ],
})
