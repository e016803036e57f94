import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KeyValuePair, ResourceRequirement } from '../../../model/generated/batch.ts'
import { mergeEnvironment, mergeRequirements } from './merge.ts'

const variables: fc.Arbitrary<KeyValuePair[]> = fc.array(
  fc.record({ name: fc.constantFrom('A', 'B', 'C', 'D', '__proto__'), value: fc.string({ minLength: 1 }) }),
)

const requirements: fc.Arbitrary<ResourceRequirement[]> = fc.uniqueArray(
  fc.record({ type: fc.constantFrom('VCPU', 'MEMORY', 'GPU'), value: fc.nat().map(String) }),
  { selector: (requirement) => requirement.type },
)

/** What a process would see: the last value of each name. */
const seen = (list: readonly KeyValuePair[]) => new Map(list.map(({ name, value }) => [name, value]))

describe('environment', () => {
  test('an override wins, the others stay, each name occurs once', () => {
    fc.assert(
      fc.property(variables, variables, (registered, overrides) => {
        fc.pre(overrides.length > 0)
        const merged = mergeEnvironment(registered, overrides)
        expect(seen(merged)).toEqual(new Map([...seen(registered), ...seen(overrides)]))
        expect(new Set(merged.map(({ name }) => name)).size).toBe(merged.length)
      }),
    )
  })

  test('no override changes nothing', () => {
    fc.assert(
      fc.property(variables, (registered) => {
        expect(mergeEnvironment(registered, [])).toBe(registered)
      }),
    )
  })

  test('a variable without a value is dropped, and an override without a value removes the definition’s', () => {
    const registered = [{ name: 'A', value: '1' }, { name: 'B', value: '' }, { name: 'C' }]
    expect(mergeEnvironment(registered, [])).toEqual([{ name: 'A', value: '1' }])
    expect(mergeEnvironment(registered, [{ name: 'A', value: '' }])).toEqual([])
    expect(mergeEnvironment(registered, [{ name: 'B', value: '2' }])).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ])
  })

  test('the same override twice equals once', () => {
    fc.assert(
      fc.property(variables, variables, (registered, overrides) => {
        const once = mergeEnvironment(registered, overrides)
        expect(mergeEnvironment(once, overrides)).toEqual(once)
      }),
    )
  })

  test('the definition’s order is kept, with new names after it', () => {
    const registered = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]
    const overrides = [
      { name: 'C', value: '3' },
      { name: 'A', value: '4' },
    ]
    expect(mergeEnvironment(registered, overrides)).toEqual([
      { name: 'A', value: '4' },
      { name: 'B', value: '2' },
      { name: 'C', value: '3' },
    ])
  })
})

test('requirements: each given type replaces that type, the others stay', () => {
  fc.assert(
    fc.property(requirements, requirements, (registered, overrides) => {
      const merged = mergeRequirements(registered, overrides)
      const of = (list: readonly ResourceRequirement[], type: string) => list.find((r) => r.type === type)?.value
      for (const type of ['VCPU', 'MEMORY', 'GPU']) {
        expect(of(merged, type)).toBe(of(overrides, type) ?? of(registered, type))
      }
      expect(new Set(merged.map(({ type }) => type)).size).toBe(merged.length)
    }),
  )
})
