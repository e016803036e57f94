/**
 * Reads the form of a query-protocol request into the input of its operation, by the operation's
 * shape: `Tags.member.1.Key=a` becomes `{ Tags: [{ Key: 'a' }] }`. EC2 writes lists without
 * `member`, and has names of its own for members.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 * https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
 */

import ec2Schema from './generated/ec2.schema.json' with { type: 'json' }
import { ec2Names } from './generated/ec2-names.ts'
import iamSchema from './generated/iam.schema.json' with { type: 'json' }

type Members = Record<string, unknown>

interface Shape {
  readonly type?: string | undefined
  readonly $ref?: string
  readonly items?: Shape
  readonly properties?: Readonly<Record<string, Shape>>
}

/** How a service writes its forms. */
interface Dialect {
  readonly definitions: Readonly<Record<string, Shape>>
  /** The name of a structure's member in a form. */
  readonly nameInForm: (structure: string, member: string) => string
  /** The part of a name before the number of an element; absent where there is none. */
  readonly beforeNumber?: string
}

const dialects = {
  iam: { definitions: iamSchema.definitions, nameInForm: (_, member) => member, beforeNumber: 'member' },
  ec2: {
    definitions: ec2Schema.definitions,
    nameInForm: (structure, member) =>
      ec2Names[structure]?.[member]?.[0] ?? member.charAt(0).toUpperCase() + member.slice(1),
  },
} satisfies Record<string, Dialect>

/** The parts of the members' names as a tree: `Tags` → `member` → `1` → `Key`. */
interface Branch {
  value?: string
  readonly parts: Map<string, Branch>
}

/** Parts of a member's name: more than any shape has. */
const longestName = 10

/** Members that the shape does not have are left out. A text of the wrong form stays a text, which the check refuses. */
export function queryInput(
  service: keyof typeof dialects,
  shape: string,
  form: Readonly<Record<string, string>>,
): Members {
  const root: Branch = { parts: new Map() }
  for (const [name, value] of Object.entries(form)) {
    const parts = name.split('.', longestName + 1)
    if (parts.length > longestName) continue
    let branch = root
    for (const part of parts) {
      const next = branch.parts.get(part) ?? { parts: new Map() }
      branch.parts.set(part, next)
      branch = next
    }
    branch.value = value
  }
  return new FormReader(dialects[service]).structure(shape, root)
}

class FormReader {
  readonly #dialect: Dialect

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  structure(name: string, { parts }: Branch): Members {
    const { definitions, nameInForm } = this.#dialect
    const members: Members = {}
    for (const [member, shape] of Object.entries(definitions[name]!.properties ?? {})) {
      const branch = parts.get(nameInForm(name, member))
      const value = branch && this.#member(shape, branch)
      if (value !== undefined) members[member] = value
    }
    return members
  }

  #member(shape: Shape, branch: Branch): unknown {
    const { $ref } = shape
    if ($ref !== undefined) {
      const name = $ref.slice($ref.lastIndexOf('/') + 1)
      const definition = this.#dialect.definitions[name]!
      return definition.type === 'object' ? this.structure(name, branch) : this.#member(definition, branch)
    }
    switch (shape.type) {
      case 'array':
        return this.#list(shape.items!, branch)
      case 'boolean':
        return branch.value === 'true' ? true : branch.value === 'false' ? false : branch.value
      case 'integer':
        return /^-?[0-9]{1,15}$/.test(branch.value ?? '') ? Number(branch.value) : branch.value
      default:
        return branch.value
    }
  }

  /** By the numbers of the elements. A list that is there without elements is empty. */
  #list(items: Shape, branch: Branch): unknown[] | undefined {
    const { beforeNumber } = this.#dialect
    const numbered = beforeNumber === undefined ? branch.parts : (branch.parts.get(beforeNumber)?.parts ?? [])
    const elements = [...numbered].flatMap(([number, element]) =>
      /^[1-9][0-9]{0,8}$/.test(number) ? [{ number: Number(number), element }] : [],
    )
    if (elements.length === 0 && branch.value !== '') return undefined
    return elements.sort((a, b) => a.number - b.number).map(({ element }) => this.#member(items, element) ?? {})
  }
}
