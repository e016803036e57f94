/** Where in the text of a policy a statement stands. Lines and columns count from 1. */
import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { DecidedBy } from '../../../../access/policy/evaluate.ts'
import type * as Iam from '../../../../model/generated/iam.ts'

/** Empty if the statement cannot be found. */
export function statementPosition(
  document: string,
  { statement }: Pick<DecidedBy, 'statement'>,
): { readonly StartPosition?: Iam.Position; readonly EndPosition?: Iam.Position } {
  const lineCounter = new LineCounter()
  const { contents } = parseDocument(document, { schema: 'json', lineCounter })
  const statements = isMap(contents) ? contents.get('Statement', true) : undefined
  const nodes = (isSeq(statements) ? statements.items : [statements]) as (Node | undefined)[]
  const found =
    nodes.find((node) => isMap(node) && node.get('Sid') === statement) ??
    (/^[1-9][0-9]*$/.test(statement) ? nodes[Number(statement) - 1] : undefined)
  if (!found?.range) return {}
  const at = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset)
    return { Line: line, Column: col }
  }
  return { StartPosition: at(found.range[0]), EndPosition: at(found.range[1]) }
}
