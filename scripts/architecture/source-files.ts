/**
 * Reads TypeScript files as the architecture's checks see them: imports, functions and their
 * lengths, circles.
 */
import ts from 'typescript-6'

export interface SourceFile {
  /** With `/`, relative to the same folder as the imports. */
  readonly path: string
  readonly text: string
}

export interface LongFunction {
  readonly name: string
  /** From 1. */
  readonly line: number
  readonly lines: number
}

/**
 * Functions, methods and arrow functions of more than `most` lines, from their first line to their
 * last.
 */
export function longFunctions({ path, text }: SourceFile, most: number): LongFunction[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: LongFunction[] = []
  const lineOf = (position: number) => file.getLineAndCharacterOfPosition(position).line + 1
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const line = lineOf(node.getStart(file))
      const lines = lineOf(node.end) - line + 1
      if (lines > most) found.push({ name: node.name?.getText(file) ?? 'a function without a name', line, lines })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/**
 * The groups of nodes that reach one another (Tarjan's strongly connected components), each sorted.
 * A single node that does not reach itself is no circle. Imports of nodes that are not in the graph
 * are ignored.
 */
export function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const circles: string[][] = []
  const visit = (node: string): void => {
    order.set(node, order.size)
    lowest.set(node, order.get(node)!)
    open.push(node)
    for (const next of graph.get(node)!) {
      if (!graph.has(next)) continue
      if (!order.has(next)) visit(next)
      if (open.includes(next)) lowest.set(node, Math.min(lowest.get(node)!, lowest.get(next)!))
    }
    if (lowest.get(node) !== order.get(node)) return
    const group = open.splice(open.indexOf(node))
    if (group.length > 1 || graph.get(node)!.includes(node)) circles.push(group.sort())
  }
  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return circles
}
