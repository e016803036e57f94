import { expect, test } from 'vitest'
import { describeLogGroups } from './describe-log-groups.ts'
import { constraint, createdMs, logsCalls } from './logs-calls.testing.ts'

const logs = logsCalls()

test('returns groups with both their ARNs', async () => {
  await logs.write('s', [[1000, 'x']])
  expect(await logs.call(describeLogGroups, {})).toEqual({
    logGroups: [
      {
        logGroupName: '/aws/batch/job',
        creationTime: createdMs,
        metricFilterCount: 0,
        arn: 'arn:aws:logs:us-west-2:123456789012:log-group:/aws/batch/job:*',
        logGroupArn: 'arn:aws:logs:us-west-2:123456789012:log-group:/aws/batch/job',
        storedBytes: expect.any(Number),
        logGroupClass: 'STANDARD',
      },
    ],
  })
})

test('finds groups by prefix and by a part of the name, a page at a time', async () => {
  for (const name of ['/x/b', '/x/a', '/y/B']) await logs.write('s', [[1000, 'x']], name)
  const named = (names: string[]) => ({
    logGroups: names.map((logGroupName) => expect.objectContaining({ logGroupName })),
  })
  expect(await logs.call(describeLogGroups, { logGroupNamePrefix: '/x' })).toMatchObject(named(['/x/a', '/x/b']))
  expect(await logs.call(describeLogGroups, { logGroupNamePattern: 'b' })).toMatchObject(named(['/x/b', '/y/B']))
  expect(await logs.call(describeLogGroups, { logGroupClass: 'INFREQUENT_ACCESS' })).toEqual({ logGroups: [] })
  const first = (await logs.call(describeLogGroups, { limit: 2 })) as { nextToken: string }
  expect(first).toMatchObject(named(['/x/a', '/x/b']))
  expect(await logs.call(describeLogGroups, { nextToken: first.nextToken })).toMatchObject(named(['/y/B']))
})

test('refuses invalid inputs', async () => {
  expect(await logs.call(describeLogGroups, { limit: 0 })).toMatchObject(
    constraint("Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"),
  )
  for (const input of [
    { logGroupNamePrefix: 'a', logGroupNamePattern: 'a' },
    { nextToken: 'x' },
    { logGroupIdentifiers: ['a'] },
  ]) {
    expect(await logs.call(describeLogGroups, input)).toMatchObject({ code: 'InvalidParameterException' })
  }
})

test('names the resources that it touches', () => {
  expect(logs.resource(describeLogGroups, {})).toBe('arn:aws:logs:us-west-2:123456789012:log-group::*')
})
