/**
 * What the tests of the imitations' mistakes use: the AWS SDK, a server on the scripted driver, and
 * a few common steps.
 */
import { BatchClient } from '@aws-sdk/client-batch'
import { test } from 'vitest'
import type {
  ContainerProperties,
  JobDetail,
  RegisterJobDefinitionRequest,
  SubmitJobRequest,
} from '../../../src/model/generated/batch.ts'
import { eventually } from '../../support/eventually.ts'
import { startServer, type TestServer } from '../../support/openbatch-server.ts'
import type { Client } from '../clients/client.ts'
import { jsSdk } from '../clients/js-sdk.ts'

export const logGroupName = '/aws/batch/job'

export interface Setting {
  readonly server: TestServer
  /** One call at a time, of any operation. */
  readonly client: Client
  /** The SDK’s own client, for what it reports beside the answer. */
  readonly sdk: BatchClient
  /** Returns `name:revision`. */
  define(name: string, command: readonly string[], more?: Definition): Promise<string>
  /** Returns the job’s id. */
  submit(jobDefinition: string, more?: Partial<SubmitJobRequest>): Promise<string>
  describe(jobId: string): Promise<JobDetail>
  /** Resolves when the job has the status. Throws at once if the job has ended otherwise. */
  until(jobId: string, status: string): Promise<JobDetail>
  lines(job: JobDetail): Promise<string[]>
  /**
   * Ends every submitted job that has not ended, because a waiting job would delay the next test's.
   */
  endAll(): Promise<void>
  close(): Promise<void>
}

export interface Definition extends Partial<RegisterJobDefinitionRequest> {
  readonly container?: Partial<ContainerProperties>
}

export async function openSetting(env: Readonly<Record<string, string>> = {}): Promise<Setting> {
  const server = await startServer({ driver: 'scripted', env: { OPENBATCH_JOBS_STOP_GRACE_SECONDS: '1', ...env } })
  const access = { endpoint: server.endpoint, credentials: server.administrator }
  const client = jsSdk.open(access)
  const sdk = new BatchClient({ ...access, region: 'us-west-2', maxAttempts: 1 })

  const submitted: string[] = []
  const describe = async (jobId: string) => {
    const { jobs } = await client.batch('DescribeJobs', { jobs: [jobId] })
    if (jobs?.length !== 1) throw new Error(`the job ${jobId} is not known`)
    return jobs[0]!
  }
  return {
    ...{ server, client, sdk, describe },
    async define(jobDefinitionName, command, { container, ...more } = {}) {
      const containerProperties = { ...small(command), ...container }
      const request = { jobDefinitionName, type: 'container', containerProperties, ...more } as const
      const { revision } = await client.batch('RegisterJobDefinition', request)
      return `${jobDefinitionName}:${revision}`
    },
    async submit(jobDefinition, more = {}) {
      const request = { jobName: 'imitated', jobQueue: 'default', jobDefinition, ...more }
      const { jobId } = await client.batch('SubmitJob', request)
      submitted.push(jobId!)
      return jobId!
    },
    async until(jobId, status) {
      const job = await eventually(`${jobId} is ${status}`, async () => {
        const now = await describe(jobId)
        return (now.status === status || now.status === 'SUCCEEDED' || now.status === 'FAILED') && now
      })
      if (job.status === status) return job
      throw new Error(`${jobId} is ${job.status}: ${job.statusReason} ${job.container?.reason ?? ''}`)
    },
    async lines({ container }) {
      const logStreamName = container!.logStreamName!
      const { events } = await client.logs('GetLogEvents', { logGroupName, logStreamName, startFromHead: true })
      return events!.map((event) => event.message!)
    },
    async endAll() {
      for (const jobId of submitted.splice(0)) await client.batch('TerminateJob', { jobId, reason: 'the test is over' })
    },
    async close() {
      client.close()
      sdk.destroy()
      await server.stop()
    },
  }
}

/** The container of a small job that plays this script; see src/drivers/scripted/script.ts. */
export function small(command: readonly string[]): ContainerProperties {
  const resourceRequirements = [
    { type: 'VCPU', value: '1' },
    { type: 'MEMORY', value: '64' },
  ] as const
  return { image: 'busybox', command, resourceRequirements }
}

/** Rows of docs/aws §15 that have a test in this file so far. */
export const tested = new Set<number>()

/** What AWS Batch really does where imitations get it wrong. */
export function imitated(row: number, whatAwsDoes: string, check: () => Promise<void>): void {
  tested.add(row)
  test(`15.${row} ${whatAwsDoes}`, check)
}
