/**
 * Three compute environments, a queue on each, on one machine of 8 vCPUs. Spot jobs use what
 * on-demand work leaves, are reclaimed when a burst of it comes, and come back when it has gone.
 * Meanwhile `openbatch why` tells the truth.
 */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { ComputeResource, JobDetail, RegisterJobDefinitionRequest } from '../../../src/model/generated/batch.ts'
import { eventually } from '../../support/eventually.ts'
import { openbatchCommand } from '../../support/openbatch-server.ts'
import { describeJob, needs, reach, type Setting } from './setting.ts'

/** The jobs' commands in this driver's form. */
export interface StoryCommands {
  /** Runs until it is stopped. */
  readonly stay: readonly string[]
  /** Still runs when the burst comes, and ends well at a later attempt when it is left alone. */
  readonly work: readonly string[]
}

const lost = /^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/
/** AWS's documentation gives Spot users this strategy. */
const retryOnLoss = {
  attempts: 5,
  evaluateOnExit: [
    { onStatusReason: 'Host EC2*', action: 'RETRY' as const },
    { onReason: '*', action: 'EXIT' as const },
  ],
}
const network = { subnets: ['subnet-0a'], securityGroupIds: ['sg-0b'] }
const ec2 = { ...network, minvCpus: 0, instanceTypes: ['optimal'], instanceRole: 'ecsInstanceRole' }

export function schedulingStory(commands: StoryCommands) {
  return (given: () => Setting): void => {
    test('on-demand work reclaims spot, and spot comes back', async () => {
      const setting = given()
      await makeEnvironments(setting)
      await define(setting, 'stay', { command: [...commands.stay], resourceRequirements: needs(1, 64) })
      await define(setting, 'work', { command: [...commands.work], resourceRequirements: needs(1, 64) })
      await define(
        setting,
        'portal',
        {
          ...{ command: [...commands.stay], resourceRequirements: needs(2, 4096) },
          executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
        },
        ['FARGATE'],
      )

      const owned = [await submit(setting, 'desk', 'stay'), await submit(setting, 'desk', 'stay')]
      for (const jobId of owned) expect(placeOf(await reach(setting, jobId, 'RUNNING'))).toBe('owned')
      const patient: string[] = []
      for (let count = 0; count < 3; count++) patient.push(await submit(setting, 'lab', 'work', retryOnLoss))
      const once = await submit(setting, 'lab', 'work')
      for (const jobId of [...patient, once]) expect(placeOf(await reach(setting, jobId, 'RUNNING'))).toBe('spare')
      const [first, second, third] = patient as [string, string, string]
      expect(await desiredvCpus(setting)).toEqual({ owned: 2, spare: 4 })

      // Two of the 8 vCPUs are free. The other two come from the newest spot jobs.
      const burst = [await submit(setting, 'web', 'portal'), await submit(setting, 'web', 'portal')]
      for (const jobId of burst) await reach(setting, jobId, 'RUNNING')
      const failed = await reach(setting, once, 'FAILED')
      expect(failed.statusReason).toMatch(lost)
      expect(failed.attempts).toHaveLength(1)
      const reclaimed = await reach(setting, third, 'RUNNABLE')
      expect(reclaimed.attempts!.map(({ statusReason }) => statusReason)).toEqual([expect.stringMatching(lost)])
      expect(why(setting, third)).toMatchObject({
        status: 'RUNNABLE',
        reasons: [{ kind: 'hostsBusy', computeEnvironment: 'spare', code: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY' }],
      })
      for (const jobId of [first, second]) expect((await describeJob(setting, jobId)).status).toBe('RUNNING')

      // With one more, on-demand work holds all 8 vCPUs: the price is beyond the bid, and the
      // remaining spot jobs must leave.
      burst.push(await submit(setting, 'web', 'portal'))
      await reach(setting, burst[2]!, 'RUNNING')
      for (const jobId of [first, second]) await reach(setting, jobId, 'RUNNABLE')
      expect(why(setting, first)).toMatchObject({
        reasons: [{ kind: 'spotPriceAboveBid', price: 100, bidPercentage: 80, computeEnvironment: 'spare' }],
      })
      expect(told(setting, first)).toBe(
        `${first} is RUNNABLE\n1. Waiting for spot capacity: on-demand jobs hold 100 % of the vCPUs, the bid of spare is 80 %. [CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY]\n`,
      )
      expect(why(setting, second).reasons).toMatchObject([
        { kind: 'behind', position: 2, headJobId: first },
        { kind: 'spotPriceAboveBid' },
      ])
      expect(await desiredvCpus(setting)).toEqual({ owned: 2, spare: 0 })

      for (const jobId of burst) await setting.asUser.batch('TerminateJob', { jobId, reason: 'the burst is over' })
      for (const jobId of patient) {
        const job = await reach(setting, jobId, 'SUCCEEDED')
        expect(job.attempts).toHaveLength(2)
        expect(job.attempts![0]!.statusReason).toMatch(lost)
        expect(job.attempts![1]).toMatchObject({
          statusReason: 'Essential container in task exited',
          container: { exitCode: 0 },
        })
        expect(why(setting, jobId)).toMatchObject({
          ...{ jobId, status: 'SUCCEEDED', statusReason: 'Essential container in task exited', reasons: [] },
          ending: { attempt: 2, exitCode: 0 },
        })
      }
      expect(await describeJob(setting, once)).toMatchObject({ status: 'FAILED', statusReason: failed.statusReason })
      for (const jobId of owned) {
        // Nobody asked them to leave during all of this.
        expect(await describeJob(setting, jobId)).toMatchObject({ status: 'RUNNING', attempts: [] })
        await setting.asUser.batch('TerminateJob', { jobId, reason: 'the story is over' })
        await reach(setting, jobId, 'FAILED')
      }
    })
  }
}

async function makeEnvironments(setting: Setting): Promise<void> {
  const { batch } = setting.asAdministrator
  const environments: [string, ComputeResource][] = [
    ['spare', { ...ec2, type: 'SPOT', bidPercentage: 80, maxvCpus: 8 }],
    ['owned', { ...ec2, type: 'EC2', maxvCpus: 2 }],
    ['portal', { ...network, type: 'FARGATE', maxvCpus: 8 }],
  ]
  for (const [computeEnvironmentName, computeResources] of environments) {
    await batch('CreateComputeEnvironment', { computeEnvironmentName, type: 'MANAGED', computeResources })
    await eventually(`${computeEnvironmentName} is VALID`, async () => {
      const answer = await batch('DescribeComputeEnvironments', { computeEnvironments: [computeEnvironmentName] })
      return answer.computeEnvironments![0]?.status === 'VALID'
    })
  }
  // EC2 and Fargate cannot share a queue.
  const queues: [string, number, string][] = [
    ['lab', 1, 'spare'],
    ['desk', 5, 'owned'],
    ['web', 10, 'portal'],
  ]
  for (const [jobQueueName, priority, computeEnvironment] of queues) {
    const computeEnvironmentOrder = [{ order: 1, computeEnvironment }]
    await batch('CreateJobQueue', { jobQueueName, priority, state: 'ENABLED', computeEnvironmentOrder })
    await eventually(`${jobQueueName} is VALID`, async () => {
      const answer = await batch('DescribeJobQueues', { jobQueues: [jobQueueName] })
      return answer.jobQueues![0]?.status === 'VALID'
    })
  }
}

async function define(
  { asUser, image }: Setting,
  jobDefinitionName: string,
  container: Omit<NonNullable<RegisterJobDefinitionRequest['containerProperties']>, 'image'>,
  platformCapabilities: NonNullable<RegisterJobDefinitionRequest['platformCapabilities']> = ['EC2'],
): Promise<void> {
  const containerProperties = { image, ...container }
  await asUser.batch('RegisterJobDefinition', {
    jobDefinitionName,
    type: 'container',
    platformCapabilities,
    containerProperties,
  })
}

async function submit({ asUser }: Setting, jobQueue: string, jobDefinition: string, retryStrategy?: object) {
  const more = retryStrategy ? { retryStrategy } : {}
  const { jobId } = await asUser.batch('SubmitJob', { jobName: jobDefinition, jobQueue, jobDefinition, ...more })
  return jobId!
}

/** The compute environment that it runs in, from the ARN of its container instance. */
function placeOf(job: JobDetail): string | undefined {
  return /:container-instance\/AWSBatch-([a-z]+)-/.exec(job.container?.containerInstanceArn ?? '')?.[1]
}

async function desiredvCpus({ asUser }: Setting): Promise<Record<string, number | undefined>> {
  const answer = await asUser.batch('DescribeComputeEnvironments', { computeEnvironments: ['owned', 'spare'] })
  return Object.fromEntries(
    answer.computeEnvironments!.map((it) => [it.computeEnvironmentName, it.computeResources?.desiredvCpus]),
  )
}

/** The output of the user's own command. */
function told({ server }: Setting, ...args: string[]): string {
  const command = ['why', ...args, '--user', 'jdoe', '--data-dir', server.dataDir]
  return execFileSync(openbatchCommand, command, { encoding: 'utf8' })
}

function why(setting: Setting, jobId: string): { status: string; reasons: object[] } {
  return JSON.parse(told(setting, jobId, '--json')) as { status: string; reasons: object[] }
}
