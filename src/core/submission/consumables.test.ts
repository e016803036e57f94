import { describe, expect, test } from 'vitest'
import type {
  ConsumableResourceProperties,
  ContainerProperties,
  NodeRangeProperty,
} from '../../model/generated/batch.ts'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { workloadOf } from '../../model/workload.testing.ts'
import { consumableArn, register, request, resolved, submit } from './resolve.testing.ts'

const container: ContainerProperties = {
  image: 'solver',
  resourceRequirements: [
    { type: 'VCPU', value: '1' },
    { type: 'MEMORY', value: '512' },
  ],
}

type Entry = [resource: string, quantity: number]
const list = (...entries: Entry[]): ConsumableResourceProperties => ({
  consumableResourceList: entries.map(([consumableResource, quantity]) => ({ consumableResource, quantity })),
})

const plain = (...entries: Entry[]) =>
  register({ containerProperties: container, consumableResourceProperties: list(...entries) })
const overriding = (...entries: Entry[]) => request({ consumableResourcePropertiesOverride: list(...entries) })
const need = (name: string, quantity: number) => ({ arn: consumableArn(name), quantity })

test('a job without any requests none', () => {
  const { spec } = resolved(register({ containerProperties: container }), request())
  expect(spec).not.toHaveProperty('consumables')
  expect(spec).not.toHaveProperty('consumableResourceProperties')
})

describe('the definition’s, replaced by the submission’s', () => {
  const token = consumableArn('token')
  test.each<[string, Entry[], Entry[], Entry[], ReturnType<typeof need>[]]>([
    ['as registered', [['licence', 2]], [], [['licence', 2]], [need('licence', 2)]],
    ['a quantity replaced', [['licence', 2]], [['licence', 5]], [['licence', 5]], [need('licence', 5)]],
    [
      'one replaced, one kept, in their order',
      [
        ['licence', 2],
        ['token', 1],
      ],
      [['licence', 3]],
      [
        ['licence', 3],
        ['token', 1],
      ],
      [need('licence', 3), need('token', 1)],
    ],
    [
      'another added',
      [['licence', 2]],
      [['token', 4]],
      [
        ['licence', 2],
        ['token', 4],
      ],
      [need('licence', 2), need('token', 4)],
    ],
    ['by ARN what was registered by name', [['token', 1]], [[token, 7]], [[token, 7]], [need('token', 7)]],
    ['from the submission alone', [], [['token', 1]], [['token', 1]], [need('token', 1)]],
  ])('%s', (_what, registered, override, shown, needs) => {
    const { spec } = resolved(plain(...registered), override.length > 0 ? overriding(...override) : request())
    expect(spec.consumableResourceProperties).toEqual(list(...shown))
    expect(spec.consumables).toEqual(needs)
  })
})

describe('refused', () => {
  test('an unknown resource, by its name', () => {
    expect(submit(plain(['seat', 1]), request())).toEqual(refuse('ConsumableResource seat not found.'))
    expect(submit(plain(['licence', 1]), overriding(['seat', 1]))).toEqual(refuse('ConsumableResource seat not found.'))
  })

  test.each([
    [
      `Cannot provide duplicates in consumableResourceList: ${consumableArn('licence')}`,
      plain(['licence', 1], [consumableArn('licence'), 1]),
      request(),
    ],
    [
      `Cannot provide duplicates in consumableResourceList: ${consumableArn('token')}`,
      plain(['licence', 1]),
      overriding(['token', 1], [consumableArn('token'), 1]),
    ],
    [
      'consumableResourceList[0].quantity must be at least 1, got 0.',
      plain(['licence', 1]),
      overriding(['licence', 0]),
    ],
  ])('%s', (text, definition, submitted) => {
    expect(submit(definition, submitted)).toEqual(refuseWrapped(text))
  })
})

describe('of a multi-node job', () => {
  const range = (targetNodes: string, ...entries: Entry[]): NodeRangeProperty => ({
    targetNodes,
    container,
    ...(entries.length > 0 && { consumableResourceProperties: list(...entries) }),
  })
  const nodes = (...nodeRangeProperties: NodeRangeProperty[]) =>
    register({ nodeProperties: { numNodes: 4, mainNode: 0, nodeRangeProperties } })

  test('each range requests its own, and an override applies to its range', () => {
    const { spec } = resolved(
      nodes(range('0', ['licence', 1]), range('1:', ['licence', 2], ['token', 3])),
      request({
        nodeOverrides: {
          nodePropertyOverrides: [{ targetNodes: '1:', consumableResourcePropertiesOverride: list(['token', 5]) }],
        },
      }),
    )
    expect(
      workloadOf(spec, 'multiNode').properties.nodeRangeProperties.map((it) => it.consumableResourceProperties),
    ).toEqual([list(['licence', 1]), list(['licence', 2], ['token', 5])])
    expect(spec.consumables).toEqual([need('licence', 3), need('token', 5)])
    expect(spec).not.toHaveProperty('consumableResourceProperties')
  })

  test('a range that no node uses requests nothing', () => {
    const definition = nodes(range(':', ['licence', 1]), range('3', ['token', 1]))
    expect(resolved(definition, request()).spec.consumables).toEqual([need('licence', 1), need('token', 1)])
    const fewer = request({ nodeOverrides: { numNodes: 3 } })
    expect(resolved(definition, fewer).spec.consumables).toEqual([need('licence', 1)])
  })

  test('an unknown resource', () => {
    expect(submit(nodes(range(':', ['seat', 1])), request())).toEqual(refuse('ConsumableResource seat not found.'))
  })
})
