/**
 * The nodes that a range of a multi-node job covers, and the range that a node uses where ranges
 * nest: https://docs.aws.amazon.com/batch/latest/APIReference/API_NodeRangeProperty.html
 */
import type { NodeProperties, NodeRangeProperty } from '../../../model/generated/batch.ts'

export interface TargetNodes {
  readonly first: number
  readonly last: number
  /** Has no upper bound of its own: it ends where the job does. */
  readonly openEnded: boolean
}

/** `a:b`, `a:` (to the end), `:b` (from 0) or a single index; undefined for anything else. */
export function parseTargetNodes(text: string, numNodes: number): TargetNodes | undefined {
  if (/^[0-9]{1,9}$/.test(text)) return { first: Number(text), last: Number(text), openEnded: false }
  const match = /^([0-9]{0,9}):([0-9]{0,9})$/.exec(text)
  if (!match) return undefined
  const [, first, last] = match
  return { first: Number(first || 0), last: last ? Number(last) : numNodes - 1, openEnded: !last }
}

/** Nodes `from` to `to`, both included, and the range that they use. */
export interface NodeSegment {
  readonly from: number
  readonly to: number
  readonly range: NodeRangeProperty
}

/**
 * All nodes in order, without gaps if the ranges leave none. Of nested ranges the narrower holds,
 * and of two equally wide ones the later. Nodes beyond the last one do not exist, because
 * `numNodes` may have been overridden.
 */
export function nodeSegments({ numNodes, nodeRangeProperties }: NodeProperties): NodeSegment[] {
  const targets = nodeRangeProperties.flatMap((range) => {
    const target = parseTargetNodes(range.targetNodes, numNodes)
    return target ? [{ ...target, range }] : []
  })
  const bounds = new Set([0, numNodes, ...targets.flatMap(({ first, last }) => [first, last + 1])])
  const cuts = [...bounds].filter((bound) => bound <= numNodes).sort((a, b) => a - b)

  const segments: NodeSegment[] = []
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    let narrowest: (typeof targets)[number] | undefined
    for (const target of targets) {
      const isIn = target.first <= from && from <= target.last
      if (isIn && (!narrowest || widthOf(target) <= widthOf(narrowest))) narrowest = target
    }
    if (!narrowest) continue
    const to = cuts[index + 1]! - 1
    const before = segments.at(-1)
    if (before?.range === narrowest.range && before.to === from - 1) segments[segments.length - 1] = { ...before, to }
    else segments.push({ from, to, range: narrowest.range })
  }
  return segments
}

function widthOf({ first, last }: TargetNodes): number {
  return last - first
}
