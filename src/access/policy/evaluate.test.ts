/** What decides, and what an explanation names; the values of each kind. */
import { describe, expect, test } from 'vitest'
import { evaluate } from './evaluate.ts'
import { type PlainStatement, policyOf, requestOf } from './naive-evaluator.testing.ts'
import { matches, parseTextPattern } from './text-pattern.ts'

describe('a decision names what decided', () => {
  const asked = {
    action: 'batch:SubmitJob',
    resource: 'arn:aws:batch:us-west-2:1:job-queue/a',
    context: { 'aws:username': ['ada'] },
  }

  test('the statement that allows, by its Sid or its place', () => {
    const policies = [
      policyOf(
        [
          { Effect: 'Deny', Action: ['s3:*'], Resource: ['*'] },
          { Effect: 'Allow', Action: ['batch:*'], Resource: ['*'] },
        ],
        'team',
      ),
    ]
    expect(evaluate(policies, requestOf(asked))).toEqual({ kind: 'allowed', by: { policy: 'team', statement: '2' } })
  })

  test('the statement that denies, though another allows', () => {
    const policies = [
      policyOf([{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }], 'all'),
      policyOf(
        [{ Sid: 'NotHere', Effect: 'Deny', Action: ['*'], Resource: [asked.resource] } as PlainStatement],
        'fence',
      ),
    ]
    expect(evaluate(policies, requestOf(asked))).toEqual({
      kind: 'denied',
      by: { policy: 'fence', statement: 'NotHere' },
    })
  })

  test('the first of statements that policies repeat, and one that differs in a value or in its variables', () => {
    const denyUnless = (...names: string[]): PlainStatement => ({
      ...{ Effect: 'Deny', Action: ['*'], Resource: ['*'] },
      Condition: { StringNotEquals: { 'aws:username': names } },
    })
    const deniedBy = (...statements: PlainStatement[]) => {
      const decision = evaluate(
        statements.map((each, at) => policyOf([each], `policy ${at + 1}`)),
        requestOf(asked),
      )
      return decision.kind === 'denied' ? decision.by.policy : decision.kind
    }
    expect(deniedBy(denyUnless('ada'), denyUnless('bob'), denyUnless('bob'))).toBe('policy 2')
    expect(deniedBy(denyUnless('ada'), denyUnless('ada', 'bob'), denyUnless('${aws:userid}'))).toBe('policy 3')
    expect(deniedBy(denyUnless('ada'), { ...denyUnless('ada'), Resource: ['*:job-queue/a'] })).toBe('notAllowed')
  })

  test('of what was not allowed the statements that came near, and the condition that failed', () => {
    const Condition = { StringEquals: { 'aws:username': ['ada'] }, Bool: { 'aws:SecureTransport': ['true'] } }
    const policies = [policyOf([{ Effect: 'Allow', Action: ['batch:*'], Resource: ['*'], Condition }], 'team')]
    expect(evaluate(policies, requestOf(asked))).toEqual({
      kind: 'notAllowed',
      nearly: [{ policy: 'team', statement: '1', missed: 'condition', condition: 'Bool aws:SecureTransport' }],
    })
  })
})

describe('values of each kind', () => {
  const holds = (name: string, wanted: string, found: string) =>
    evaluate(
      [policyOf([{ Effect: 'Allow', Action: ['*'], Resource: ['*'], Condition: { [name]: { 'key:x': [wanted] } } }])],
      requestOf({ action: 'batch:SubmitJob', resource: '*', context: { 'key:x': [found] } }),
    ).kind === 'allowed'

  test.each([
    ['NumericEquals', '10', '10.0', true],
    ['NumericEquals', '10', 'ten', false],
    ['NumericNotEquals', '10', 'ten', true],
    ['NumericLessThan', '10', '9.99', true],
    ['NumericLessThanEquals', '10', '10', true],
    ['NumericGreaterThan', '10', '10', false],
    ['NumericGreaterThanEquals', '-1e2', '-100', true],
    ['DateEquals', '2026-01-01', '2026-01-01T00:00:00Z', true],
    ['DateEquals', '2026', '2026-01-01T00:00:00Z', true],
    ['DateEquals', '1767225600', '2026-01-01T00:00:00Z', true],
    ['DateLessThan', '2026-01-01T01:00+02:00', '2025-12-31T22:59:59Z', true],
    ['DateGreaterThan', '2026-01-01', '2026-01-01T00:00:00Z', false],
    ['DateNotEquals', '2026-01-01', 'never', true],
    ['Bool', 'true', 'TRUE', true],
    ['Bool', 'false', 'no', false],
    ['BinaryEquals', 'YQ==', 'YQ==', true],
    ['BinaryEquals', 'YQ==', 'YQ', false],
    ['IpAddress', '203.0.113.0/24', '203.0.113.255', true],
    ['IpAddress', '203.0.113.0/24', '203.0.114.0', false],
    ['IpAddress', '203.0.113.7', '203.0.113.7', true],
    ['IpAddress', '2001:db8::/32', '2001:DB8:0:0::1', true],
    ['IpAddress', '0.0.0.0/0', '::1', false],
    ['IpAddress', '::/0', '203.0.113.7', false],
    ['IpAddress', '203.0.113.128/25', '203.0.113.129', true],
    ['IpAddress', '203.0.113.128/25', '203.0.113.127', false],
    ['IpAddress', '203.0.113.7/0', '1.2.3.4', true],
    ['IpAddress', '2001:db8:0:8000::/49', '2001:db8::ffff:0:0:1', false],
    ['IpAddress', '2001:db8:0:8000::/49', '2001:db8:0:ffff::1', true],
    ['IpAddress', '::1', '0:0:0:0:0:0:0:1', true],
    ['IpAddress', '64:ff9b::192.0.2.0/120', '64:ff9b::c000:2ff', true],
    ['IpAddress', '203.0.113.0/24', '::ffff:203.0.113.7', true],
    ['NotIpAddress', '203.0.113.0/24', '::FFFF:203.0.113.7', false],
    ['IpAddress', '0.0.0.0/0', 'localhost', false],
    ['NotIpAddress', '10.0.0.0/8', '10.255.0.1', false],
    ['NotIpAddress', '10.0.0.0/8', 'localhost', true],
    ['ArnEquals', 'arn:aws:s3:::a*', 'arn:aws:s3:::a:b:c', true],
    ['ArnLike', 'arn:aws:*:::a', 'arn:aws:s3:::a', true],
    ['ArnLike', 'arn:aws:*:::a', 'arn:aws:s3:us-west-2::a', false],
    ['ArnNotLike', 'arn:aws:s3:::a', 'no ARN', true],
    ['StringLike', 'a${*}', 'a*', true],
    ['StringLike', 'a${*}', 'ab', false],
    ['StringEquals', "${key:none, 'b'}", 'b', true],
    ['StringEquals', '${key:none}', '', false],
    ['StringEquals', '${KEY:X}', 'b*', true],
    ['StringLike', '${key:x}', 'b*', true],
    ['StringEqualsIgnoreCase', 'ÄB', 'äb', true],
  ] as const)('%s %s of %s: %s', (name, wanted, found, expected) => {
    expect(holds(name, wanted, found)).toBe(expected)
  })
})

test('a hostile pattern on a hostile value is decided at once', () => {
  const text = `${'a*'.repeat(500)}b`
  const value = 'a'.repeat(20_000)
  const began = performance.now()
  expect(matches(parseTextPattern(text, { wildcards: true, variables: false })!, value, new Map())).toBe(false)
  expect(performance.now() - began).toBeLessThan(1000)
})
