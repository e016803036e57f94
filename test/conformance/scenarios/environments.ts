/**
 * Compute environments and queues from creation to deletion, in the steps that Terraform takes,
 * with AWS's refusals on the way.
 */
import { expect, test } from 'vitest'
import type { CreateComputeEnvironmentRequest } from '../../../src/model/generated/batch.ts'
import { eventually } from '../../support/eventually.ts'
import { reach, register, type Setting } from './setting.ts'

export function exerciseEnvironments(given: () => Setting): void {
  test('a compute environment and its queue are created, changed and deleted as on AWS', async () => {
    const { batch } = given().asAdministrator
    const environment = async () =>
      (await batch('DescribeComputeEnvironments', { computeEnvironments: ['tf'] })).computeEnvironments![0]
    const queue = async () => (await batch('DescribeJobQueues', { jobQueues: ['tf'] })).jobQueues![0]
    const valid = async (what: string, look: () => Promise<{ status?: string; state?: string } | undefined>) =>
      eventually(`${what} is VALID`, async () => ((await look())?.status === 'VALID' ? await look() : undefined))

    const create: CreateComputeEnvironmentRequest = {
      computeEnvironmentName: 'tf',
      type: 'MANAGED',
      serviceRole: 'arn:aws:iam::123456789012:role/batch',
      computeResources: {
        ...{ type: 'EC2', minvCpus: 0, maxvCpus: 4, instanceTypes: ['optimal'], instanceRole: 'ecsInstanceRole' },
        ...{ subnets: ['subnet-0a'], securityGroupIds: ['sg-0b'] },
      },
      tags: { made: 'by hand' },
    }
    const { computeEnvironmentArn } = await batch('CreateComputeEnvironment', create)
    expect(computeEnvironmentArn).toBe('arn:aws:batch:us-west-2:123456789012:compute-environment/tf')
    await valid('the compute environment', environment)
    await expect(batch('CreateComputeEnvironment', create)).rejects.toMatchObject({
      code: 'ClientException',
      message: expect.stringContaining('Object already exists'),
    })

    await batch('CreateJobQueue', {
      ...{ jobQueueName: 'tf', priority: 5, state: 'ENABLED' },
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: computeEnvironmentArn! }],
    })
    await valid('the queue', queue)
    const jobDefinition = await register(given(), 'on-tf', 'echo on tf')
    const { jobId } = await given().asUser.batch('SubmitJob', { jobName: 'on-tf', jobQueue: 'tf', jobDefinition })
    await reach(given(), jobId!, 'SUCCEEDED')

    const refusal = (text: string) => ({ code: 'ClientException', message: expect.stringContaining(text) })
    const notYet = refusal('Cannot delete, state must be DISABLED')
    await expect(batch('DeleteJobQueue', { jobQueue: 'tf' })).rejects.toMatchObject(notYet)
    await expect(batch('DeleteComputeEnvironment', { computeEnvironment: 'tf' })).rejects.toMatchObject(notYet)

    await batch('UpdateComputeEnvironment', { computeEnvironment: 'tf', state: 'DISABLED' })
    expect(await valid('the compute environment', environment)).toMatchObject({ state: 'DISABLED' })
    await expect(batch('DeleteComputeEnvironment', { computeEnvironment: 'tf' })).rejects.toMatchObject(
      refusal('Cannot delete, found existing JobQueue relationship'),
    )

    await batch('UpdateJobQueue', { jobQueue: 'tf', state: 'DISABLED' })
    expect(await valid('the queue', queue)).toMatchObject({ state: 'DISABLED' })
    await expect(
      given().asUser.batch('SubmitJob', { jobName: 'too-late', jobQueue: 'tf', jobDefinition }),
    ).rejects.toMatchObject({ code: 'ClientException' })
    await batch('DeleteJobQueue', { jobQueue: 'tf' })
    await eventually('the queue is gone', async () => (await queue()) === undefined)
    await batch('DeleteComputeEnvironment', { computeEnvironment: 'tf' })
    await eventually('the compute environment is gone', async () => (await environment()) === undefined)
  })
}
