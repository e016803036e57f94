/**
 * The memory that a server holds for the credentials of 1,000,000 attempts that run: each asks for its keys, and
 * signs a request with them. A server keeps none of them, so what is held more is what its caches hold.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Credentials } from '../../src/access/credentials.ts'
import { IdentityDirectory } from '../../src/access/identities/identity-directory.ts'
import { ContainerKeys } from '../../src/access/job-credentials/container-keys.ts'
import { JobCredentials } from '../../src/access/job-credentials/job-credentials.ts'
import { Users } from '../../src/access/users.ts'
import { heldBytes } from './held-bytes.ts'

const attempts = 1_000_000
const account = '123456789012'

export interface CredentialsFigures {
  /** MiB held more after all attempts than after the first thousand. */
  readonly grownMib: number
  readonly microsecondsEach: number
}

export function measureJobCredentials(): CredentialsFigures {
  const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-bench-'))
  const directory = new IdentityDirectory(dataDir, 0)
  try {
    new Users(directory).add({ name: 'ada', role: 'user' }, 0)
    const server = {
      keys: new ContainerKeys(directory.sealingKeys),
      jobs: new JobCredentials({ account, directory }),
      credentials: new Credentials(directory),
    }
    for (let index = 0; index < 1000; index++) useCredentials(server, index)
    const before = heldBytes()
    const startedAt = process.hrtime.bigint()
    for (let index = 1000; index < attempts; index++) useCredentials(server, index)
    const nanoseconds = Number(process.hrtime.bigint() - startedAt)
    const grownMib = Math.max(0, heldBytes() - before) / 2 ** 20
    return { grownMib, microsecondsEach: nanoseconds / 1000 / attempts }
  } finally {
    directory.close()
    rmSync(dataDir, { recursive: true })
  }
}

interface CredentialsOfServer {
  readonly keys: ContainerKeys
  readonly jobs: JobCredentials
  readonly credentials: Credentials
}

/** All that the server does for one attempt: its address and token, its keys, and a request with them. */
function useCredentials({ keys, jobs, credentials }: CredentialsOfServer, index: number): void {
  const name = `openbatch-6c0f.${index}-1`
  if (keys.open(keys.idOf(name, 'credentialsWithToken'), 'credentialsWithToken', keys.tokenOf(name)) !== name)
    throw new Error(`${name} does not open what is its own`)
  const taskId = index.toString(16).padStart(32, '0')
  const taskArn = `arn:aws:ecs:us-west-2:${account}:task/c/${taskId}`
  const container = { jobId: `6c0f:${index}`, attempt: 1, owner: 'ada', createdAtMs: 1, taskId, taskArn }
  const made = jobs.issue(container, 3600, index)
  if ('why' in made) throw new Error(made.why)
  const owner = credentials.findKey(made.accessKeyId, index, made.sessionToken)?.owner
  if (owner?.session?.attempt?.jobId !== container.jobId) throw new Error(`the keys of ${name} are not its own`)
}
