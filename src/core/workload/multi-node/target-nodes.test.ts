import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NodeProperties } from '../../../model/generated/batch.ts'
import { nodeSegments, parseTargetNodes } from './target-nodes.ts'

describe('forms', () => {
  test.each([
    ['3', { first: 3, last: 3, openEnded: false }],
    ['1:4', { first: 1, last: 4, openEnded: false }],
    [':4', { first: 0, last: 4, openEnded: false }],
    ['2:', { first: 2, last: 9, openEnded: true }],
    [':', { first: 0, last: 9, openEnded: true }],
    ['all', undefined],
    ['1-4', undefined],
    ['', undefined],
  ])('%s', (text, target) => {
    expect(parseTargetNodes(text, 10)).toEqual(target)
  })
})

function nodes(numNodes: number, ...targets: string[]): NodeProperties {
  return { numNodes, mainNode: 0, nodeRangeProperties: targets.map((targetNodes) => ({ targetNodes })) }
}

/** `from-to by the range that holds`. */
function shown(properties: NodeProperties): string[] {
  return nodeSegments(properties).map(({ from, to, range }) => `${from}-${to} by ${range.targetNodes}`)
}

describe('segments', () => {
  test.each([
    ['one range', nodes(4, '0:'), ['0-3 by 0:']],
    ['side by side', nodes(4, '0:1', '2:3'), ['0-1 by 0:1', '2-3 by 2:3']],
    ['nested: the narrower holds', nodes(11, '0:10', '4:5'), ['0-3 by 0:10', '4-5 by 4:5', '6-10 by 0:10']],
    ['nested, the narrower first', nodes(11, '4:5', '0:10'), ['0-3 by 0:10', '4-5 by 4:5', '6-10 by 0:10']],
    ['nested twice', nodes(8, ':', '2:6', '4'), ['0-1 by :', '2-3 by 2:6', '4-4 by 4', '5-6 by 2:6', '7-7 by :']],
    [
      'a bound of a range that holds nowhere there',
      nodes(9, ':', '1:5', '0:2'),
      ['0-2 by 0:2', '3-5 by 1:5', '6-8 by :'],
    ],
    ['beyond the last node', nodes(3, '0:1', '2:7', '5:9'), ['0-1 by 0:1', '2-2 by 2:7']],
    ['a gap', nodes(4, '0', '3'), ['0-0 by 0', '3-3 by 3']],
  ])('%s', (_what, properties, expected) => {
    expect(shown(properties)).toEqual(expected)
  })

  test('each node uses the narrowest range around it, the later of two equally wide ones', () => {
    const range = fc.tuple(fc.nat(11), fc.nat(11)).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(range, { maxLength: 5 }), (numNodes, targets) => {
        const properties = nodes(numNodes, ...targets)
        const segments = nodeSegments(properties)
        for (let node = 0; node < numNodes; node++) {
          const holding = properties.nodeRangeProperties
            .map((it) => ({ it, ...parseTargetNodes(it.targetNodes, numNodes)! }))
            .filter(({ first, last }) => first <= node && node <= last)
            .toSorted((a, b) => a.last - a.first - (b.last - b.first))
          const narrowest = holding.filter((it) => it.last - it.first === holding[0]!.last - holding[0]!.first).at(-1)
          const found = segments.filter(({ from, to }) => from <= node && node <= to)
          expect(found.map((it) => it.range)).toEqual(narrowest ? [narrowest.it] : [])
        }
        expect(segments.every(({ from, to }) => from <= to && to < numNodes)).toBe(true)
        expect(segments.map(({ from }) => from)).toEqual(segments.map(({ from }) => from).toSorted((a, b) => a - b))
      }),
    )
  })
})
