/**
 * A compute environment is changed while a job runs in it: the status that a client polls, and what
 * becomes of the job.
 */
import { expect, test } from 'vitest'
import type { UpdateComputeEnvironmentRequest } from '../../../src/model/generated/batch.ts'
import { eventually } from '../../support/eventually.ts'
import { describeJob, needs, reach, type Setting } from './setting.ts'

/** `stay`: a command that runs until it is stopped. */
export function environmentUpdates(stay: readonly string[]) {
  return (given: () => Setting): void => {
    test('an update that replaces instances waits for the jobs on them, or ends them', async () => {
      const { asAdministrator, asUser, image } = given()
      const { batch } = asAdministrator
      const computeEnvironment = 'moving'
      const look = async () =>
        (await batch('DescribeComputeEnvironments', { computeEnvironments: [computeEnvironment] }))
          .computeEnvironments![0]!
      const valid = () => eventually('it is VALID', async () => (await look()).status === 'VALID')
      const update = (more: Partial<UpdateComputeEnvironmentRequest>) =>
        batch('UpdateComputeEnvironment', { computeEnvironment, ...more })
      await batch('CreateComputeEnvironment', {
        ...{ computeEnvironmentName: computeEnvironment, type: 'MANAGED' },
        computeResources: {
          ...{ type: 'EC2', minvCpus: 0, maxvCpus: 4, instanceTypes: ['c5'], instanceRole: 'ecsInstanceRole' },
          ...{ subnets: ['subnet-0a'], securityGroupIds: ['sg-0b'], allocationStrategy: 'BEST_FIT_PROGRESSIVE' },
        },
      })
      await valid()
      const computeEnvironmentOrder = [{ order: 1, computeEnvironment }]
      await batch('CreateJobQueue', { jobQueueName: 'moving', priority: 1, computeEnvironmentOrder })
      await eventually('the queue is VALID', async () => {
        const { jobQueues } = await batch('DescribeJobQueues', { jobQueues: ['moving'] })
        return jobQueues![0]?.status === 'VALID'
      })
      await asUser.batch('RegisterJobDefinition', {
        ...{ jobDefinitionName: 'moving', type: 'container' },
        containerProperties: { image, command: [...stay], resourceRequirements: needs(1, 64) },
      })
      const request = { jobName: 'j', jobQueue: 'moving', jobDefinition: 'moving', retryStrategy: { attempts: 2 } }
      const jobId = (await asUser.batch('SubmitJob', request)).jobId!
      await reach(given(), jobId, 'RUNNING')

      await update({ computeResources: { maxvCpus: 5 } })
      await valid()
      await update({ computeResources: { instanceTypes: ['m5'] } })
      expect(await look()).toMatchObject({
        status: 'UPDATING',
        statusReason: expect.stringMatching(/^Replacing instances: jobs that started before the update run until 20/),
        computeResources: { instanceTypes: ['m5'], desiredvCpus: 1 },
      })
      await expect(update({ computeResources: { maxvCpus: 6 } })).rejects.toMatchObject({
        ...{ code: 'ClientException', message: expect.stringContaining('Cannot update, resource is being modified') },
      })
      await asUser.batch('TerminateJob', { jobId, reason: 'enough' })
      await reach(given(), jobId, 'FAILED')
      await valid()

      const second = (await asUser.batch('SubmitJob', request)).jobId!
      await reach(given(), second, 'RUNNING')
      await update({ computeResources: { type: 'SPOT' }, updatePolicy: { terminateJobsOnUpdate: true } })
      const retried = await eventually('its second attempt runs', async () => {
        const job = await describeJob(given(), second)
        return job.status === 'RUNNING' && job.attempts!.length === 1 && job
      })
      expect(retried.attempts![0]!.statusReason).toMatch(/^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/)
      await valid()
      expect((await look()).computeResources).toMatchObject({ type: 'SPOT', desiredvCpus: 1 })
      await asUser.batch('TerminateJob', { jobId: second, reason: 'enough' })
      await reach(given(), second, 'FAILED')
    })
  }
}
