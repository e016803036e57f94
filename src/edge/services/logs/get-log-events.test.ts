import { describe, expect, test } from 'vitest'
import { getLogEvents } from './get-log-events.ts'
import { constraint, createdMs, group, logsCalls } from './logs-calls.testing.ts'

const logs = logsCalls()
const stream = { logGroupName: group, logStreamName: 'hello/default/0123' }
const lines = [
  [1000, 'one'],
  [1001, 'two'],
  [1002, 'three'],
] as const

test('returns events with both tokens, and nothing else', async () => {
  await logs.write(stream.logStreamName, lines)
  expect(await logs.call(getLogEvents, stream)).toEqual({
    events: lines.map(([timestamp, message]) => ({ timestamp, message, ingestionTime: createdMs })),
    nextForwardToken: expect.stringMatching(/^f\/\d{56}\/s$/),
    nextBackwardToken: expect.stringMatching(/^b\/\d{56}\/s$/),
  })
})

test('a client that stops at an equal token reaches the end', async () => {
  await logs.write(stream.logStreamName, lines)
  const seen: string[] = []
  let nextToken: string | undefined
  for (;;) {
    const input = { ...stream, startFromHead: true, limit: 2, ...(nextToken && { nextToken }) }
    const page = (await logs.call(getLogEvents, input)) as { events: { message: string }[]; nextForwardToken: string }
    seen.push(...page.events.map(({ message }) => message))
    if (page.nextForwardToken === nextToken) break
    nextToken = page.nextForwardToken
  }
  expect(seen).toEqual(['one', 'two', 'three'])
})

describe('the group', () => {
  test.each([
    ['its name', group],
    ['its ARN', `arn:aws:logs:us-west-2:123456789012:log-group:${group}`],
    ['its ARN as DescribeLogGroups gives it', `arn:aws:logs:us-west-2:123456789012:log-group:${group}:*`],
  ])('can be identified by %s', async (_what, logGroupIdentifier) => {
    await logs.write('s', lines)
    expect(await logs.call(getLogEvents, { logGroupIdentifier, logStreamName: 's', limit: 1 })).toMatchObject({
      events: [{ message: 'three' }],
    })
  })

  test('is named only once', async () => {
    expect(await logs.call(getLogEvents, { logStreamName: 's' })).toMatchObject({
      code: 'InvalidParameterException',
      message: 'Either logGroupName or logGroupIdentifier must be specified.',
    })
    expect(await logs.call(getLogEvents, { ...stream, logGroupIdentifier: group })).toMatchObject({
      code: 'InvalidParameterException',
      message: 'LogGroup name and LogGroup ARN are mutually exclusive parameters.',
    })
  })
})

test('refuses a group or stream that does not exist', async () => {
  expect(await logs.call(getLogEvents, stream)).toMatchObject({
    code: 'ResourceNotFoundException',
    message: 'The specified log group does not exist.',
  })
  await logs.write('other', lines)
  expect(await logs.call(getLogEvents, stream)).toMatchObject({
    code: 'ResourceNotFoundException',
    message: 'The specified log stream does not exist.',
  })
})

test.each([
  [
    { limit: 0 },
    "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
  ],
  [
    { limit: 10_001 },
    "Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
  ],
  [
    { startTime: -1 },
    "Value '-1' at 'startTime' failed to satisfy constraint: Member must have value greater than or equal to 0",
  ],
  [
    { nextToken: '' },
    "Value '' at 'nextToken' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ],
  [
    { logGroupName: 'a b' },
    "Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
  ],
  [
    { logStreamName: 'a:b' },
    "Value 'a:b' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*",
  ],
])('%o is refused', async (change, text) => {
  expect(await logs.call(getLogEvents, { ...stream, ...change })).toMatchObject(constraint(text))
})

test('refuses an invalid token', async () => {
  await logs.write(stream.logStreamName, lines)
  expect(await logs.call(getLogEvents, { ...stream, nextToken: 'f/1/s' })).toMatchObject({
    code: 'InvalidParameterException',
    message: 'The specified nextToken is invalid.',
  })
})

test('names the resources that it touches', () => {
  expect(logs.resource(getLogEvents, stream)).toBe(
    'arn:aws:logs:us-west-2:123456789012:log-group:/aws/batch/job:log-stream:hello/default/0123',
  )
})
