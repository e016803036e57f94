/**
 * Every example in `examples/` runs as its README says, against a real server on the process
 * driver.
 */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessVariables, plainEnvironment } from '../conformance/clients/client.ts'
import { newestClients } from '../conformance/clients/installed.ts'
import { root } from '../support/built.ts'
import { type Credentials, startServer, type TestServer } from '../support/openbatch-server.ts'

/** What each example prints on success. */
const successes: Readonly<Record<string, RegExp>> = {
  'hello-aws-cli': /^the job SUCCEEDED\s*\nHello from job [0-9a-f-]{36}$/m,
  'hello-boto3': /^the job SUCCEEDED.*\nHello from job [0-9a-f-]{36}$/m,
  'hello-javascript': /^the job SUCCEEDED.*\nHello from job [0-9a-f-]{36}$/m,
  'array-job': /^the array SUCCEEDED\n0 squared is 0\n1 squared is 1\n2 squared is 4\n3 squared is 9$/m,
  'dependency-chain': /^after-broken FAILED - Dependent Job failed$/m,
  'multi-node': /^the sum is 499999500000$/m,
  'retry-by-exit-code': /^busy-at-first SUCCEEDED exit codes: 75 75 0\nbroken FAILED exit codes: 1$/m,
}

const folders = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
/** They need a client of their own: `test/conformance/workflows` runs them. */
const ofManagers = [
  'airflow',
  'fetch-and-run',
  'genomics',
  'luigi',
  'metaflow',
  'miniwdl',
  'redun',
  'snakemake',
  'toil',
]
/** What these would call is replayed by `test/conformance/cromwell.test.ts` and `nextflow.test.ts`. */
const ofReplays = ['cromwell', 'nextflow']
const ofClients = [...ofManagers, ...ofReplays]
const examples = folders.filter((name) => !ofClients.includes(name))

let server: TestServer
let user: Credentials
let path: string

beforeAll(async () => {
  const { commandFolder } = newestClients()
  path = [commandFolder, dirname(process.execPath), plainEnvironment().PATH].join(':')
  server = await startServer({ driver: 'process', env: { OPENBATCH_DRIVERS_PROCESS_VCPUS: '16' } })
  user = server.addUser('jdoe')
})
afterAll(() => server?.stop())

test('this test and the README know each example', () => {
  const readme = readFileSync(join(root, 'examples/README.md'), 'utf8')
  expect(examples.toSorted()).toEqual(Object.keys(successes).toSorted())
  for (const name of folders) expect(readme).toContain(`](${name}/README.md)`)
})

// All at once: most of their time goes into starting clients and waiting.
describe.concurrent('examples', () => {
  test.each(examples)('%s does what it says', async (name) => {
    const { code, out } = await runExample(name, user)
    expect(out).toMatch(successes[name]!)
    expect(code, out).toBe(0)
  })

  test.each(['hello-aws-cli', 'hello-boto3', 'hello-javascript'])('%s fails if its calls are refused', async (name) => {
    const { code, out } = await runExample(name, { ...user, secretAccessKey: 'wrong' })
    expect(out).toMatch(/signature/i)
    expect(code, out).toBeGreaterThan(0)
  })
})

/** Runs the one command in the example's README, in the root of the repository. */
function runExample(name: string, credentials: Credentials): Promise<{ code: number; out: string }> {
  const readme = readFileSync(join(root, 'examples', name, 'README.md'), 'utf8')
  const [, command] = /```sh\n(.+)\n```/.exec(readme)!
  const env = { ...plainEnvironment(), ...accessVariables({ endpoint: server.endpoint, credentials }), PATH: path }
  return new Promise((resolve, reject) => {
    execFile('sh', ['-c', command!], { cwd: root, env, timeout: 120_000 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new Error(`${name}: ${error.message}\n${stdout}${stderr}`))
      else resolve({ code: error ? Number(error.code) : 0, out: `${stdout}${stderr}` })
    })
  })
}
