/** Clients whose jobs are containers. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { loadDebianImage } from '../../engine/debian-image.ts'
import { startEngine } from '../../engine/engine.ts'
import { root } from '../../support/built.ts'
import { newestClients } from '../clients/installed.ts'
import { exerciseExample } from './exercise-example.ts'

const engine = await startEngine()
afterAll(() => engine.stop())

const server = {
  driver: 'docker',
  env: { DOCKER_HOST: engine.dockerHost, OPENBATCH_JOBS_STOP_GRACE_SECONDS: '2' },
} as const

const entrypoint = '/usr/local/bin/fetch_and_run.sh'
const { commandFolder } = newestClients()
const image = {
  reference: 'fetch_and_run:latest',
  folders: [dirname(commandFolder)],
  files: { [entrypoint]: readFileSync(join(root, 'examples/fetch-and-run/fetch_and_run.sh'), 'utf8') },
  changes: [
    `ENV PATH=${commandFolder}:/usr/local/bin:/usr/bin:/bin`,
    'WORKDIR /tmp',
    'USER nobody',
    `ENTRYPOINT ["${entrypoint}"]`,
  ],
}
beforeAll(() => loadDebianImage(engine.socketPath, image))

describe('fetch-and-run on the docker driver', () =>
  exerciseExample({
    example: 'fetch-and-run',
    as: 'user',
    server,
    prints: [
      /^SUCCEEDED\s+Essential container in task exited\s+0$/m,
      /^Args: 0$/m,
      /^as nobody in a folder of its own$/m,
    ],
    runs: [
      {
        title: 'the exit code of the script is that of the job',
        command: 'sh submit.sh 7',
        fails: true,
        prints: [/^FAILED\s+Essential container in task exited\s+7$/m, /^Args: 7$/m],
      },
      {
        title: 'a script that is not there is told in the log, in the words of the aws command',
        command: `sed '/BATCH_FILE_S3_URL/s#myjob.sh#absent.sh#' submit.sh > absent.sh; sh absent.sh 0`,
        fails: true,
        prints: [/^FAILED\s+Essential container in task exited\s+1$/m, /An error occurred \(404\)/],
      },
    ],
  }))
