/** The evaluator against one that is written to be read, and rules that hold for any policies. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate, type NamedPolicy, type Request } from './evaluate.ts'
import { isMalformed, parsePolicyDocument } from './policy-document.ts'
import { matches, parseTextPattern } from './text-pattern.ts'

interface PlainStatement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

type PlainContext = Readonly<Record<string, readonly string[]>>
interface PlainRequest {
  readonly action: string
  readonly resource: string
  readonly context: PlainContext
}

function policyOf(statements: readonly PlainStatement[], name = 'p'): NamedPolicy {
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity')
  if (isMalformed(document)) throw new Error(document.malformed)
  return { name, document }
}

function requestOf({ action, resource, context }: PlainRequest): Request {
  return {
    action,
    resource,
    context: new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), values])),
  }
}

const letters = ['a', 'b', '*', '?']
const word = fc.array(fc.constantFrom(...letters.slice(0, 2)), { maxLength: 4 }).map((all) => all.join(''))
const pattern = fc.array(fc.constantFrom(...letters, '${aws:username}'), { maxLength: 5 }).map((all) => all.join(''))
const actions = ['batch:SubmitJob', 'batch:CancelJob', 'batch:DescribeJobs', 's3:GetObject']
const actionPattern = fc.constantFrom('*', 'batch:*', 'batch:?ubmitJob', 'BATCH:submitjob', 's3:Get*', '*', ...actions)
const resource = word.map((text) => `arn:aws:batch:us-west-2:1:job-queue/${text}`)
const resourcePattern = fc.oneof(
  fc.constant('*'),
  pattern.map((text) => `arn:aws:batch:us-west-2:1:job-queue/${text}`),
  pattern.map((text) => `arn:*:${text}:*`),
)
const keys = ['aws:username', 'aws:TagKeys', 'batch:User']
const operatorNames = ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase']
const operator = fc
  .tuple(
    fc.constantFrom('', '', 'ForAllValues:', 'ForAnyValue:'),
    fc.constantFrom(...operatorNames),
    fc.constantFrom('', 'IfExists'),
  )
  .map((parts) => parts.join(''))
const conditionBlock = fc.dictionary(
  fc.oneof(operator, fc.constant('Null')),
  fc.dictionary(fc.constantFrom(...keys), fc.array(pattern, { minLength: 1, maxLength: 3 }), {
    minKeys: 1,
    maxKeys: 2,
  }),
  { maxKeys: 2 },
)
const condition = conditionBlock.map((block) =>
  Object.fromEntries(
    Object.entries(block).map(([name, byKey]) => [
      name,
      name === 'Null'
        ? Object.fromEntries(Object.keys(byKey).map((key) => [key, [key.length % 2 ? 'true' : 'false']]))
        : byKey,
    ]),
  ),
)
const some = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 1, maxLength: 3 })
const statement: fc.Arbitrary<PlainStatement> = fc
  .record({
    Effect: fc.constantFrom('Allow' as const, 'Allow' as const, 'Deny' as const),
    actions: some(actionPattern),
    resources: some(resourcePattern),
    notActions: fc.boolean(),
    notResources: fc.boolean(),
    Condition: condition,
  })
  .map(({ Effect, actions, resources, notActions, notResources, Condition }) => ({
    Effect,
    [notActions ? 'NotAction' : 'Action']: actions,
    [notResources ? 'NotResource' : 'Resource']: resources,
    Condition,
  }))
const statements = fc.array(statement, { minLength: 1, maxLength: 4 })
const context: fc.Arbitrary<PlainContext> = fc.dictionary(fc.constantFrom(...keys), fc.array(word, { maxLength: 3 }))
const request: fc.Arbitrary<PlainRequest> = fc.record({ action: fc.constantFrom(...actions), resource, context })

/** By the words of AWS's reference, one after the other, and by regular expressions. */
function naively(all: readonly PlainStatement[], asked: PlainRequest): 'allowed' | 'denied' | 'notAllowed' {
  const values = (key: string) => asked.context[key] ?? []
  const isLike = (text: string, value: string, wildcards: boolean, flags = '') => {
    let isKnown = true
    const source = text
      .split('${aws:username}')
      .map((piece) =>
        piece.replaceAll(/[.*+?^${}()|[\]\\]/g, (c) =>
          wildcards && c === '*' ? '.*' : wildcards && c === '?' ? '.' : `\\${c}`,
        ),
      )
      .reduce((before, piece) => {
        if (values('aws:username').length !== 1) isKnown = false
        return before + values('aws:username')[0] + piece
      })
    return isKnown && new RegExp(`^${source}$`, `s${flags}`).test(value)
  }
  const isTrue = (name: string, key: string, wanted: readonly string[]): boolean => {
    const found = values(key)
    if (name === 'Null') return wanted.includes(String(found.length === 0))
    const [, quantifier, base, ifExists] = /^(?:(.*):)?(.*?)(IfExists)?$/.exec(name)!
    const not = base!.includes('Not')
    const one = (value: string) =>
      wanted.some((text) => isLike(text, value, base!.endsWith('Like'), base!.endsWith('IgnoreCase') ? 'i' : '')) !==
      not
    if (quantifier === 'ForAllValues') return found.every(one)
    if (quantifier === 'ForAnyValue') return found.length === 0 ? ifExists !== undefined : found.some(one)
    if (found.length === 0) return not || ifExists !== undefined
    return not ? found.every(one) : found.some(one)
  }
  const concerned = all.filter(
    ({ Action, NotAction, Resource, NotResource, Condition = {} }) =>
      (Action ?? NotAction)!.some((text) => isLike(text, asked.action, true, 'i')) === (Action !== undefined) &&
      (Resource ?? NotResource)!.some((text) => isLike(text, asked.resource, true)) === (Resource !== undefined) &&
      Object.entries(Condition).every(([name, byKey]) =>
        Object.entries(byKey).every(([key, wanted]) => isTrue(name, key, wanted)),
      ),
  )
  if (concerned.some(({ Effect }) => Effect === 'Deny')) return 'denied'
  return concerned.length > 0 ? 'allowed' : 'notAllowed'
}

test('100,000 requests are decided as a naive evaluator decides them', () => {
  const requests = fc.array(request, { minLength: 50, maxLength: 50, size: 'max' })
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(statements, requests, (all, asked) => {
      const policies = [policyOf(all)]
      for (const each of asked) {
        const { kind } = evaluate(policies, requestOf(each))
        expect(kind).toBe(naively(all, each))
        seen.set(kind, (seen.get(kind) ?? 0) + 1)
      }
    }),
    { numRuns: 2000 },
  )
  for (const kind of ['allowed', 'denied', 'notAllowed']) expect(seen.get(kind)).toBeGreaterThan(1000)
})

describe('for any policies and any request', () => {
  test('a Deny that is added never allows more', () => {
    fc.assert(
      fc.property(statements, statement, request, (all, added, asked) => {
        const before = evaluate([policyOf(all)], requestOf(asked)).kind
        const after = evaluate([policyOf(all), policyOf([{ ...added, Effect: 'Deny' }])], requestOf(asked)).kind
        if (before !== 'allowed') expect(after).not.toBe('allowed')
        expect(after === 'denied' || after === before).toBe(true)
      }),
    )
  })

  test('the order of policies and of their statements decides nothing', () => {
    fc.assert(
      fc.property(statements, statements, request, (one, other, asked) => {
        const kinds = [
          [policyOf(one), policyOf(other)],
          [policyOf(other), policyOf(one)],
          [policyOf([...other, ...one].reverse())],
        ].map((policies) => evaluate(policies, requestOf(asked)).kind)
        expect(new Set(kinds).size).toBe(1)
      }),
    )
  })

  test('a wildcard among the actions allows what a list of all that it describes allows', () => {
    const catalogue = [...actions, 'batch:TagResource', 's3:PutObject']
    fc.assert(
      fc.property(statement, actionPattern, request, (each, text, asked) => {
        const described = catalogue.filter((name) =>
          matches(
            parseTextPattern(text.toLowerCase(), { wildcards: true, variables: false })!,
            name.toLowerCase(),
            new Map(),
          ),
        )
        const { Action: _, NotAction: __, ...rest } = each
        fc.pre(described.length > 0)
        const [wild, listed] = [[text], described].map(
          (Action) => evaluate([policyOf([{ ...rest, Action }])], requestOf(asked)).kind,
        )
        expect(wild).toBe(listed)
      }),
    )
  })

  test('nothing is allowed without a statement that says so', () => {
    fc.assert(
      fc.property(statements, request, (all, asked) => {
        const denials = all.map((each) => ({ ...each, Effect: 'Deny' as const }))
        expect(evaluate([policyOf(denials)], requestOf(asked)).kind).not.toBe('allowed')
        expect(evaluate([], requestOf(asked)).kind).toBe('notAllowed')
        expect(evaluate([policyOf(all)], requestOf({ ...asked, action: 'unheard:Of' })).kind).toBe(
          naively(all, { ...asked, action: 'unheard:Of' }),
        )
      }),
    )
  })
})

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
