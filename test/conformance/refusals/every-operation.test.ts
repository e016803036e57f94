/**
 * Like refusals.test.ts, for what holds of every operation: the characters of tags, and ARNs of
 * another account.
 */
import { CreateConsumableResourceCommand, CreateQuotaShareCommand } from '@aws-sdk/client-batch'
import { expect, test } from 'vitest'
import batchSchema from '../../../src/edge/generated/batch.schema.json' with { type: 'json' }
import { batchOperations } from '../../../src/edge/generated/operations.ts'
import {
  call,
  inAnotherAccount,
  inAnotherRegion,
  inputOf,
  operationsWithTags,
  referenceRows,
  references,
  tagRows,
} from './every-operation.ts'
import { exerciseRows } from './row.ts'
import { prepareServices, quotaQueue } from './scheduling-and-services.ts'
import { serverFor } from './server.ts'
import { prepare } from './setting.ts'

const given = serverFor(async (client) => {
  await prepare(client)
  await prepareServices(client)
  await client.send(new CreateConsumableResourceCommand({ consumableResourceName: 'seat', totalQuantity: 1 }))
  await client.send(
    new CreateQuotaShareCommand({
      ...{ quotaShareName: 'lab', jobQueue: quotaQueue },
      capacityLimits: [{ maxCapacity: 1, capacityUnit: 'ml.m5.large' }],
      resourceSharingConfiguration: { strategy: 'RESERVE' },
      preemptionConfiguration: { inSharePreemption: 'DISABLED' },
    }),
  )
})

exerciseRows(tagRows, given)
exerciseRows(referenceRows, given)

test.each(references.filter(({ omittedFrom }) => omittedFrom))(
  '$operation ignores what is in another account, and finds what is in another region',
  async (reference) => {
    const answer = (arn: string) => call(given.batch(), reference.operation, inputOf(reference, arn))
    const list = reference.omittedFrom!
    expect((await answer(inAnotherAccount(reference.resource)))[list]).toEqual([])
    expect((await answer(inAnotherRegion(reference.resource)))[list]).toHaveLength(1)
  },
)

test('a filter by the definition of another account finds nothing, and one of another region does', async () => {
  const { jobId } = await call(given.batch(), 'SubmitJob', {
    ...{ jobName: 'listed', jobQueue: 'default', jobDefinition: inAnotherRegion('job-definition/plain') },
  })
  const ids = async (arn: string) => {
    const filters = [{ name: 'JOB_DEFINITION', values: [arn] }]
    const { jobSummaryList } = await call(given.batch(), 'ListJobs', { jobQueue: 'default', filters })
    return (jobSummaryList as { jobId: string }[]).map((job) => job.jobId)
  }
  expect(await ids(inAnotherAccount('job-definition/plain'))).toEqual([])
  expect(await ids(inAnotherRegion('job-definition/plain'))).toEqual([jobId])
})

test('every operation with tags has its rows', () => {
  expect(operationsWithMember(['tags'])).toEqual([...operationsWithTags].sort())
})

test('every operation with a name or an ARN has its row', () => {
  const members = [...new Set(references.map(({ member }) => member))]
  const covered = new Set(references.map(({ operation, member }) => `${operation} ${member}`))
  const there = members.flatMap((member) => operationsWithMember([member]).map((operation) => `${operation} ${member}`))
  // What a definition refers to is looked up when a job is submitted.
  expect(there.filter((it) => !covered.has(it))).toEqual([])
})

/** Found in the generated shapes. */
function operationsWithMember(members: readonly string[]): string[] {
  const shapes = batchSchema.definitions as Readonly<Record<string, { properties?: object; type?: string }>>
  return Object.entries(batchOperations)
    .filter(([, { input }]) => members.some((member) => member in (shapes[input]?.properties ?? {})))
    .map(([operation]) => operation)
    .sort()
}
