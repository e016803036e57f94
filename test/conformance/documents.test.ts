/**
 * The pages for authors of jobs: their commands run as printed, with the newest AWS CLI against
 * real servers.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { cliEnvironment, run } from './clients/aws-cli.ts'
import type { Client } from './clients/client.ts'
import { newestClients } from './clients/installed.ts'
import { jsSdk } from './clients/js-sdk.ts'
import { readPage, writeFiles } from './documents/page.ts'

const installed = newestClients()

/**
 * The jobs of a page by name, how they end, and what their containers of one name write, together.
 */
interface Outcome {
  readonly ends: Readonly<Record<string, string>>
  readonly lines?: Readonly<Record<string, readonly string[]>>
}

const asProcesses: Readonly<Record<string, Outcome>> = {
  'arrays.md': {
    ends: { ten: 'SUCCEEDED' },
    lines: { 'myJobDef/default': Array.from({ length: 10 }, (_, index) => `child ${index} of 10`) },
  },
  'dependencies.md': {
    ends: {
      ...{ first: 'SUCCEEDED', second: 'SUCCEEDED', align: 'SUCCEEDED', call: 'SUCCEEDED', steps: 'SUCCEEDED' },
      report: 'SUCCEEDED',
    },
  },
  'several-containers.md': {
    ends: { report: 'SUCCEEDED' },
    lines: { 'report/main': ['2', '3'], 'report/fetch': ['fetched'] },
  },
  'many-nodes.md': {
    ends: { sum: 'SUCCEEDED', 'sum-alone': 'SUCCEEDED' },
    lines: { 'sum/default': ['the sum is 499999500000', 'the sum is 499999500000'] },
  },
  'pods.md': {
    ends: { pod: 'SUCCEEDED', loud: 'SUCCEEDED' },
    lines: { 'pod/main': ['3', '3', 'HELLO', 'hello'] },
  },
  'consumable-resources.md': {
    ends: { 'solve-1': 'SUCCEEDED', 'solve-2': 'SUCCEEDED', 'solve-3': 'SUCCEEDED' },
  },
}

const asScripts: Readonly<Record<string, Outcome>> = {
  'scripted-driver.md': {
    ends: { oom: 'FAILED', pull: 'FAILED', 'one-fails': 'FAILED', steps: 'FAILED' },
    lines: { 'scripted/default': ['working 1', 'working 2', 'working 3'] },
  },
}

describe.each([
  ['process', asProcesses],
  ['scripted', asScripts],
] as const)('on the %s driver', (driver, pages) => {
  let server: TestServer
  let client: Client
  let folder: string

  beforeAll(async () => {
    // The printed commands must run on a small machine.
    const env = { OPENBATCH_DRIVERS_PROCESS_VCPUS: '2', OPENBATCH_JOBS_AFTER_ANY_DEPENDENCIES: 'true' }
    server = await startServer({ driver, env })
    client = jsSdk.open({ endpoint: server.endpoint, credentials: server.administrator })
    folder = mkdtempSync(join(tmpdir(), 'openbatch-documents-'))
    const definition = readPage('getting-started.md').files.get('definition.json')!
    await client.batch('RegisterJobDefinition', JSON.parse(definition))
  })
  afterAll(async () => {
    client?.close()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const ended = async (jobName: string): Promise<string[]> => {
    const filters = [{ name: 'JOB_NAME', values: [jobName] }]
    const { jobSummaryList } = await client.batch('ListJobs', { jobQueue: 'default', filters })
    const statuses = (jobSummaryList ?? []).map(({ status }) => status!)
    return statuses.length > 0 && statuses.every((it) => it === 'SUCCEEDED' || it === 'FAILED') ? statuses : []
  }
  const linesOf = async (logStreamNamePrefix: string): Promise<string[]> => {
    const { events } = await client.logs('FilterLogEvents', { logGroupName: '/aws/batch/job', logStreamNamePrefix })
    return (events ?? []).map(({ message }) => message!.trim())
  }

  test.each(Object.entries(pages))('%s', async (name, { ends, lines = {} }) => {
    const page = readPage(name)
    writeFiles(page, folder)
    const access = { endpoint: server.endpoint, credentials: server.administrator }
    await run('/bin/sh', ['-c', page.script], cliEnvironment(installed, access), folder)
    for (const [jobName, status] of Object.entries(ends)) {
      const statuses = await eventually(`${jobName} has ended`, async () => {
        const found = await ended(jobName)
        return found.length > 0 && found
      })
      expect([jobName, ...new Set(statuses)]).toEqual([jobName, status])
    }
    for (const [prefix, expected] of Object.entries(lines))
      expect((await linesOf(`${prefix}/`)).sort()).toEqual([...expected].sort())
  })
})
