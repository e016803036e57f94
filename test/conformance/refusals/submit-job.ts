/** Submissions that are refused (docs/aws §1.9), and calls about jobs (§1.5, §16). */
import {
  CancelJobCommand,
  type ContainerOverrides,
  type ContainerProperties,
  DescribeJobsCommand,
  type JobDependency,
  type KeyValuesPair,
  ListConsumableResourcesCommand,
  ListJobsCommand,
  ListServiceJobsCommand,
  SubmitJobCommand,
  type SubmitJobCommandInput,
  TerminateJobCommand,
} from '@aws-sdk/client-batch'
import { bare, own, type Row, type RowOptions, row } from './row.ts'
import { definitions, disabledQueue, fargateQueue } from './setting.ts'

type Request = Partial<SubmitJobCommandInput>

function refused(what: string, text: Row['text'], request: Request, options?: RowOptions): Row {
  const input = { jobName: 'refused', jobQueue: 'default', jobDefinition: definitions.plain, ...request }
  return row(what, text, (batch) => batch.send(new SubmitJobCommand(input)), options)
}

const overriding = (jobDefinition: string, containerOverrides: ContainerOverrides): Request => ({
  jobDefinition,
  containerOverrides,
})

const queueArn = 'arn:aws:batch:us-west-2:123456789012:job-queue/default'
const nobody = '00000000-0000-4000-8000-000000000000'

/** As many KiB as leave the rest of the job, some hundred bytes, below the next KiB. */
const kibibytes = (count: number): ContainerProperties['environment'] => [
  { name: 'LONG', value: 'x'.repeat((count - 1) * 1024) },
]

const submissions: Row[] = [
  refused('a name with a space', 'Job name should match valid pattern', { jobName: 'two words' }),
  refused('a name that begins with a dash', 'Job name should match valid pattern', { jobName: '-job' }),
  refused('an unknown queue', 'JobQueue nowhere not found.', { jobQueue: 'nowhere' }, bare),
  refused(
    'an unknown definition',
    'JobDefinition name nothing does not exist or is not in ACTIVE status',
    { jobDefinition: 'nothing' },
    bare,
  ),
  refused(
    'a revision there is none of',
    `JobDefinition name ${definitions.plain}:99 does not exist or is not in ACTIVE status`,
    { jobDefinition: `${definitions.plain}:99` },
    bare,
  ),
  refused(
    'a definition that was deregistered',
    `JobDefinition name ${definitions.deregistered} does not exist or is not in ACTIVE status`,
    { jobDefinition: definitions.deregistered },
    bare,
  ),
  refused(
    'a tag in place of a revision',
    'Provided name plain:latest is not supported pattern[a-zA-Z_0-9-]{1,128}',
    { jobDefinition: 'plain:latest' },
    bare,
  ),
  refused(
    'a queue for a definition',
    `Provided name ${queueArn} is not supported pattern[a-zA-Z_0-9-]{1,128}`,
    { jobDefinition: queueArn },
    bare,
  ),
  refused('twenty-one dependencies', 'Job cannot have more than 20 dependencies', {
    dependsOn: Array.from({ length: 21 }, () => ({ jobId: nobody })),
  }),
  refused(
    'a job too big',
    'Job size must be less than 30 KiB, got 47 KiB',
    overriding(definitions.plain, { environment: kibibytes(47) }),
  ),
  refused('no value for a parameter', 'Unable to substitute value. No parameter found for reference job_id', {
    jobDefinition: definitions.withReference,
  }),
  refused(
    'a share on a queue of the first come',
    'Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling policy.',
    { shareIdentifier: 'lab' },
  ),
  refused(
    'a priority on a queue of the first come',
    'Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling policy.',
    { schedulingPriorityOverride: 1 },
  ),
  refused(
    'a job for EC2 on Fargate',
    'Job Queue is attached to Compute Environment that can not run Jobs with capability EC2.',
    { jobQueue: fargateQueue },
  ),
  refused(
    'vCPUs in the old way on Fargate',
    'vcpus is not applicable for Fargate. Use resource requirements instead.',
    { ...overriding(definitions.onFargate, { vcpus: 1 }), jobQueue: fargateQueue },
  ),
  refused(
    'an empty string in a command',
    'Command cannot be empty',
    overriding(definitions.plain, { command: ['echo', ''] }),
    bare,
  ),
  refused(
    'one container’s overrides for a pod',
    'Container overrides or node overrides should not be set for Batch on EKS jobs.',
    overriding(definitions.pod, { command: ['true'] }),
    bare,
  ),
  refused(
    'tags passed on to a pod',
    'propagateTags is not applicable for eksProperties.',
    { jobDefinition: definitions.pod, propagateTags: true },
    own,
  ),
  refused(
    'one container’s overrides for several',
    'Container overrides should not be set for ecsProperties jobs.',
    overriding(definitions.multiContainer, { command: ['true'] }),
  ),
  refused(
    'overrides of another range',
    'NodeOverride targets should match job definition. Non matching targets - 0:0',
    {
      jobDefinition: definitions.multinode,
      nodeOverrides: { nodePropertyOverrides: [{ targetNodes: '0:0' }] },
    },
  ),
  refused(
    'a variable of a name that is reserved',
    'Environment variable AWS_BATCH_JOB_ID is not valid. Environment variables cannot start with AWS_BATCH.',
    overriding(definitions.plain, { environment: [{ name: 'AWS_BATCH_JOB_ID', value: '1' }] }),
    own,
  ),
  refused(
    'an array of one',
    'Array size should be between 2 and 10000, got 1 in arrayProperties.size.',
    { arrayProperties: { size: 1 } },
    own,
  ),
  refused(
    'an array too big',
    'Array size should be between 2 and 10000, got 10001 in arrayProperties.size.',
    { arrayProperties: { size: 10_001 } },
    own,
  ),
  refused(
    'a queue that is disabled',
    `Job Queue ${disabledQueue} is not in ENABLED state.`,
    { jobQueue: disabledQueue },
    { ...own, ...bare },
  ),
  refused(
    'a timeout too short',
    'Timeout must be at least 60 seconds, got 1 in timeout.attemptDurationSeconds.',
    { timeout: { attemptDurationSeconds: 1 } },
    own,
  ),
]

const ownAndBare = { ...own, ...bare }
const tooLong = 'x'.repeat(1025)

const listed = (...filters: KeyValuesPair[]) => new ListJobsCommand({ jobQueue: 'default', filters })

const aboutJobs: Row[] = [
  row('two filters', 'Only one filter key-value pair can be specified.', (batch) =>
    batch.send(listed({ name: 'JOB_NAME', values: ['a'] }, { name: 'AFTER_CREATED_AT', values: ['1'] })),
  ),
  row('two filters of service jobs', 'Only one filter key-value pair can be specified.', (batch) => {
    const filters = ['a', 'b'].map((name) => ({ name: 'JOB_NAME', values: [name] }))
    return batch.send(new ListServiceJobsCommand({ filters }))
  }),
  row('a filter of two values', 'Filter cannot take more than one value.', (batch) =>
    batch.send(listed({ name: 'JOB_NAME', values: ['a', 'b'] })),
  ),
  row('a filter of two values, of consumable resources', 'Filter cannot take more than one value.', (batch) => {
    const filters = [{ name: 'CONSUMABLE_RESOURCE_NAME', values: ['a', 'b'] }]
    return batch.send(new ListConsumableResourcesCommand({ filters }))
  }),
  row('101 jobs at once', 'Maximum number of jobs supported is  100 .', (batch) =>
    batch.send(new DescribeJobsCommand({ jobs: Array.from({ length: 101 }, () => nobody) })),
  ),
  row(
    'jobs of an unknown queue',
    'JobQueue nowhere not found.',
    (batch) => batch.send(new ListJobsCommand({ jobQueue: 'nowhere' })),
    bare,
  ),
  row(
    'a reason too long to cancel',
    'Reason must be at most 1024 characters.',
    (batch) => batch.send(new CancelJobCommand({ jobId: nobody, reason: tooLong })),
    ownAndBare,
  ),
  row(
    'a reason too long to terminate',
    'Reason must be at most 1024 characters.',
    (batch) => batch.send(new TerminateJobCommand({ jobId: nobody, reason: tooLong })),
    ownAndBare,
  ),
]

/** Jobs that wait for others. */
const dependencies: Row[] = [
  refused(
    'a dependency on a job there is none of',
    `Job ${nobody} not found.`,
    { dependsOn: [{ jobId: nobody }] },
    ownAndBare,
  ),
  row(
    'pairs of arrays of two sizes',
    /^Array size should be that of job [0-9a-f-]{36}, which is 3, for a dependency of type N_TO_N; got 2\.$/,
    async (batch) => {
      const input = { jobName: 'array', jobQueue: 'default', jobDefinition: definitions.plain }
      const { jobId } = await batch.send(new SubmitJobCommand({ ...input, arrayProperties: { size: 3 } }))
      const dependsOn: JobDependency[] = [{ jobId: jobId!, type: 'N_TO_N' }]
      return batch.send(new SubmitJobCommand({ ...input, arrayProperties: { size: 2 }, dependsOn }))
    },
    ownAndBare,
  ),
  refused(
    'a sequence of one',
    'dependsOn[0].type SEQUENTIAL is only applicable to array jobs.',
    { dependsOn: [{ type: 'SEQUENTIAL' }] },
    own,
  ),
]

export const jobRows: readonly Row[] = [...submissions, ...dependencies, ...aboutJobs]
