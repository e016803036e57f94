/**
 * Request bodies made from the shapes of AWS's model, most of them nearly right, to find what the
 * server does not expect.
 */
import fc from 'fast-check'

export interface Shape {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Shape | boolean
  readonly items?: Shape
}
export type Definitions = Readonly<Record<string, Shape>>

const depthMax = 7

/**
 * Values of a shape, of which about one part in ten is something else. `texts` are names that the
 * server knows. Half of the bodies are the `example`, which the server accepts, with up to two
 * members changed; those pass the first checks.
 */
export function bodiesOf(
  definitions: Definitions,
  name: string,
  texts: readonly string[],
  example?: object,
): fc.Arbitrary<object> {
  const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(...oddities))
  const text = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...texts) },
    { weight: 2, arbitrary: fc.constantFrom(...oddTexts) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
  )

  const partOf = (shape: Shape, depth: number): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 12, arbitrary: rightOf(shape, depth) }, { weight: 1, arbitrary: anything })

  const rightOf = (shape: Shape, depth: number): fc.Arbitrary<unknown> => {
    if (shape.$ref) return rightOf(definitions[shape.$ref.replace('#/definitions/', '')]!, depth)
    if (shape.enum) return fc.constantFrom(...shape.enum)
    switch (shape.type) {
      case 'string':
        return text
      case 'boolean':
        return fc.boolean()
      case 'integer':
      case 'number':
        return fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(...oddNumbers))
      case 'array':
        return depth <= 0
          ? fc.constant([])
          : fc.array(partOf(shape.items ?? {}, depth - 1), { maxLength: 3, size: 'max' })
      case 'object':
        return depth <= 0 ? fc.constant({}) : objectOf(shape, depth - 1)
      default:
        return anything
    }
  }

  const objectOf = (shape: Shape, depth: number): fc.Arbitrary<object> => {
    if (!shape.properties) {
      const values = typeof shape.additionalProperties === 'object' ? partOf(shape.additionalProperties, depth) : text
      return fc.dictionary(text, values, { maxKeys: 3 })
    }
    const members = Object.entries(shape.properties)
    const required = members.filter(([member]) => shape.required?.includes(member))
    const optional = members.filter(([member]) => !shape.required?.includes(member))
    const model = (some: typeof members) => Object.fromEntries(some.map(([member, of]) => [member, partOf(of, depth)]))
    // A few of the optional members at a time: with all of them, one is always wrong and hides the
    // others.
    return fc
      .tuple(fc.subarray(optional, { maxLength: Math.min(4, optional.length) }), fc.integer({ min: 0, max: 19 }))
      .chain(([some, chance]) => fc.record(model([...(chance === 0 ? [] : required), ...some])))
  }

  const nearTo = (right: Readonly<Record<string, unknown>>) => {
    const members = Object.entries(definitions[name]!.properties!)
    return fc
      .subarray(members, { maxLength: Math.min(2, members.length) })
      .chain((some) => fc.record(Object.fromEntries(some.map(([member, of]) => [member, partOf(of, depthMax - 1)]))))
      .map((changes) => merged(right, changes))
  }

  const generated = rightOf({ $ref: `#/definitions/${name}` }, depthMax) as fc.Arbitrary<object>
  return example ? fc.oneof(generated, nearTo(example as Record<string, unknown>)) : generated
}

/** Structures keep the members that the change does not name. Everything else is replaced. */
function merged(right: object, changes: object): object {
  const result: Record<string, unknown> = { ...right }
  for (const [member, change] of Object.entries(changes)) {
    const old = result[member]
    result[member] = isStructure(old) && isStructure(change) ? merged(old, change) : change
  }
  return result
}

function isStructure(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const oddNumbers = [-1, 0, 1, 2.5, 9999, 10_000, 10_001, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308]
const oddTexts = [
  ...['', ' ', '*', ':', '/', '.', '..', '-1', '0', '1.0', '1e3', 'NaN', '9'.repeat(30), 'a'.repeat(5000), '__proto__'],
  ...[
    'constructor',
    'toString',
    'Ref::x',
    'Ref::',
    'name:0',
    'name:99999999999',
    'arn:aws:batch:::',
    '\u0000',
    '\ud800',
  ],
  ...[
    '%',
    '%zz',
    "'; DROP TABLE jobs; --",
    '{"$and": []}',
    '\u202e',
    '\ufffe',
    '🙂',
    '(',
    '[',
    '%%',
    '{ $.a = * }',
    '?"',
  ],
]
const oddities = [null, [], {}, [[]], '', 0, -0, true, { __proto__: null }, { length: 1 }, [null]]
