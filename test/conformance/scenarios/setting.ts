/**
 * What scenarios use, and their few common steps: register, submit, wait for the end, read the log.
 */
import type { ShellNetwork } from '../../../src/drivers/contract/shell-network.contract.ts'
import type {
  JobDetail,
  ListJobsRequest,
  RegisterJobDefinitionRequest,
  ResourceRequirement,
  SubmitJobRequest,
} from '../../../src/model/generated/batch.ts'
import { eventually } from '../../support/eventually.ts'
import type { Credentials, TestServer } from '../../support/openbatch-server.ts'
import type { Client, ClientKind } from '../clients/client.ts'

export interface Setting {
  readonly kind: ClientKind
  readonly server: TestServer
  readonly user: Credentials
  /** The client as the user, and as the administrator. */
  readonly asUser: Client
  readonly asAdministrator: Client
  /** An image with a shell. */
  readonly image: string
  /** How its jobs communicate with one another. */
  readonly network: ShellNetwork
}

/** The vCPUs of every test server. */
export const allVcpus = 8

export const logGroupName = '/aws/batch/job'

export function needs(vcpus: number, memoryMib: number): ResourceRequirement[] {
  return [
    { type: 'VCPU', value: String(vcpus) },
    { type: 'MEMORY', value: String(memoryMib) },
  ]
}

/**
 * Registers a definition that runs a shell script, or one of another kind. Returns `name:revision`.
 */
export async function register(
  { asUser, image }: Setting,
  name: string,
  script: string,
  more: Partial<RegisterJobDefinitionRequest> = {},
): Promise<string> {
  const { jobDefinitionName, revision } = await asUser.batch('RegisterJobDefinition', {
    jobDefinitionName: name,
    type: 'container',
    ...(script === ''
      ? {}
      : { containerProperties: { image, command: ['sh', '-c', script], resourceRequirements: needs(1, 64) } }),
    ...more,
  })
  return `${jobDefinitionName}:${revision}`
}

/** Submits to the queue `default`. Returns the job's id. */
export async function submit(
  { asUser }: Setting,
  jobDefinition: string,
  more: Partial<SubmitJobRequest> = {},
): Promise<string> {
  const { jobId } = await asUser.batch('SubmitJob', {
    jobName: 'jdoe-test-job',
    jobQueue: 'default',
    jobDefinition,
    ...more,
  })
  return jobId!
}

export async function describeJob({ asUser }: Setting, jobId: string): Promise<JobDetail> {
  const { jobs } = await asUser.batch('DescribeJobs', { jobs: [jobId] })
  if (jobs?.length !== 1) throw new Error(`the job ${jobId} is not known`)
  return jobs[0]!
}

/** The ids of the first page of a list. */
export async function listed({ asUser }: Setting, query: ListJobsRequest): Promise<string[]> {
  const { jobSummaryList } = await asUser.batch('ListJobs', query)
  return jobSummaryList!.map((job) => job.jobId!)
}

export function reach(setting: Setting, jobId: string, ...statuses: readonly string[]): Promise<JobDetail> {
  return eventually(`${jobId} is ${statuses.join(' or ')}`, async () => {
    const job = await describeJob(setting, jobId)
    if (statuses.includes(job.status!)) return job
    if (job.status === 'FAILED' || job.status === 'SUCCEEDED')
      throw new Error(`it is ${job.status}: ${job.statusReason} ${job.container?.reason ?? ''}`)
    return undefined
  })
}

export async function logLines({ asUser }: Setting, logStreamName: string): Promise<string[]> {
  const { events } = await asUser.logs('GetLogEvents', { logGroupName, logStreamName, startFromHead: true })
  return events!.map((event) => event.message!)
}
