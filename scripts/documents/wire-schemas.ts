/**
 * JSON Schemas of the types in `src/wire`, read with TypeScript's own checker. Only what answers
 * need is understood. Anything else throws, so that no type is described wrongly.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-6'

export type Schema = Readonly<Record<string, unknown>>

const root = join(import.meta.dirname, '..', '..')
const wire = join(root, 'src', 'wire')

/** Each exported type of `src/wire`, by name. */
export function wireSchemas(): Map<string, Schema> {
  const files = readdirSync(wire).filter((name) => name.endsWith('.ts') && !name.includes('.test'))
  const paths = files.map((name) => join(wire, name))
  const options = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, allowImportingTsExtensions: true }
  const module = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.NodeNext, types: [] }
  const program = ts.createProgram(paths, { ...options, ...module })
  const writer = new SchemaWriter(program.getTypeChecker())
  for (const path of paths.toSorted()) writer.addFile(program.getSourceFile(path)!)
  return writer.schemas
}

class SchemaWriter {
  readonly schemas = new Map<string, Schema>()
  readonly #checker: ts.TypeChecker

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker
  }

  addFile(file: ts.SourceFile): void {
    for (const node of file.statements) {
      if (!ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node)) continue
      const name = node.name.text
      if (this.schemas.has(name)) throw new Error(`src/wire has two types of the name ${name}`)
      this.schemas.set(name, this.#schemaOf(this.#checker.getTypeAtLocation(node), commentOf(node), name))
    }
  }

  /** `of`: the name that the type itself has, which it may not refer to. */
  #schemaOf(type: ts.Type, description: string | undefined, of?: string): Schema {
    const about = description ? { description } : {}
    const name = this.#nameOf(type)
    if (name !== undefined && name !== of) return { $ref: `#/components/schemas/${name}`, ...about }
    return { ...about, ...this.#shapeOf(type) }
  }

  /** Of a type that is exported, also by a file that is not added yet. */
  #nameOf(type: ts.Type): string | undefined {
    const symbol = type.aliasSymbol ?? type.symbol
    const declared = symbol?.declarations?.[0]
    if (!declared?.getSourceFile().fileName.startsWith(wire)) return undefined
    return ts.isInterfaceDeclaration(declared) || ts.isTypeAliasDeclaration(declared) ? symbol?.name : undefined
  }

  #shapeOf(type: ts.Type): Schema {
    const { flags } = type
    if (type.isUnion()) return this.#union(type.types)
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value }
    if (flags & ts.TypeFlags.BooleanLiteral) return { const: this.#checker.typeToString(type) === 'true' }
    if (flags & ts.TypeFlags.String) return { type: 'string' }
    if (flags & ts.TypeFlags.Number) return { type: 'number' }
    if (flags & ts.TypeFlags.Null) return { type: 'null' }
    if (flags & ts.TypeFlags.NonPrimitive) return { type: 'object' }
    if (this.#checker.isArrayType(type))
      return {
        type: 'array',
        items: this.#schemaOf(this.#checker.getTypeArguments(type as ts.TypeReference)[0]!, undefined),
      }
    if (flags & ts.TypeFlags.Object) return this.#object(type)
    throw new Error(`src/wire: no schema for the type ${this.#checker.typeToString(type)}`)
  }

  #union(types: readonly ts.Type[]): Schema {
    const given = types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined))
    if (given.every((type) => type.flags & ts.TypeFlags.BooleanLiteral) && given.length === 2)
      return { type: 'boolean' }
    if (given.every((type) => type.isStringLiteral()))
      return { type: 'string', enum: given.map((type) => (type as ts.StringLiteralType).value) }
    const [only] = given
    if (given.length === 1) return this.#schemaOf(only!, undefined)
    const isBoolean = (type: ts.Type) => (type.flags & ts.TypeFlags.BooleanLiteral) !== 0
    const others = given.filter((type) => !isBoolean(type)).map((type) => this.#schemaOf(type, undefined))
    return { anyOf: given.some(isBoolean) ? [...others, { type: 'boolean' }] : others }
  }

  #object(type: ts.Type): Schema {
    const values = this.#checker.getIndexTypeOfType(type, ts.IndexKind.String)
    const members = this.#checker.getPropertiesOfType(type)
    if (values && members.length === 0)
      return { type: 'object', additionalProperties: this.#schemaOf(values, undefined) }
    const properties: Record<string, Schema> = {}
    const required: string[] = []
    for (const member of members) {
      const declared = member.declarations?.[0]
      const isOptional = (member.flags & ts.SymbolFlags.Optional) !== 0
      const memberType = this.#checker.getTypeOfSymbol(member)
      const wanted = isOptional ? this.#checker.getNonNullableType(memberType) : memberType
      const isNullable =
        isOptional && memberType.isUnion() && memberType.types.some(({ flags }) => flags & ts.TypeFlags.Null)
      if (isNullable) throw new Error(`src/wire: ${member.name} may be absent and null`)
      properties[member.name] = this.#schemaOf(wanted, declared && commentOf(declared))
      if (!isOptional) required.push(member.name)
    }
    return { type: 'object', properties, ...(required.length > 0 && { required }) }
  }
}

function commentOf(node: ts.Node): string | undefined {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  const text = comment && ts.getTextOfJSDocComment(comment.comment)
  return text?.replace(/\s+/g, ' ')
}
