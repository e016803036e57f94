/** Access: who the caller is, and how clients report a wrong key, secret, clock or role. */
import { expect, test } from 'vitest'
import type { Client } from '../clients/client.ts'
import { allVcpus, describeJob, needs, register, type Setting } from './setting.ts'

const hourSeconds = 3600

export function exerciseAccess(given: () => Setting): void {
  test('the caller learns who they are', async () => {
    expect(await given().asUser.whoAmI()).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/jdoe',
    })
  })

  test('a wrong secret, an unknown key and a missing signature are reported differently', async () => {
    const { kind, server, user } = given()
    const as = (credentials?: { accessKeyId: string; secretAccessKey: string }) =>
      kind.open({ endpoint: server.endpoint, ...(credentials && { credentials }) })
    await refused(as({ ...user, secretAccessKey: 'not-the-secret' }), {
      code: 'InvalidSignatureException',
      message: expect.stringContaining('signature we calculated does not match'),
    })
    await refused(as({ ...user, accessKeyId: 'AKIAUNKNOWN' }), {
      code: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    })
    await refused(as(), { code: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' })
  })

  test('a clock that is an hour off is refused with the reason, or corrected by the client', async () => {
    const { kind, server, user } = given()
    const client = kind.open({ endpoint: server.endpoint, credentials: user, clockOffSeconds: -hourSeconds })
    if (kind.name.startsWith('aws-sdk-js')) {
      // The client learns the time from the refusal's Date header.
      expect((await client.batch('DescribeJobQueues', {})).jobQueues).toHaveLength(1)
      client.close()
    } else
      await refused(client, {
        code: 'InvalidSignatureException',
        message: expect.stringMatching(/^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z/),
      })
  })

  test('only administrators make queues and compute environments', async () => {
    const arn = 'arn:aws:batch:us-west-2:123456789012:job-queue/mine'
    const call = given().asUser.batch('CreateJobQueue', {
      ...{ jobQueueName: 'mine', priority: 1 },
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'default' }],
    })
    await expect(call).rejects.toMatchObject({
      code: 'AccessDeniedException',
      message: `User: arn:aws:iam::123456789012:user/jdoe is not authorized to perform: batch:CreateJobQueue on resource: ${arn} because no identity-based policy allows the batch:CreateJobQueue action`,
    })
    expect((await given().asUser.batch('DescribeJobQueues', { jobQueues: ['mine'] })).jobQueues).toEqual([])
  })

  test('a user cannot stop another user’s job, and the refusal is AWS’s', async () => {
    const { asUser, asAdministrator } = given()
    const definition = await register({ ...given(), asUser: asAdministrator }, 'of-another', 'exec sleep 600')
    const { jobId } = await asAdministrator.batch('SubmitJob', {
      ...{ jobName: 'of-another', jobQueue: 'default', jobDefinition: definition },
      // It never finds room.
      containerOverrides: { resourceRequirements: needs(allVcpus, 64) },
      arrayProperties: { size: 2 },
    })
    for (const id of [jobId, `${jobId}:1`])
      await expect(asUser.batch('TerminateJob', { jobId: id!, reason: 'not mine' })).rejects.toMatchObject({
        code: 'AccessDeniedException',
        message: expect.stringMatching(
          /user\/jdoe is not authorized to perform: batch:TerminateJob on resource: arn:aws:batch:us-west-2:123456789012:job\/.* because no identity-based policy allows the batch:TerminateJob action/,
        ),
      })
    await expect(asUser.batch('DeregisterJobDefinition', { jobDefinition: definition })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
    expect((await describeJob(given(), jobId!)).status).not.toBe('FAILED')
    await asAdministrator.batch('TerminateJob', { jobId: jobId!, reason: 'enough' })
  })
}

async function refused(client: Client, error: object): Promise<void> {
  await expect(client.batch('DescribeJobQueues', {})).rejects.toMatchObject(error)
  client.close()
}
