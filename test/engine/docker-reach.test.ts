/**
 * What the server says at its start of the ways from its jobs to itself, on each network that jobs
 * may have, beside what a job finds that goes these ways.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type JobsClient, jobsClient } from '../e2e/jobs-client.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { sendSigned } from '../support/raw-request.ts'
import { dockerSetting } from './docker-setting.ts'
import { startEngine, type TestEngine } from './engine.ts'
import { engineJson } from './engine-http.ts'

const run = promisify(execFile)

let engine: TestEngine

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.stop())

/** What the log says of the ways to the server. */
interface Said {
  readonly msg: string
  readonly driver: string
  readonly from: string
  readonly tried: readonly { readonly way: string; readonly url: string; readonly why?: string }[]
}

/** What it said last of the docker driver, once it said more than `before` times. */
function said(server: TestServer, before = 0): Promise<Said> {
  return eventually('what the server says of the ways from its jobs', () => {
    const lines = server
      .log()
      .split('\n')
      .filter((line) => line.includes('"tried":'))
      .map((line) => JSON.parse(line) as Said)
      .filter(({ driver }) => driver === 'docker')
    return lines.length > before && lines.at(-1)
  })
}

/** The figures of the metrics, by way. */
async function figures({ endpoint, administrator }: TestServer): Promise<Record<string, number>> {
  const { body } = await sendSigned(endpoint, administrator, { method: 'GET', path: '/metrics' })
  const rows = body.matchAll(/^openbatch_jobs_reach_server\{driver="docker",way="(\w+)"\} (\d)$/gm)
  return Object.fromEntries([...rows].map(([, way, figure]) => [way, Number(figure)]))
}

/** The ways that a job reaches something by. */
async function waysOfJob(jobs: JobsClient, { tried }: Said): Promise<string[]> {
  // An answer of any status is one.
  const tries = tried.map(({ way, url }) => {
    const { hostname, port, pathname } = new URL(url)
    const get = `printf 'GET ${pathname} HTTP/1.0\\r\\nHost: ${hostname}\\r\\n\\r\\n'`
    return `${get} | nc -w 5 ${hostname} ${port || 80} 2>/dev/null | grep -q ^HTTP/ && echo ${way}`
  })
  const id = await jobs.submit({ script: `${tries.join('\n')}\necho tried` })
  await jobs.until(id, 'SUCCEEDED')
  const lines = await jobs.lines(id)
  expect(lines.at(-1)).toBe('tried')
  return lines.slice(0, -1)
}

/** Keeps out what comes to a port of this machine, but from itself, until the test ends. */
async function firewall(port: string, verdict: 'REJECT' | 'DROP'): Promise<() => Promise<void>> {
  const rule = ['INPUT', '!', '-i', 'lo', '-p', 'tcp', '--dport', port, '-j', verdict]
  await run('iptables', ['-w', '-I', ...rule])
  let isUp = true
  const open = async () => {
    if (isUp) await run('iptables', ['-w', '-D', ...rule])
    isUp = false
  }
  onTestFinished(open)
  return open
}

interface Network {
  readonly network: string
  readonly from: string
  /** A firewall's, and why a way is not reached then. */
  readonly verdict?: 'REJECT' | 'DROP'
  readonly why?: string
}

test('the removal of what an earlier server left spares the network of a try under way', async () => {
  const setting = await dockerSetting(engine.socketPath)
  onTestFinished(() => setting.dispose())
  const driver = setting.driver({ network: 'bridge' })
  const answering = createServer(async (_, response) => {
    // The first look at what there is removes what is left over.
    await driver.list()
    response.end()
  })
  answering.listen(0, await driver.hostAddressForJobs())
  await once(answering, 'listening')
  onTestFinished(() => void answering.close())
  const { address, port } = answering.address() as AddressInfo
  const options = { trustFile: undefined, signal: AbortSignal.timeout(60_000) }
  expect(await driver.reachFromJobs([`http://${address}:${port}/`], options)).toEqual([null])
})

const networks: readonly Network[] = [
  { network: 'shared', from: 'the network of jobs', verdict: 'REJECT', why: expect.stringContaining('ECONNREFUSED') },
  { network: 'bridge', from: 'the network of jobs', verdict: 'DROP', why: 'no answer' },
  // Nothing is between the host's network and the server.
  { network: 'host', from: 'this machine' },
]

describe.each(networks)('jobs on the network $network', ({ network, from, verdict, why }) => {
  let server: TestServer
  let jobs: JobsClient

  beforeAll(async () => {
    const env = { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost, OPENBATCH_DRIVERS_DOCKER_NETWORK: network }
    server = await startServer({ driver: 'docker', env })
    jobs = jobsClient(server)
  })
  afterAll(async () => {
    jobs?.dispose()
    await server?.stop()
  })

  test('reach the server by the ways that it says', async () => {
    const first = await said(server)
    expect(first).toMatchObject({ msg: 'jobs reach this server', from })
    expect(first.tried.map(({ way }) => way)).toEqual(['api', 'credentials'])
    expect(first.tried.filter(({ why }) => why !== undefined)).toEqual([])
    expect(await waysOfJob(jobs, first)).toEqual(['api', 'credentials'])
    expect(await figures(server)).toEqual({ api: 1, credentials: 1 })
  })

  test('leave nothing of the try behind', async () => {
    const rows = (await engineJson(engine.socketPath, 'GET', '/containers/json?all=1')) as { Names: string[] }[]
    expect(rows.flatMap(({ Names }) => Names).filter((name) => name.includes('reach'))).toEqual([])
  })

  if (verdict === undefined) return
  test('meet a firewall between, which is told, and so is its end', async () => {
    const open = await firewall(new URL(server.endpoint).port, verdict)
    await server.restart()
    const closed = await said(server, 1)
    expect(closed).toMatchObject({ from, msg: expect.stringContaining('a firewall of this machine') })
    expect(closed.tried[0]).toMatchObject({ way: 'api', why })
    const reached = closed.tried.filter(({ why }) => why === undefined).map(({ way }) => way)
    expect(await waysOfJob(jobs, closed)).toEqual(reached)
    expect(await figures(server)).toMatchObject({ api: 0 })

    await open()
    await server.restart()
    expect(await said(server, 2)).toMatchObject({ msg: 'jobs reach this server', from })
  })
})
