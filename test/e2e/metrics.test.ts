/**
 * docs/operate/metrics.md, taken at its word: its configuration, scrapes as Prometheus would make
 * them, its table and its alerts.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { root } from '../support/built.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { sendSigned } from '../support/raw-request.ts'

const page = readFileSync(join(root, 'docs', 'operate', 'metrics.md'), 'utf8')
const serverToken = '/etc/openbatch/metrics-token'
const prometheusToken = '/etc/prometheus/openbatch-token'

interface ScrapeConfig {
  readonly metrics_path?: string
  readonly scheme?: string
  readonly authorization?: { readonly type: string; readonly credentials_file: string }
  readonly static_configs: readonly { readonly targets: readonly string[] }[]
}

/** The YAML files that the page shows, by name. */
function shown(name: string): unknown[] {
  const blocks = [...page.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g)]
  return blocks.filter(([, file]) => file === name).map(([, , text]) => parse(text!))
}

let directory: string
let server: TestServer
/** The addresses where the page says `127.0.0.1:8642` and `127.0.0.1:9642`. */
let addresses: Readonly<Record<string, string>>
const local = (path: string) => (path === serverToken || path === prometheusToken ? join(directory, 'token') : path)

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-metrics-'))
  const command = /^\(umask 077.*\)$/m.exec(page)![0].replace(serverToken, join(directory, 'token'))
  execFileSync('/bin/sh', ['-c', command])
  // One server with both of the page's offers: the token on the main port, and the listener, which
  // then requires it too.
  const [withToken, withListener] = shown('openbatch.yaml') as { metrics: Record<string, string> }[]
  const metrics = { ...withToken!.metrics, ...withListener!.metrics }
  expect(metrics).toEqual({ tokenFile: serverToken, listen: '127.0.0.1:9642' })
  server = await startServer({
    driver: 'scripted',
    env: {
      OPENBATCH_METRICS_TOKEN_FILE: local(metrics.tokenFile!),
      OPENBATCH_METRICS_LISTEN: metrics.listen!.replace('9642', '0'),
      OPENBATCH_EVENTS_FILE: 'events.jsonl',
      OPENBATCH_DRIVERS_SCRIPTED_VCPUS: '4',
    },
  })
  const own = /metrics are served at http:\/\/(\S+)\/metrics/.exec(server.log())![1]!
  addresses = { '127.0.0.1:8642': new URL(server.endpoint).host, '127.0.0.1:9642': own }
})
afterAll(async () => {
  await server?.stop()
  rmSync(directory, { recursive: true })
})

/** Scrapes as Prometheus does with this configuration. */
function scrape({ scheme = 'http', metrics_path = '/metrics', authorization, static_configs }: ScrapeConfig) {
  const target = addresses[static_configs[0]!.targets[0]!]
  expect(target).toBeDefined()
  const token = authorization && readFileSync(local(authorization.credentials_file), 'utf8').trim()
  const headers = authorization ? { authorization: `${authorization.type} ${token}` } : {}
  return fetch(`${scheme}://${target}${metrics_path}`, { headers })
}

const scrapeConfigs = () =>
  (shown('prometheus.yml') as { scrape_configs: [ScrapeConfig] }[]).map((it) => it.scrape_configs[0])

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Parses the text format line by line; an invalid line fails. */
function samplesOf(text: string): Sample[] {
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => !/^(# (HELP|TYPE) \w+ .+)?$/.test(line))
    .map((line) => {
      const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (-?[\d.e+-]+|NaN|[+-]?Inf)$/.exec(line) ?? []
      expect(name, line).toBeDefined()
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text])
      return { name: name!, labels: Object.fromEntries(pairs), value: Number(value) }
    })
}

async function metricsText(): Promise<string> {
  const answer = await scrape(scrapeConfigs()[0]!)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    ...[200, expect.stringMatching(/^text\/plain; version=/)],
  ])
  return answer.text()
}

const samples = async () => samplesOf(await metricsText())

test('Prometheus, configured as the page says, reads figures of waiting and running jobs', async () => {
  const call = async (operation: string, body: object) => {
    const answer = await sendSigned(server.endpoint, server.administrator, {
      ...{ path: `/v1/${operation}`, body: JSON.stringify(body) },
    })
    expect(answer.status, answer.body).toBe(200)
  }
  const requirements = ['VCPU', 'MEMORY'].map((type) => ({ type, value: type === 'VCPU' ? '1' : '64' }))
  await call('registerjobdefinition', {
    ...{ jobDefinitionName: 'long', type: 'container' },
    containerProperties: { image: 'x', command: ['sleep', '3600'], resourceRequirements: requirements },
  })
  await call('submitjob', {
    ...{ jobName: 'ten', jobQueue: 'default', jobDefinition: 'long', arrayProperties: { size: 10 } },
  })
  const figures = async () => {
    const found = await samples()
    const value = (name: string, labels: Record<string, string> = {}) =>
      found.find((it) => it.name === name && Object.entries(labels).every(([key, text]) => it.labels[key] === text))
        ?.value
    return {
      waiting: value('openbatch_jobs', { job_queue: 'default', status: 'RUNNABLE' }),
      running: value('openbatch_jobs', { job_queue: 'default', status: 'RUNNING' }),
      held: value('openbatch_held_vcpus', { driver: 'scripted' }),
      free: value('openbatch_free_vcpus', { driver: 'scripted' }),
      hasWaited: value('openbatch_oldest_runnable_seconds', { job_queue: 'default' })! > 0,
      submitted: value('openbatch_jobs_submitted_total'),
      sinks: found.filter((it) => it.name === 'openbatch_events_waiting').map((it) => it.labels.sink),
    }
  }
  const all = { waiting: 6, running: 4, held: 4, free: 0, hasWaited: true, submitted: 1, sinks: ['file'] }
  await expect.poll(figures, { timeout: 30_000 }).toEqual(all)
}, 60_000)

test('the page’s table names every metric with its labels, and no other', async () => {
  const text = await metricsText()
  const labelsOf = new Map(samplesOf(text).map(({ name, labels }) => [name, Object.keys(labels).sort().join()]))
  const rows = page.split('\n').filter((line) => line.startsWith('| `openbatch_'))
  const listed = new Map(
    rows
      .flatMap((row) => [...row.split('|')[1]!.matchAll(/`(\w+)(?:\{([\w,]+)\})?`/g)])
      .map(([, name, labels = '']) => [name!, labels.split(',').sort().join()]),
  )
  const ours = [...text.matchAll(/^# TYPE (openbatch_\w+) /gm)].map(([, name]) => name!)
  expect([...listed.keys()].sort()).toEqual(ours.sort())
  // A metric without a sample shows no labels yet.
  for (const [name, labels] of listed) expect([name, labelsOf.get(name) ?? labels]).toEqual([name, labels])
})

test('the page’s alerts use existing metrics', async () => {
  const [alerts] = shown('openbatch-alerts.yml') as { groups: { rules: { alert: string; expr: string }[] }[] }[]
  const names = new Set((await samples()).map(({ name }) => name))
  const { rules } = alerts!.groups[0]!
  expect(rules.length).toBeGreaterThan(5)
  for (const { alert, expr } of rules) {
    const asked = expr.match(/\b(openbatch|nodejs|process)_\w+/g) ?? ['up']
    for (const name of asked) if (name !== 'up') expect(names, `${alert}: ${name}`).toContain(name)
  }
})

test('without the token nobody can read, on either port, and the token opens nothing else', async () => {
  const [withToken, onOwnPort] = scrapeConfigs()
  expect((await scrape(onOwnPort!)).status).toBe(401)
  expect((await scrape({ ...onOwnPort!, authorization: withToken!.authorization! })).status).toBe(200)
  expect((await fetch(`${server.endpoint}/metrics`)).status).toBe(403)
  expect((await fetch(`${server.endpoint}/metrics`, { headers: { authorization: 'Bearer x' } })).status).toBe(403)
  const authorization = `Bearer ${readFileSync(local(serverToken), 'utf8').trim()}`
  for (const path of ['/v1/describejobs', '/api/instances'])
    expect((await fetch(server.endpoint + path, { headers: { authorization } })).ok, path).toBe(false)
})

test('a token file that others can read is refused at start, with the command that mends it', () => {
  const file = join(directory, 'open')
  writeFileSync(file, 'a-token-of-some-length\n')
  chmodSync(file, 0o644)
  const args = ['serve', '--data-dir', join(directory, 'data'), '--port', '0', '--driver', 'scripted']
  const env = { PATH: process.env.PATH, OPENBATCH_METRICS_TOKEN_FILE: file }
  const { status, stderr } = spawnSync(openbatchCommand, args, { encoding: 'utf8', env })
  expect([status, stderr]).toEqual([
    2,
    `The configuration has 1 problem(s):\n  metrics.tokenFile: others may read or write ${file}; run: chmod 600 '${file}'\n`,
  ])
})

test('the dashboard uses existing metrics', async () => {
  const text = readFileSync(join(root, 'docs', 'operate', 'grafana-dashboard.json'), 'utf8')
  const { panels } = JSON.parse(text) as { panels: { title: string; targets: { expr: string }[] }[] }
  const types = new Map(
    [...(await metricsText()).matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name!, type!]),
  )
  const isThere = (name: string) => types.has(name) || types.get(name.replace(/_bucket$/, '')) === 'histogram'
  const asked = panels.flatMap(({ title, targets }) =>
    targets.flatMap(({ expr }) => [...expr.matchAll(/\b(?:openbatch|nodejs)_\w+/g)].map(([name]) => ({ title, name }))),
  )
  expect(asked.length).toBeGreaterThan(20)
  expect(asked.filter(({ name }) => !isThere(name))).toEqual([])
})
