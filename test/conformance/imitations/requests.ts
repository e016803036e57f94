/** What is accepted and what is refused, and the lives of compute environments and queues. */
import {
  type BatchClient,
  CreateComputeEnvironmentCommand,
  DescribeJobDefinitionsCommand,
  ListJobsCommand,
  ListTagsForResourceCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  UpdateJobQueueCommand,
} from '@aws-sdk/client-batch'
import { expect } from 'vitest'
import type { CreateComputeEnvironmentRequest } from '../../../src/model/generated/batch.ts'
import { eventually } from '../../support/eventually.ts'
import type { Client } from '../clients/client.ts'
import { imitated, type Setting, small } from './setting.ts'

export function exerciseRequests(given: () => Setting): void {
  imitated(11, 'what the client did wrong is a ClientException with status 400', async () => {
    const wrong: Record<string, (sdk: BatchClient) => Promise<unknown>> = {
      'an unknown queue': (sdk) => sdk.send(new ListJobsCommand({ jobQueue: 'nowhere' })),
      'an update of an unknown queue': (sdk) => sdk.send(new UpdateJobQueueCommand({ jobQueue: 'nowhere' })),
      'no queue at all': (sdk) => sdk.send(new ListJobsCommand({})),
      'a member that is missing': (sdk) => sdk.send(new SubmitJobCommand({ jobName: 'x' } as never)),
      'a word that is none of its enumeration': (sdk) =>
        sdk.send(new RegisterJobDefinitionCommand({ jobDefinitionName: 'x', type: 'vm' as never })),
      'a member that cannot be': (sdk) =>
        sdk.send(new RegisterJobDefinitionCommand({ jobDefinitionName: 'x', type: 'container' })),
      'a token of nobody': (sdk) => sdk.send(new DescribeJobDefinitionsCommand({ nextToken: 'mine' })),
      'a resource that is not there': (sdk) =>
        sdk.send(
          new ListTagsForResourceCommand({ resourceArn: 'arn:aws:batch:us-west-2:123456789012:job-queue/nowhere' }),
        ),
      'an environment without resources': (sdk) =>
        sdk.send(new CreateComputeEnvironmentCommand({ computeEnvironmentName: 'x', type: 'MANAGED' })),
    }
    for (const [what, send] of Object.entries(wrong))
      await expect(send(given().sdk), what).rejects.toMatchObject({
        ...{ name: 'ClientException', $fault: 'client', $metadata: { httpStatusCode: 400 } },
      })
  })

  imitated(12, 'names and ARNs are both taken, of compute environments in a queue’s order too', async () => {
    const { client, define, submit, until } = given()
    const { computeEnvironmentArn } = await create(client, 'by-either')
    const arn = (kind: string, name: string) =>
      computeEnvironmentArn.replace(/compute-environment\/.*/, `${kind}/${name}`)
    for (const [name, computeEnvironment] of Object.entries({
      'by-name': 'by-either',
      'by-arn': computeEnvironmentArn,
    })) {
      await createQueue(client, name, computeEnvironment)
      const shown = (await client.batch('DescribeJobQueues', { jobQueues: [arn('job-queue', name)] })).jobQueues![0]!
      expect(shown.computeEnvironmentOrder).toEqual([{ order: 1, computeEnvironment: computeEnvironmentArn }])
    }
    await define('by-either', ['exit 0'])
    const jobs = [
      await submit('by-either', { jobQueue: 'by-name' }),
      await submit(arn('job-definition', 'by-either'), { jobQueue: arn('job-queue', 'by-arn') }),
      await submit(arn('job-definition', 'by-either:1'), { jobQueue: 'by-arn' }),
    ]
    for (const jobId of jobs)
      expect(await until(jobId, 'SUCCEEDED')).toMatchObject({ jobDefinition: arn('job-definition', 'by-either:1') })
    const listed = await client.batch('ListJobs', { jobQueue: arn('job-queue', 'by-arn'), jobStatus: 'SUCCEEDED' })
    expect(listed.jobSummaryList).toHaveLength(2)
    await client.batch('UpdateJobQueue', { jobQueue: arn('job-queue', 'by-arn'), priority: 7 })
    await client.batch('UpdateComputeEnvironment', { computeEnvironment: computeEnvironmentArn, state: 'ENABLED' })
    await valid(client, 'by-either')
  })

  imitated(13, 'vcpus and memory are not required, and resourceRequirements count', async () => {
    const { define, submit, until } = given()
    const requirements = await until(await submit(await define('requirements', ['exit 0'])), 'SUCCEEDED')
    expect(requirements.container!.resourceRequirements).toEqual(small([]).resourceRequirements)
    expect(requirements.container).not.toHaveProperty('vcpus')
    expect(requirements.container).not.toHaveProperty('memory')

    const old = { vcpus: 1, memory: 64, resourceRequirements: [] }
    const legacy = await until(await submit(await define('legacy', ['exit 0'], { container: old })), 'SUCCEEDED')
    expect(legacy.container).toMatchObject(old)

    const memory = [{ type: 'MEMORY', value: '999999999' }] as const
    const jobId = await submit('requirements', { containerOverrides: { resourceRequirements: memory } })
    expect(await until(jobId, 'RUNNABLE')).toMatchObject({ statusReason: expect.stringMatching(/^MISCONFIGURATION:/) })
  })

  imitated(14, 'roles, subnets and instances are not looked up in the call; parameters are', async () => {
    const { client, define, submit, until } = given()
    await create(client, 'of-nothing', {
      ...{ instanceRole: 'no-such-role', subnets: ['subnet-nowhere'], securityGroupIds: ['sg-none'] },
      ...{ instanceTypes: ['c9x.large'], imageId: 'ami-none', ec2KeyPair: 'lost' },
    })
    const jobRoleArn = 'arn:aws:iam::123456789012:role/no-such-role'
    expect(await define('no-such-role', ['exit 0'], { container: { jobRoleArn } })).toBe('no-such-role:1')

    const definition = await define('one-parameter', ['echo', 'Ref::given'])
    const text = expect.stringContaining('Unable to substitute value. No parameter found for reference given')
    await expect(submit(definition)).rejects.toMatchObject({ code: 'ClientException', message: text })
    await until(await submit(definition, { parameters: { given: 'one' } }), 'SUCCEEDED')
  })

  imitated(18, 'queues and environments must be DISABLED to be deleted, and take their time', async () => {
    const { client, define, submit, until } = given()
    await create(client, 'mortal')
    await createQueue(client, 'mortal', 'mortal')
    await expect(create(client, 'mortal')).rejects.toMatchObject({ message: 'Object already exists' })
    await expect(createQueue(client, 'mortal', 'mortal')).rejects.toMatchObject({ message: 'Object already exists' })
    // It delays the deletion by the second that it has between the two signals.
    const jobId = await submit(await define('stubborn', ['ignore TERM', 'run 1h']), { jobQueue: 'mortal' })
    await until(jobId, 'RUNNING')

    const refusal = (message: RegExp) => ({ code: 'ClientException', message: expect.stringMatching(message) })
    const deleteQueue = () => client.batch('DeleteJobQueue', { jobQueue: 'mortal' })
    const deleteEnvironment = () => client.batch('DeleteComputeEnvironment', { computeEnvironment: 'mortal' })
    await expect(deleteQueue()).rejects.toMatchObject(refusal(/^Cannot delete, .*DISABLED/))
    await client.batch('UpdateComputeEnvironment', { computeEnvironment: 'mortal', state: 'DISABLED' })
    await valid(client, 'mortal')
    await expect(deleteEnvironment()).rejects.toMatchObject(
      refusal(/^Cannot delete, found existing JobQueue relationship/),
    )

    await client.batch('UpdateJobQueue', { jobQueue: 'mortal', state: 'DISABLED' })
    await validQueue(client, 'mortal')
    expect(await deleteQueue()).toEqual({})
    const queue = async () => (await client.batch('DescribeJobQueues', { jobQueues: ['mortal'] })).jobQueues![0]
    expect(await queue()).toMatchObject({ status: 'DELETING', state: 'DISABLED' })
    await eventually('the queue is gone', async () => (await queue()) === undefined)
    expect(await until(jobId, 'FAILED')).toMatchObject({ statusReason: 'JobQueue deleted' })
    expect(await deleteEnvironment()).toEqual({})
    await eventually('the environment is gone', async () => (await environment(client, 'mortal')) === undefined)
  })

  imitated(19, 'maxResults beside a list of names is refused', async () => {
    const { client, define } = given()
    const definition = await define('paged', ['exit 0'])
    const refusal = (what: string) => ({
      ...{ code: 'ClientException', message: `${what} and MaxResults cannot both be set` },
    })
    await expect(
      client.batch('DescribeComputeEnvironments', { computeEnvironments: ['default'], maxResults: 1 }),
    ).rejects.toMatchObject(refusal('ComputeEnvironments'))
    await expect(client.batch('DescribeJobQueues', { jobQueues: ['default'], maxResults: 1 })).rejects.toMatchObject(
      refusal('JobQueues'),
    )
    await expect(
      client.batch('DescribeJobDefinitions', { jobDefinitions: [definition], maxResults: 1 }),
    ).rejects.toMatchObject(refusal('JobDefinitions'))
  })

  imitated(23, 'UpdateComputeEnvironment merges what it is given into what there is', async () => {
    const { client } = given()
    await create(client, 'merged', { ec2KeyPair: 'lab', tags: { lab: 'doe' } })
    const before = (await environment(client, 'merged'))!.computeResources!
    await client.batch('UpdateComputeEnvironment', { computeEnvironment: 'merged', computeResources: { maxvCpus: 8 } })
    const after = await valid(client, 'merged')
    expect(after).toMatchObject({ state: 'ENABLED', type: 'MANAGED' })
    expect(after.computeResources).toEqual({ ...before, maxvCpus: 8 })
  })

  imitated(30, 'SubmitJob called twice makes two jobs, of one name', async () => {
    const { sdk, define, describe } = given()
    const input = { jobName: 'twin', jobQueue: 'default', jobDefinition: await define('twin', ['exit 0']) }
    const ids = [await sdk.send(new SubmitJobCommand(input)), await sdk.send(new SubmitJobCommand(input))]
    expect(ids[0]!.jobId).not.toBe(ids[1]!.jobId)
    for (const { jobId } of ids) expect((await describe(jobId!)).jobName).toBe('twin')
  })

  imitated(31, 'a compute environment cannot be created DISABLED', async () => {
    const { client } = given()
    const text = expect.stringContaining('Compute Environment must be created in ENABLED state.')
    await expect(create(client, 'idle', {}, 'DISABLED')).rejects.toMatchObject({
      code: 'ClientException',
      message: text,
    })
    expect(await environment(client, 'idle')).toBeUndefined()
  })
}

type Resources = NonNullable<CreateComputeEnvironmentRequest['computeResources']>

async function create(client: Client, name: string, more: Partial<Resources> = {}, state?: 'DISABLED') {
  const { computeEnvironmentArn } = await client.batch('CreateComputeEnvironment', {
    ...{ computeEnvironmentName: name, type: 'MANAGED', ...(state && { state }) },
    computeResources: {
      ...{ type: 'EC2', minvCpus: 0, maxvCpus: 4, instanceTypes: ['optimal'], instanceRole: 'ecsInstanceRole' },
      ...{ subnets: ['subnet-0a'], securityGroupIds: ['sg-0b'], ...more },
    },
  })
  await valid(client, name)
  return { computeEnvironmentArn: computeEnvironmentArn! }
}

async function createQueue(client: Client, name: string, computeEnvironment: string): Promise<void> {
  const computeEnvironmentOrder = [{ order: 1, computeEnvironment }]
  await client.batch('CreateJobQueue', { jobQueueName: name, priority: 1, computeEnvironmentOrder })
  await validQueue(client, name)
}

async function environment(client: Client, name: string) {
  return (await client.batch('DescribeComputeEnvironments', { computeEnvironments: [name] })).computeEnvironments![0]
}

function valid(client: Client, name: string) {
  return eventually(`the compute environment ${name} is VALID`, async () => {
    const now = await environment(client, name)
    return now?.status === 'VALID' && now
  })
}

async function validQueue(client: Client, name: string): Promise<void> {
  await eventually(`the queue ${name} is VALID`, async () => {
    const { jobQueues } = await client.batch('DescribeJobQueues', { jobQueues: [name] })
    return jobQueues![0]?.status === 'VALID'
  })
}
