import { expect, test } from 'vitest'
import { describeLogStreams } from './describe-log-streams.ts'
import { constraint, createdMs, group, logsCalls } from './logs-calls.testing.ts'

const logs = logsCalls()
const input = { logGroupName: group }

test('returns streams with their times, size and ARN', async () => {
  await logs.write('hello/default/01', [
    [1000, 'one'],
    [1005, 'two'],
  ])
  expect(await logs.call(describeLogStreams, input)).toEqual({
    logStreams: [
      {
        logStreamName: 'hello/default/01',
        creationTime: createdMs,
        firstEventTimestamp: 1000,
        lastEventTimestamp: 1005,
        lastIngestionTime: createdMs,
        uploadSequenceToken: '0',
        arn: 'arn:aws:logs:us-west-2:123456789012:log-group:/aws/batch/job:log-stream:hello/default/01',
        storedBytes: expect.any(Number),
      },
    ],
  })
})

test('returns 50 a page unless fewer are requested, by name or by time', async () => {
  for (let n = 10; n < 62; n++) await logs.write(`s${n}`, [[2000 - n, 'x']])
  const first = (await logs.call(describeLogStreams, input)) as { logStreams: object[]; nextToken: string }
  expect(first.logStreams).toHaveLength(50)
  expect(await logs.call(describeLogStreams, { ...input, nextToken: first.nextToken })).toMatchObject({
    logStreams: [{ logStreamName: 's60' }, { logStreamName: 's61' }],
  })
  const newest = { ...input, orderBy: 'LastEventTime', descending: true, limit: 1 }
  expect(await logs.call(describeLogStreams, newest)).toMatchObject({ logStreams: [{ logStreamName: 's10' }] })
  expect(await logs.call(describeLogStreams, { ...input, logStreamNamePrefix: 's6' })).toMatchObject({
    logStreams: [{ logStreamName: 's60' }, { logStreamName: 's61' }],
  })
})

test('refuses invalid inputs', async () => {
  await logs.write('s', [[1000, 'x']])
  expect(await logs.call(describeLogStreams, { ...input, limit: 51 })).toMatchObject(
    constraint("Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50"),
  )
  expect(
    await logs.call(describeLogStreams, { ...input, orderBy: 'LastEventTime', logStreamNamePrefix: 's' }),
  ).toMatchObject({
    code: 'InvalidParameterException',
    message: 'Cannot order by LastEventTime with a logStreamNamePrefix.',
  })
  expect(await logs.call(describeLogStreams, { ...input, nextToken: 'x' })).toMatchObject({
    message: 'The specified nextToken is invalid.',
  })
  expect(await logs.call(describeLogStreams, { logGroupName: 'nope' })).toMatchObject({
    code: 'ResourceNotFoundException',
    message: 'The specified log group does not exist.',
  })
})

test('names the resources that it touches', () => {
  expect(logs.resource(describeLogStreams, input)).toBe(
    'arn:aws:logs:us-west-2:123456789012:log-group:/aws/batch/job:*',
  )
})
