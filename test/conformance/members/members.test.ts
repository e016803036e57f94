/**
 * Every member of the requests that make something, one at a time, through the SDK: it is shown
 * again, or refused by name. The result must be what docs/compatibility.md says. A member that a
 * new version of AWS’s shapes adds fails here until it is one or the other.
 */
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../support/built.ts'
import { startServer, type TestServer } from '../../support/openbatch-server.ts'
import type { Client } from '../clients/client.ts'
import { jsSdk } from '../clients/js-sdk.ts'
import { type Finding, findingsOf } from './findings.ts'
import { jobSubject, registerForJobs } from './job.ts'
import { jobDefinitionSubject } from './job-definition.ts'
import { memberPaths } from './member-paths.ts'
import {
  computeEnvironmentSubject,
  consumableResourceSubject,
  jobQueueSubject,
  prepareResources,
  quotaShareSubject,
  schedulingPolicySubject,
  serviceEnvironmentSubject,
} from './resources.ts'
import type { Subject } from './subject.ts'
import { disagreement, isNamed, neverShown, notGivenBack } from './table.ts'
import { fileSystems, strayMeanings } from './values.ts'

const inputs = [
  ...['RegisterJobDefinitionRequest', 'SubmitJobRequest', 'CreateComputeEnvironmentRequest', 'CreateJobQueueRequest'],
  ...['CreateSchedulingPolicyRequest', 'CreateConsumableResourceRequest', 'CreateServiceEnvironmentRequest'],
  'CreateQuotaShareRequest',
]

let server: TestServer
let client: Client
let subjects: readonly Subject[]

beforeAll(async () => {
  // Nothing runs, so any directory will do.
  const directories = Object.fromEntries(fileSystems.map((id) => [id, tmpdir()]))
  server = await startServer({
    driver: 'scripted',
    env: { OPENBATCH_FILE_SYSTEMS: JSON.stringify(directories) },
  })
  client = jsSdk.open({ endpoint: server.endpoint, credentials: server.administrator })
  await prepareResources(client)
  await registerForJobs(client)
  const waiting = { jobName: 'waits', jobQueue: 'parked', jobDefinition: 'container' }
  const { jobId } = await client.batch('SubmitJob', waiting)
  subjects = [
    ...[jobDefinitionSubject, jobSubject(jobId!), computeEnvironmentSubject, jobQueueSubject, schedulingPolicySubject],
    ...[consumableResourceSubject, serviceEnvironmentSubject, quotaShareSubject],
  ]
})
afterAll(async () => {
  client?.close()
  await server?.stop()
})

describe.each(inputs)('%s', (input) => {
  let findings: Finding[]

  test('each member is shown again or refused by name, as the table says', async () => {
    findings = await findingsOf(subjects.find((it) => it.input === input)!, client, isNamed)
    expect(new Set(findings.map(({ path }) => path.text))).toEqual(new Set(memberPaths(input).map(({ text }) => text)))
    expect(findings.flatMap((finding) => disagreement(finding) ?? [])).toEqual([])
  })

  test('a member that the table says works was shown at least once', () => expect(neverShown(findings)).toEqual([]))
})

test.each(Object.entries(notGivenBack))('%s, which is not returned, has its test', (_place, { file, test: title }) => {
  expect(readFileSync(join(root, file), 'utf8').includes(`'${title}'`)).toBe(true)
})

test('every handmade value belongs to an existing member', () => {
  const steps = inputs.flatMap((input) => memberPaths(input)).flatMap((path) => path.steps)
  expect(strayMeanings(new Set(steps.map(({ structure, member }) => `${structure}.${member}`)))).toEqual([])
})
