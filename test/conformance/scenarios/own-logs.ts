/** Programs that write logs of their own, as the libraries that send them to CloudWatch do. */
import { expect, test } from 'vitest'
import { logGroupName as groupOfJobs, reach, register, type Setting, submit } from './setting.ts'

export function exerciseOwnLogs(given: () => Setting): void {
  const group = { logGroupName: '/lab/own' }
  const stream = { ...group, logStreamName: 'run/1' }

  test('a group and a stream are made, written, read and deleted', async () => {
    const { logs } = given().asUser
    await logs('CreateLogGroup', group)
    await expect(logs('CreateLogGroup', group)).rejects.toMatchObject({
      ...{ code: 'ResourceAlreadyExistsException', message: 'The specified log group already exists' },
    })
    await logs('CreateLogStream', stream)
    await expect(logs('CreateLogStream', stream)).rejects.toMatchObject({ code: 'ResourceAlreadyExistsException' })
    await logs('PutRetentionPolicy', { ...group, retentionInDays: 7 })
    const { logGroups } = await logs('DescribeLogGroups', { logGroupNamePrefix: '/lab/own' })
    expect(logGroups).toMatchObject([{ ...group, retentionInDays: 7 }])
    expect((await logs('DescribeLogStreams', group)).logStreams![0]).not.toHaveProperty('lastEventTimestamp')

    const now = Date.now()
    const logEvents = ['one', 'two'].map((message, n) => ({ timestamp: now + n, message }))
    const put = await logs('PutLogEvents', { ...stream, logEvents, sequenceToken: 'any' })
    expect(put).toEqual({ nextSequenceToken: expect.any(String) })
    const old = { timestamp: now - 15 * 86_400_000, message: 'old' }
    const { rejectedLogEventsInfo } = await logs('PutLogEvents', { ...stream, logEvents: [old] })
    expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 1 })
    const reversed = logs('PutLogEvents', { ...stream, logEvents: [...logEvents].reverse() })
    await expect(reversed).rejects.toMatchObject({
      ...{ code: 'InvalidParameterException', message: expect.stringContaining('chronological order') },
    })
    const { events } = await logs('GetLogEvents', { ...stream, startFromHead: true })
    expect(events).toMatchObject(logEvents)
    const found = await logs('FilterLogEvents', { ...group, filterPattern: 'two' })
    expect(found.events!.map(({ message }) => message)).toEqual(['two'])

    await logs('DeleteLogStream', stream)
    await expect(logs('PutLogEvents', { ...stream, logEvents })).rejects.toMatchObject({
      ...{ code: 'ResourceNotFoundException', message: 'The specified log stream does not exist.' },
    })
    await logs('DeleteLogGroup', group)
    await expect(logs('GetLogEvents', stream)).rejects.toMatchObject({
      message: 'The specified log group does not exist.',
    })
  })

  test('nobody writes into the stream of a job', async () => {
    const jobId = await submit(given(), await register(given(), 'kept-apart', 'echo "of the job"'))
    const { logStreamName = '' } = (await reach(given(), jobId, 'SUCCEEDED')).container!
    const named = { logGroupName: groupOfJobs, logStreamName }
    const logEvents = [{ timestamp: Date.now(), message: 'forged' }]
    for (const { logs } of [given().asUser, given().asAdministrator]) {
      await expect(logs('PutLogEvents', { ...named, logEvents })).rejects.toMatchObject({
        ...{ code: 'InvalidParameterException', message: expect.stringContaining('the output of jobs') },
      })
      await expect(logs('CreateLogStream', { ...named, logStreamName: 'x' })).rejects.toMatchObject({
        code: 'InvalidParameterException',
      })
    }
    const { events } = await given().asUser.logs('GetLogEvents', { ...named, startFromHead: true })
    expect(events!.map(({ message }) => message)).toEqual(['of the job'])
  })

  test('one user does not write into the group of another', async () => {
    const { asAdministrator, asUser } = given()
    const others = { logGroupName: '/lab/of-the-administrator' }
    await asAdministrator.logs('CreateLogGroup', others)
    await expect(asUser.logs('CreateLogStream', { ...others, logStreamName: 's' })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
    await asAdministrator.logs('DeleteLogGroup', others)
  })
}
