/**
 * `openbatch why`, `openbatch instances` and `openbatch interrupt`: their requests, their output,
 * and their messages when no answer comes.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isAuthenticationFailure } from '../access/authentication-failure.ts'
import { Credentials } from '../access/credentials.ts'
import { IdentityDirectory } from '../access/identities/identity-directory.ts'
import { verifySignature } from '../access/signature.ts'
import { Users } from '../access/users.ts'
import { runCommand } from './program.ts'

const now = Date.UTC(2026, 10, 22)
let dataDir: string
let users: Users
let credentials: Credentials
let server: Server | undefined
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-cli-'))
  const directory = new IdentityDirectory(dataDir, now)
  users = new Users(directory)
  credentials = new Credentials(directory)
  users.ensureAdministrator(now)
})
afterEach(() => {
  server?.close()
  server = undefined
  rmSync(dataDir, { recursive: true })
})

async function run(...args: string[]) {
  let [out, err] = ['', '']
  const code = await runCommand(args, {
    write: (text) => {
      out += text
    },
    warn: (text) => {
      err += text
    },
    input: new PassThrough().end(),
    env: { OPENBATCH_DATA_DIR: dataDir },
    now: () => now,
  })
  return { code, out, err }
}

function announce(endpoint: string, pid = process.pid) {
  writeFileSync(join(dataDir, 'server.json'), JSON.stringify({ endpoint, pid, startedAt: '', region: 'eu-central-1' }))
}

/**
 * A server that gives this answer to requests signed by the command's user. Returns the requests
 * that it received.
 */
async function serve(status: number, answer: object | string): Promise<string[]> {
  const asked: string[] = []
  const answerSigned: RequestListener = (request, response) => {
    const { method = '', url = '', headers } = request
    const signed = verifySignature(
      { method, url, headers, body: Buffer.alloc(0) },
      (id) => credentials.findKey(id, now),
      now,
    )
    asked.push(isAuthenticationFailure(signed) ? signed.code : `${signed.owner.name} ${method} ${url}`)
    response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  }
  server = createServer(answerSigned).listen(0, '127.0.0.1')
  await once(server, 'listening')
  announce(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return asked
}

const waiting = {
  jobId: 'a:1',
  status: 'RUNNABLE',
  reasons: [
    { kind: 'behind', text: 'Waiting for its turn: position 2 in the queue, behind job b.' },
    { kind: 'hostsBusy', code: 'CAPACITY:X', text: 'Waiting for capacity: needs 1 vCPU.' },
    { kind: 'exceedsHosts', code: 'MISCONFIGURATION:Y', text: 'MISCONFIGURATION:Y - Too large.\u001b[2J\u202e' },
  ],
}

test('why prints the reasons in order, with AWS’s codes, and no control characters', async () => {
  const asked = await serve(200, waiting)
  const { code, out, err } = await run('why', 'a:1')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toBe(
    [
      'a:1 is RUNNABLE',
      '1. Waiting for its turn: position 2 in the queue, behind job b.',
      '2. Waiting for capacity: needs 1 vCPU. [CAPACITY:X]',
      '3. MISCONFIGURATION:Y - Too large. [2J ',
      '',
    ].join('\n'),
  )
  expect(asked).toEqual([`${users.list()[0]!.name} GET /api/jobs/a%3A1/why`])
})

test('why says how a job ended, and lets only text reach the terminal', async () => {
  const ending = {
    ...{
      attempt: 2,
      attemptsAllowed: 2,
      exitCode: 137,
      exitCodeMeaning: 'too much memory',
      reason: 'OutOfMemoryError',
    },
    notRetried: 'its retry strategy allows 2 attempts',
    failedContainers: [{ name: 'side', node: 1, exitCode: 1, exitCodeMeaning: 'its own' }, { name: 'late' }],
    failedDependencies: ['b'],
    failedChildren: ['c:1', 'c:4'],
    log: { group: '/aws/batch/job', stream: 'd/default/1', lastLines: ['almost', '\u001b[31mdone'] },
  }
  await serve(200, { jobId: 'a', status: 'FAILED', statusReason: 'r', reasons: [], ending })
  expect((await run('why', 'a')).out).toBe(
    [
      'a is FAILED: r',
      'Attempt 2 of 2 ended with exit code 137: too much memory.',
      'The container’s reason: OutOfMemoryError',
      'Container side of node 1: exit code 1: its own',
      'Container late: did not run',
      'There was no further attempt: its retry strategy allows 2 attempts.',
      'Failed among what it waited for: b',
      'Failed children: c:1, c:4',
      'The last lines of its log (/aws/batch/job, d/default/1):',
      '  almost',
      '   [31mdone',
      '',
    ].join('\n'),
  )
})

test('why --json prints the answer unchanged; a node’s id arrives whole, and --user signs', async () => {
  users.add({ name: 'ada', role: 'user' }, now)
  const asked = await serve(200, { jobId: 'a#1', status: 'FAILED', statusReason: 'r', reasons: [] })
  const { out } = await run('why', 'a#1', '--json', '--user', 'ada')
  expect(JSON.parse(out)).toEqual({ jobId: 'a#1', status: 'FAILED', statusReason: 'r', reasons: [] })
  expect((await run('why', 'a#1', '--user', 'ada')).out).toBe('a#1 is FAILED: r\n')
  expect(asked).toEqual(Array(2).fill('ada GET /api/jobs/a%231/why'))
})

test('why says who asked to end a job, and in which words', async () => {
  const stop = { as: 'terminated', reason: 'wrong\u001b input', by: 'ada', atMs: Date.UTC(2026, 10, 26, 17) }
  await serve(200, { jobId: 'a', status: 'RUNNING', statusReason: 'Being stopped: wrong input', stop, reasons: [] })
  const { out } = await run('why', 'a')
  expect(out).toBe(
    'a is RUNNING: Being stopped: wrong input\nIt was terminated by ada at 2026-11-26T17:00:00.000Z: wrong  input\n',
  )
})

test.each([
  [{ interrupted: 2, alreadyStopping: 0 }, '2 spot attempts got notice\n'],
  [{ interrupted: 1, alreadyStopping: 3 }, '1 spot attempt got notice; 3 spot attempts were being stopped already\n'],
])('interrupt says how many attempts: %j', async (answer, text) => {
  const asked = await serve(200, { instanceId: 'i-0123456789abcdef0', ...answer })
  expect(await run('interrupt', 'i-0123456789abcdef0')).toEqual({ code: 0, out: text, err: '' })
  const arn = 'arn:aws:ecs:us-west-2:123456789012:container-instance/AWSBatch-x-y/0000000000000000123456789abcdef0'
  await run('interrupt', arn)
  expect(asked).toEqual(Array(2).fill(expect.stringMatching(/ POST \/api\/instances\/i-0123456789abcdef0\/interrupt$/)))
})

const instance = {
  ...{ instanceId: 'i-0123456789abcdef0', hostName: 'lab\u001b[1m', driver: 'docker', state: 'OFFERED' },
  capacity: { vcpus: 16, memoryMib: 63_000, gpus: 1 },
  free: { vcpus: 2.5, memoryMib: 30_000, gpus: 0 },
  held: { vcpus: 13.5, memoryMib: 33_000, gpus: 1 },
  disk: { offeredMib: 102_400, freeMib: 51_250 },
  ...{ onDemandAttempts: 1, spotAttempts: 4 },
}

test('instances lists the hosts, after the notes on each driver', async () => {
  const drivers = [
    { driver: 'docker', health: 'healthy', capacity: instance.capacity, spotPrice: 37.46 },
    { driver: 'slurm', health: 'unreachable', why: 'no\u0007 socket', capacity: instance.free, spotPrice: 100 },
    { driver: 'oci', health: 'unreachable', why: 'gone', spotPrice: 100 },
  ]
  const withdrawn = { ...instance, instanceId: 'i-1', hostName: 'h', state: 'WITHDRAWN' }
  const unknown = {
    ...instance,
    instanceId: 'i-2',
    state: 'UNREACHABLE',
    capacity: undefined,
    free: undefined,
    disk: undefined,
  }
  const asked = await serve(200, { drivers, instances: [instance, withdrawn, unknown], more: 3 })
  expect((await run('instances')).out).toBe(
    [
      'docker: spot price 37.5 %, 16 vCPU, 63000 MiB, 1 GPU',
      'slurm: unreachable (no  socket), 2.5 vCPU, 30000 MiB',
      'oci: unreachable (gone), capacity unknown',
      '',
      'INSTANCE             HOST     DRIVER  VCPU FREE           MIB FREE             GPU FREE         DISK FREE      ON DEMAND  SPOT',
      'i-0123456789abcdef0  lab [1m  docker  2.5 of 16           30000 of 63000       0 of 1           50 of 100 GiB  1          4',
      'i-1                  h        docker  2.5 of 16           30000 of 63000       0 of 1           50 of 100 GiB  1          4     withdrawn',
      'i-2                  lab [1m  docker  unknown, 13.5 held  unknown, 33000 held  unknown, 1 held                 1          4     unreachable',
      'and 3 more',
      '',
    ].join('\n'),
  )
  expect(asked).toEqual([expect.stringMatching(/ GET \/api\/instances$/)])
})

test('instances shows what runs on one', async () => {
  const attempt = {
    ...{ jobId: 'a:1', jobName: 'align', jobQueue: 'q', owner: 'ada' },
    ...{ attempt: 2, computeEnvironment: 'ce' },
    resources: instance.free,
    scratchMib: 512,
    placedAtMs: now,
  }
  const attempts = [
    { ...attempt, spot: true, stopping: true },
    { ...attempt, jobId: 'b', spot: false, stopping: false },
  ]
  const asked = await serve(200, { ...instance, attempts })
  const lines = (
    await run('instances', 'arn:aws:ecs:us-west-2:1:container-instance/c/0000000000000000123456789abcdef0')
  ).out
  expect(lines.split('\n').slice(3)).toEqual([
    'JOB  NAME   OWNER  ATTEMPT  QUEUE  COMPUTE ENVIRONMENT  TERMS      HOLDS                                 SINCE',
    'a:1  align  ada    2        q      ce                   spot       2.5 vCPU, 30000 MiB, 0.5 GiB of disk  2026-11-22T00:00:00.000Z  being stopped',
    'b    align  ada    2        q      ce                   on demand  2.5 vCPU, 30000 MiB, 0.5 GiB of disk  2026-11-22T00:00:00.000Z',
    '',
  ])
  expect(asked).toEqual([expect.stringMatching(/ GET \/api\/instances\/i-0123456789abcdef0$/)])
})

test('an error of the server is reported in its words, and the command fails', async () => {
  await serve(404, { message: 'Job x not found.' })
  expect(await run('why', 'x')).toEqual({ code: 1, out: '', err: 'openbatch: Job x not found.\n' })
})

test('a missing answer is reported with its cause', async () => {
  const failing = (text: string) => ({ code: 1, out: '', err: expect.stringContaining(text) })
  expect(await run('why', 'x')).toEqual(failing(`no server is running on ${dataDir}`))
  await serve(200, '<html>')
  expect(await run('why', 'x')).toEqual(failing('cannot be asked: '))
  expect(await run('why', 'x', '--user', 'nobody')).toEqual(failing('there is no user "nobody"'))
  server!.close()
  server!.closeAllConnections()
  // The process that wrote the file is alive, and nothing listens. All verbs say the same.
  for (const verb of [['why', 'x'], ['instances'], ['interrupt', 'i-0']])
    expect(await run(...verb)).toEqual({ code: 1, out: '', err: `openbatch: no server is running on ${dataDir}\n` })
  expect(await run('why')).toMatchObject({ code: 2, err: expect.stringContaining('missing required argument') })
})

test('a story is printed line by line with its times', async () => {
  const lines = [
    { atMs: 0, kind: 'submitted', text: 'submitted by ada' },
    { kind: 'behind', text: 'Waiting for its turn\u001b[2J' },
  ]
  const asked = await serve(200, { jobId: 'a:1', status: 'RUNNABLE', lines, leftOut: 3 })
  expect((await run('story', 'a:1')).out).toBe(
    [
      'a:1 is RUNNABLE',
      '1970-01-01T00:00:00.000Z  submitted by ada',
      `${' '.repeat(24)}  … 3 lines are left out …`,
      `${' '.repeat(24)}  Waiting for its turn [2J`,
      '',
    ].join('\n'),
  )
  expect(asked).toEqual(['admin GET /api/jobs/a%3A1/story'])
  expect(JSON.parse((await run('story', 'a:1', '--json')).out)).toMatchObject({ leftOut: 3 })
})
