/** Clients whose jobs are containers. `on-docker` has those that take longer. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe } from 'vitest'
import { loadDebianImage } from '../../engine/debian-image.ts'
import { root } from '../../support/built.ts'
import { newestClients } from '../clients/installed.ts'
import { startContainers } from './containers.ts'
import { exerciseCromwell } from './exercise-cromwell.ts'
import { exerciseExample } from './exercise-example.ts'
import { exerciseNextflow } from './exercise-nextflow.ts'

const { engine, server, absentImage } = await startContainers()

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
const bare = { reference: 'quay.io/lab/ubuntu:24.04', folders: [], changes: [] }
/** Its own `aws` is of no use, as one that is too old to know of AWS_ENDPOINT_URL. */
const ofTasks = {
  ...{ reference: 'cromwell-task:local', folders: [], changes: [] },
  files: { '/usr/bin/aws': '#!/bin/sh\nexit 9\n' },
}
beforeAll(async () => {
  for (const each of [image, bare, ofTasks]) await loadDebianImage(engine.socketPath, each)
})

describe('Nextflow’s calls on the docker driver', () =>
  exerciseNextflow({ server, image: bare.reference, absentImage }))

describe('Cromwell’s calls on the docker driver', () =>
  exerciseCromwell({ server, image: ofTasks.reference, absentImage, as: 'user', numbers: [3], isShort: true }))

describe('fetch-and-run on the docker driver', () =>
  exerciseExample({
    example: 'fetch-and-run',
    as: 'user',
    server,
    variables: { ABSENT_IMAGE: absentImage },
    prints: [
      /^SUCCEEDED\s+Essential container in task exited\s+0\s+None$/m,
      /^Args: 0$/m,
      /^as nobody in a folder of its own$/m,
    ],
    runs: [
      {
        title: 'the exit code of the script is that of the job',
        command: 'sh submit.sh 7',
        fails: true,
        prints: [/^FAILED\s+Essential container in task exited\s+7\s+None$/m, /^Args: 7$/m],
      },
      {
        title: 'a script that takes more memory than it has is killed, which is told',
        command: `cat > myjob.sh <<'END'
#!/bin/sh
echo starting
exec python3 -c 'print(len(b"x" * 900_000_000))'
END
sh submit.sh 0`,
        fails: true,
        prints: [
          /^FAILED\s+Essential container in task exited\s+137\s+OutOfMemoryError: Container killed due to memory usage$/m,
          /^starting$/m,
        ],
      },
      {
        title: 'an image that its registry does not have is told, and there is no log',
        command: `sed 's#"image": "fetch_and_run"#"image": "'"$ABSENT_IMAGE"'"#' submit.sh > wrong.sh; sh wrong.sh 0`,
        fails: true,
        prints: [/^FAILED\s+Task failed to start\s+None\s+CannotPullContainerError: .*(not found|manifest unknown)/m],
      },
      {
        title: 'a script that is not there is told in the log, in the words of the aws command',
        command: `sed '/BATCH_FILE_S3_URL/s#myjob.sh#absent.sh#' submit.sh > absent.sh; sh absent.sh 0`,
        fails: true,
        prints: [/^FAILED\s+Essential container in task exited\s+1\s+None$/m, /An error occurred \(404\)/],
      },
    ],
  }))
