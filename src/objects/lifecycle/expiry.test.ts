import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AgingObject,
  expiryOf,
  expiryOfLoneMarker,
  expiryOfNoncurrent,
  expiryOfUpload,
  midnightAfter,
  prefixesToWalk,
} from './expiry.ts'
import type { LifecycleRule } from './lifecycle-rule.ts'

const dayMs = 86_400_000
const at = (text: string) => Date.parse(text)
const rule = (id: string, more: Partial<LifecycleRule>): LifecycleRule => ({
  ...{ id, isEnabled: true, form: 'filter', filter: {} },
  ...more,
})
const days = (id: string, count: number, more: Partial<LifecycleRule> = {}) =>
  rule(id, { expiration: { kind: 'days', days: count }, ...more })
const object: AgingObject = { key: 'delete30/a', size: 10, tags: {}, lastModifiedMs: at('2026-01-15T10:30:00Z') }

describe('an object expires', () => {
  test('at the midnight after its days', () => {
    expect(expiryOf([days('a', 3)], object)).toEqual({ ruleId: 'a', atMs: at('2026-01-19T00:00:00Z') })
  })

  test('at the date of a rule, however young it is', () => {
    const atMs = at('2025-12-31T00:00:00Z')
    expect(expiryOf([rule('a', { expiration: { kind: 'date', atMs } })], object)).toEqual({ ruleId: 'a', atMs })
  })

  test('by the rule that ends it first, and of two equal ones by the first', () => {
    const rules = [days('a', 30), days('b', 3), days('c', 3)]
    expect(expiryOf(rules, object)?.ruleId).toBe('b')
    expect(expiryOf(rules.toReversed(), object)?.ruleId).toBe('c')
  })

  test.each([
    ['is disabled', { isEnabled: false }],
    ['has another prefix', { filter: { prefix: 'delete10/' } }],
    ['is for larger objects', { filter: { sizeGreaterThan: 10 } }],
    ['is for smaller objects', { filter: { sizeLessThan: 10 } }],
    ['is for tagged objects', { filter: { tags: { keep: 'no' } } }],
    ['is for delete markers', { expiration: { kind: 'markers' } }],
  ] as const)('never by a rule that %s', (_, more) => {
    expect(expiryOf([days('a', 1, more)], object)).toBeUndefined()
  })

  test('by a rule all of whose conditions it fulfils', () => {
    const filter = { prefix: 'delete30/', sizeGreaterThan: 9, sizeLessThan: 11, tags: { keep: 'no', a: 'b' } }
    const tagged = { ...object, tags: { keep: 'no', a: 'b', more: 'of it' } }
    expect(expiryOf([days('a', 1, { filter })], tagged)?.ruleId).toBe('a')
    expect(expiryOf([days('a', 1, { filter })], { ...tagged, tags: { keep: 'no' } })).toBeUndefined()
  })

  test('not because of a property that every record has', () => {
    const filter = { tags: { constructor: 'Object' } }
    expect(expiryOf([days('a', 1, { filter })], object)).toBeUndefined()
  })
})

describe('a version that is noncurrent', () => {
  const version = { ...object, noncurrentSinceMs: at('2026-02-01T00:00:00Z'), newerNoncurrent: 2 }
  const keeping = (newerVersions: number) => rule('a', { noncurrentExpiration: { days: 60, newerVersions } })

  test('expires some days after the next one took its place', () => {
    const rules = [rule('a', { noncurrentExpiration: { days: 60 } })]
    expect(expiryOfNoncurrent(rules, version)?.atMs).toBe(at('2026-04-03T00:00:00Z'))
  })

  test('stays while it is one of the newest that a rule keeps', () => {
    expect(expiryOfNoncurrent([keeping(2)], version)?.ruleId).toBe('a')
    expect(expiryOfNoncurrent([keeping(3)], version)).toBeUndefined()
  })
})

test('a delete marker without versions goes at once by a rule for markers, and by its days otherwise', () => {
  const markers = rule('m', { expiration: { kind: 'markers' } })
  expect(expiryOfLoneMarker([markers], object)?.atMs).toBe(object.lastModifiedMs)
  expect(expiryOfLoneMarker([days('a', 3)], object)?.atMs).toBe(at('2026-01-19T00:00:00Z'))
  expect(expiryOfLoneMarker([days('a', 3, { filter: { sizeLessThan: 100 } })], object)).toBeUndefined()
})

test('an upload is given up some days after its beginning', () => {
  const rules = [rule('a', { abortUploadDays: 7, filter: { prefix: 'b' } }), days('b', 1)]
  const startedAtMs = object.lastModifiedMs
  expect(expiryOfUpload(rules, { key: 'b/1', startedAtMs })).toEqual({
    ...{ ruleId: 'a', atMs: at('2026-01-23T00:00:00Z') },
  })
  expect(expiryOfUpload(rules, { key: 'a', startedAtMs })).toBeUndefined()
})

describe('for any rules and any object', () => {
  const prefix = fc.constantFrom('', 'a', 'ab', 'b', 'ä', 'a/')
  const key = fc.tuple(prefix, fc.string()).map(([before, rest]) => `${before}${rest}x`)
  const rules = fc.array(
    fc.record({
      ...{ id: fc.uuid(), isEnabled: fc.boolean(), form: fc.constant('and' as const) },
      filter: fc.record(
        {
          ...{ prefix, sizeGreaterThan: fc.nat(20), sizeLessThan: fc.nat(20) },
          tags: fc.dictionary(fc.constantFrom('k', 'l'), fc.constantFrom('v', 'w')),
        },
        { requiredKeys: [] },
      ),
      expiration: fc.oneof(
        fc.record({ kind: fc.constant('days' as const), days: fc.integer({ min: 1, max: 400 }) }),
        fc.record({ kind: fc.constant('date' as const), atMs: fc.nat(40_000).map((day) => day * dayMs) }),
        fc.record({ kind: fc.constant('markers' as const) }),
      ),
    }) as fc.Arbitrary<LifecycleRule>,
  )
  const objects = fc.record({
    ...{ key, size: fc.nat(20), lastModifiedMs: fc.nat(4_000_000_000_000) },
    tags: fc.dictionary(fc.constantFrom('k', 'l'), fc.constantFrom('v', 'w')),
  })

  test('it expires at a midnight, never before its days are over, nor a day later', () => {
    fc.assert(
      fc.property(fc.nat(4_000_000_000_000), fc.integer({ min: 1, max: 36_500 }), (ms, count) => {
        const endMs = midnightAfter(ms, count)
        expect(endMs % dayMs).toBe(0)
        expect(endMs - (ms + count * dayMs)).toBeGreaterThan(0)
        expect(endMs - (ms + count * dayMs)).toBeLessThanOrEqual(dayMs)
      }),
    )
  })

  test('its expiry is that of one enabled rule, and no other rule alone ends it earlier', () => {
    fc.assert(
      fc.property(rules, objects, (all, one) => {
        const alone = all.flatMap((each) => expiryOf([each], one) ?? [])
        const found = expiryOf(all, one)
        expect(found?.atMs).toBe(alone.length === 0 ? undefined : Math.min(...alone.map(({ atMs }) => atMs)))
        if (found) expect(all.find(({ id }) => id === found.ruleId)?.isEnabled).toBe(true)
      }),
    )
  })

  test('a rule that is added never lets it live longer', () => {
    fc.assert(
      fc.property(rules, rules, objects, (some, more, one) => {
        const before = expiryOf(some, one)?.atMs ?? Number.POSITIVE_INFINITY
        expect(expiryOf([...some, ...more], one)?.atMs ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(before)
      }),
    )
  })

  test('it is below exactly one of the prefixes that are walked if a rule may end it', () => {
    fc.assert(
      fc.property(rules, objects, (all, one) => {
        const walked = prefixesToWalk(all).filter((each) => one.key.startsWith(each))
        expect(walked.length).toBe(all.some(({ filter }) => one.key.startsWith(filter.prefix ?? '')) ? 1 : 0)
      }),
    )
  })
})
