/**
 * Reads the form of a query-protocol request into the input of its operation, by the operation's
 * shape: `Tags.member.1.Key=a` becomes `{ Tags: [{ Key: 'a' }] }`.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import schema from './generated/iam.schema.json' with { type: 'json' }

type Members = Record<string, unknown>

interface Shape {
  readonly type?: string | undefined
  readonly $ref?: string
  readonly items?: Shape
  readonly properties?: Readonly<Record<string, Shape>>
}

const definitions = schema.definitions as Readonly<Record<string, Shape>>

/** The parts of the members' names as a tree: `Tags` → `member` → `1` → `Key`. */
interface Branch {
  value?: string
  readonly parts: Map<string, Branch>
}

/** Parts of a member's name: more than any shape has. */
const longestName = 10

/** Members that the shape does not have are left out. A text of the wrong form stays a text, which the check refuses. */
export function queryInput(shape: string, form: Readonly<Record<string, string>>): Members {
  const root: Branch = { parts: new Map() }
  const { properties = {} } = definitions[shape]!
  for (const [name, value] of Object.entries(form)) {
    const parts = name.split('.', longestName + 1)
    if (parts.length > longestName || !Object.hasOwn(properties, parts[0]!)) continue
    let branch = root
    for (const part of parts) {
      const next = branch.parts.get(part) ?? { parts: new Map() }
      branch.parts.set(part, next)
      branch = next
    }
    branch.value = value
  }
  return structureOf(definitions[shape]!, root)
}

function structureOf({ properties = {} }: Shape, { parts }: Branch): Members {
  const members: Members = {}
  for (const [name, shape] of Object.entries(properties)) {
    const branch = parts.get(name)
    const value = branch && memberOf(shape, branch)
    if (value !== undefined) members[name] = value
  }
  return members
}

function memberOf(shape: Shape, branch: Branch): unknown {
  const { $ref } = shape
  if ($ref !== undefined) return memberOf(definitions[$ref.slice($ref.lastIndexOf('/') + 1)]!, branch)
  switch (shape.type) {
    case 'object':
      return structureOf(shape, branch)
    case 'array':
      return listOf(shape.items!, branch)
    case 'boolean':
      return branch.value === 'true' ? true : branch.value === 'false' ? false : branch.value
    case 'integer':
      return /^-?[0-9]{1,15}$/.test(branch.value ?? '') ? Number(branch.value) : branch.value
    default:
      return branch.value
  }
}

/** By the numbers of the elements. A list that is there without elements is empty. */
function listOf(items: Shape, { value, parts }: Branch): unknown[] | undefined {
  const elements = [...(parts.get('member')?.parts ?? [])].flatMap(([number, branch]) =>
    /^[1-9][0-9]{0,8}$/.test(number) ? [{ number: Number(number), branch }] : [],
  )
  if (elements.length === 0 && value !== '') return undefined
  return elements.sort((a, b) => a.number - b.number).map(({ branch }) => memberOf(items, branch) ?? {})
}
