/** What AWS Batch refuses, and how, through the AWS SDK: every known text of the live service. */
import {
  CreateComputeEnvironmentCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobsCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { capturedTexts, withoutRow } from './captured-texts.ts'
import { environmentRows, refusedEnvironment } from './compute-environment.ts'
import { refusedDefinition } from './definition-requests.ts'
import { tagRows } from './every-operation.ts'
import { queueRows, refusedQueue } from './job-queue.ts'
import { definitionRows } from './register-job-definition.ts'
import { exerciseRows, type Row } from './row.ts'
import { serviceRows } from './scheduling-and-services.ts'
import { serverFor } from './server.ts'
import { definitions, ec2Resources, environmentOf, kept, prepare, queueOf, validEnvironment } from './setting.ts'
import { jobRows } from './submit-job.ts'

const given = serverFor(prepare)
const { batch } = given

describe('job definitions', () => {
  exerciseRows(definitionRows, given)

  test('may be requested by name and status at once', async () => {
    const named = async (status: string) => {
      const jobDefinitions = [definitions.plain, definitions.deregistered]
      const answer = await batch().send(new DescribeJobDefinitionsCommand({ jobDefinitions, status }))
      return answer.jobDefinitions!.map((it) => it.jobDefinitionName)
    }
    expect(await named('ACTIVE')).toEqual([definitions.plain])
    expect(await named('INACTIVE')).toEqual([definitions.deregistered])
  })

  test('none of them was registered', async () => {
    const command = new DescribeJobDefinitionsCommand({ jobDefinitionName: refusedDefinition })
    expect((await batch().send(command)).jobDefinitions).toEqual([])
  })
})

describe('jobs', () => {
  exerciseRows(jobRows, given)

  test('vCPUs and memory in the old form have no effect beside resourceRequirements, and the log says so', async () => {
    const input = { jobName: 'old-way', jobQueue: 'default', jobDefinition: definitions.plain }
    const containerOverrides = { vcpus: 2, memory: 128 }
    const { jobId } = await batch().send(new SubmitJobCommand({ ...input, containerOverrides }))
    const { jobs } = await batch().send(new DescribeJobsCommand({ jobs: [jobId!] }))
    expect(jobs![0]!.container).toMatchObject({
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '64' },
      ],
    })
    expect(jobs![0]!.container).not.toHaveProperty('vcpus')
    const line = await eventually('the log names the job', async () =>
      given
        .server()
        .log()
        .split('\n')
        .find((it) => it.includes(jobId!) && it.includes('ignored')),
    )
    expect(JSON.parse(line)).toMatchObject({
      jobId,
      ignored: ['containerOverrides.vcpus', 'containerOverrides.memory'],
    })
  })
})

describe('compute environments', () => {
  exerciseRows(environmentRows, given)

  test('none of them was created', async () => expect(await environmentOf(batch(), refusedEnvironment)).toBeUndefined())

  test('what cannot work is discovered later: the environment turns INVALID and says why', async () => {
    const name = 'lost'
    await batch().send(
      new CreateComputeEnvironmentCommand({
        ...{ computeEnvironmentName: name, type: 'MANAGED', computeResources: ec2Resources() },
        tags: { 'openbatch:driver': 'nowhere' },
      }),
    )
    const invalid = await eventually('it is INVALID', async () => {
      const environment = await environmentOf(batch(), name)
      return environment?.status === 'INVALID' && environment
    })
    expect(invalid.statusReason).toMatch(/^CLIENT_ERROR - .*nowhere/)
  })

  test('a working environment says so', async () => {
    expect((await validEnvironment(batch(), kept)).statusReason).toBe('ComputeEnvironment Healthy')
    expect((await queueOf(batch(), 'default'))?.statusReason).toBe('JobQueue Healthy')
  })
})

describe('job queues', () => {
  exerciseRows(queueRows, given)

  test('none of them was created', async () => expect(await queueOf(batch(), refusedQueue)).toBeUndefined())
})

describe('of all known texts of AWS Batch', () => {
  const rows: readonly Row[] = [
    ...definitionRows,
    ...jobRows,
    ...environmentRows,
    ...queueRows,
    ...serviceRows,
    ...tagRows,
  ]
  const all = Object.values(capturedTexts).flat()

  test.each(Object.entries(capturedTexts))('none is forgotten: %s', (_section, texts) => {
    const forgotten = texts.filter((text) => !(text in withoutRow) && !rows.some((it) => bringsAbout(it, text)))
    expect(forgotten).toEqual([])
  })

  test('each row that claims to have AWS’s words has them', () => {
    const claims = rows.filter((it) => !it.own && !all.some((text) => bringsAbout(it, text)))
    expect(claims.map((it) => it.text)).toEqual([])
  })

  test('each text without a row is one of them, and truly has none', () => {
    const texts = Object.keys(withoutRow)
    expect(texts.filter((text) => !all.includes(text))).toEqual([])
    expect(texts.filter((text) => rows.some((it) => bringsAbout(it, text)))).toEqual([])
  })
})

/** A row whose text is a pattern is found by the words around the gaps. */
function bringsAbout({ text }: Row, captured: string): boolean {
  const words = captured.split('%v').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  // Additions by openbatch stand in parentheses at the end.
  const pattern = new RegExp(`^${words.join('.+')}(?: \\([a-zA-Z.]+\\))?$`)
  const shown = typeof text === 'string' ? text : text.source.replace(/^\^|\$$/g, '').replaceAll('\\', '')
  return pattern.test(shown)
}
