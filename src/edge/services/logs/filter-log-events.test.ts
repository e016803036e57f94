import { expect, test } from 'vitest'
import { filterLogEvents } from './filter-log-events.ts'
import { constraint, createdMs, group, logsCalls } from './logs-calls.testing.ts'

const logs = logsCalls()
const input = { logGroupName: group }

test('returns the events of all streams by time, with their ids, and no token at the end', async () => {
  await logs.write('a', [
    [1000, 'a ERROR'],
    [1002, 'a fine'],
  ])
  await logs.write('b', [[1001, 'b ERROR']])
  expect(await logs.call(filterLogEvents, { ...input, filterPattern: 'ERROR', interleaved: true })).toEqual({
    events: [
      {
        logStreamName: 'a',
        timestamp: 1000,
        message: 'a ERROR',
        ingestionTime: createdMs,
        eventId: expect.stringMatching(/^\d{56}$/),
      },
      {
        logStreamName: 'b',
        timestamp: 1001,
        message: 'b ERROR',
        ingestionTime: createdMs,
        eventId: expect.stringMatching(/^\d{56}$/),
      },
    ],
    searchedLogStreams: [],
  })
})

test('searches only the given streams', async () => {
  await logs.write('x/a', [[1000, 'one']])
  await logs.write('y/a', [[1001, 'two']])
  const found = (messages: string[]) => ({ events: messages.map((message) => expect.objectContaining({ message })) })
  expect(await logs.call(filterLogEvents, { ...input, logStreamNames: ['y/a'] })).toMatchObject(found(['two']))
  expect(await logs.call(filterLogEvents, { ...input, logStreamNamePrefix: 'x/' })).toMatchObject(found(['one']))
  expect(
    await logs.call(filterLogEvents, { ...input, logStreamNamePrefix: 'x', logStreamNames: ['x/a'] }),
  ).toMatchObject({
    code: 'InvalidParameterException',
  })
  expect(await logs.call(filterLogEvents, { ...input, logStreamNames: ['z'] })).toMatchObject({
    code: 'ResourceNotFoundException',
    message: 'The specified log stream does not exist.',
  })
})

test('returns the newest events first, since 2024', async () => {
  const at = Date.UTC(2026, 0, 1)
  await logs.write('a', [
    [at, 'old'],
    [at + 1, 'new'],
  ])
  const newest = { ...input, startFromHead: false, limit: 1 }
  const page = (await logs.call(filterLogEvents, { ...newest, startTime: at })) as { nextToken: string }
  expect(page).toMatchObject({ events: [{ message: 'new' }], nextToken: expect.any(String) })
  expect(await logs.call(filterLogEvents, { ...input, startTime: at, nextToken: page.nextToken })).toMatchObject({
    events: [{ message: 'old' }],
  })
  expect(await logs.call(filterLogEvents, { ...newest, startTime: Date.UTC(2023, 11, 31) })).toMatchObject({
    code: 'InvalidParameterException',
  })
})

test.each([
  [
    { limit: 10_001 },
    "Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
  ],
  [
    { logStreamNames: [] },
    "Value '[]' at 'logStreamNames' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ],
  [
    { logStreamNames: ['a', 'b*'] },
    "Value 'b*' at 'logStreamNames.2.member' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*",
  ],
  [
    { filterPattern: 'x'.repeat(1025) },
    `Value '${'x'.repeat(100)}…' at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024`,
  ],
])('%o is refused', async (change, text) => {
  expect(await logs.call(filterLogEvents, { ...input, ...change })).toMatchObject(constraint(text))
})

test('101 streams are too many', async () => {
  const logStreamNames = Array.from({ length: 101 }, (_, n) => `s${n}`)
  expect(await logs.call(filterLogEvents, { ...input, logStreamNames })).toMatchObject({
    message: expect.stringContaining('Member must have length less than or equal to 100'),
  })
})

test('refuses an invalid pattern', async () => {
  await logs.write('a', [[1000, 'x']])
  expect(await logs.call(filterLogEvents, { ...input, filterPattern: '{ $.a = }' })).toMatchObject({
    code: 'InvalidParameterException',
    message: 'Invalid filter pattern',
  })
  expect(await logs.call(filterLogEvents, { ...input, filterPattern: '{ $.a = 1' })).toMatchObject({
    code: 'InvalidParameterException',
    message: "If a filter pattern starts with '{' it must end with '}'",
  })
})

test('names the resources that it touches', () => {
  const arn = 'arn:aws:logs:us-west-2:123456789012:log-group:/aws/batch/job:*'
  expect(logs.resource(filterLogEvents, input)).toBe(arn)
  expect(logs.resource(filterLogEvents, { logGroupIdentifier: arn })).toBe(arn)
})
