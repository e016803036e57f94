/** The evaluator against one that is written to be read, and rules that hold for any policies. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns, triesAll } from '../../core/property-runs.testing.ts'
import { evaluate } from './evaluate.ts'
import {
  actionPattern,
  actions,
  naively,
  type PlainStatement,
  policyOf,
  request,
  requestOf,
  statement,
  statements,
} from './naive-evaluator.testing.ts'
import { matches, parseTextPattern } from './text-pattern.ts'

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
    propertyRuns(2000),
  )
  for (const kind of ['allowed', 'denied', 'notAllowed']) expect(seen.get(kind)).toBeGreaterThan(triesAll ? 1000 : 100)
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
      propertyRuns(1000),
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
      propertyRuns(1000),
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
      propertyRuns(1000),
    )
  })

  test('a condition on a key that the request does not bring allows nothing, but for what says so', () => {
    const unheard = fc.constantFrom('StringEquals', 'StringLike', 'NumericEquals', 'Bool', 'IpAddress', 'ArnLike')
    const values: Readonly<Record<string, string>> = {
      NumericEquals: '1',
      Bool: 'true',
      IpAddress: '::/0',
      ArnLike: '*',
    }
    fc.assert(
      fc.property(statement, unheard, fc.constantFrom('', 'ForAnyValue:'), request, (each, name, quantifier, asked) => {
        const Condition = { [quantifier + name]: { 'unheard:of': [values[name] ?? '*'] } }
        const allowing: PlainStatement = { ...each, Effect: 'Allow', Condition }
        expect(evaluate([policyOf([allowing])], requestOf(asked)).kind).toBe('notAllowed')
      }),
      propertyRuns(1000),
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
      propertyRuns(1000),
    )
  })
})
