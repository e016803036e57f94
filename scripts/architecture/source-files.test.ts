import fc from 'fast-check'
import { expect, test } from 'vitest'
import { circlesIn, longFunctions } from './source-files.ts'

test('a function is as long as the lines from its first to its last, in every form', () => {
  const text = [
    'export function named() {',
    '  return 1',
    '}',
    'const short = () => 1',
    'class A {',
    '  #method() {',
    '    return () => {',
    '      return 2',
    '    }',
    '  }',
    '}',
  ].join('\n')
  expect(longFunctions({ path: 'a.ts', text }, 2)).toEqual([
    { name: 'named', line: 1, lines: 3 },
    { name: '#method', line: 6, lines: 5 },
    { name: 'a function without a name', line: 7, lines: 3 },
  ])
  expect(longFunctions({ path: 'a.ts', text }, 5)).toEqual([])
})

test('circles of any length are found, each once', () => {
  const graph = new Map([
    ['a', ['b', 'missing']],
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['d', ['e']],
    ['e', []],
    ['self', ['self', 'a']],
  ])
  expect(circlesIn(graph)).toEqual([['a', 'b', 'c'], ['self']])
})

test('two nodes are in one circle exactly if each reaches the other', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const graphs = fc
    .tuple(...names.map(() => fc.subarray(names)))
    .map((all) => new Map(names.map((name, index) => [name, all[index]!])))
  fc.assert(
    fc.property(graphs, (graph) => {
      const reached = (from: string) => {
        const seen = new Set<string>()
        const queue = [...graph.get(from)!]
        for (let next = queue.pop(); next !== undefined; next = queue.pop())
          if (!seen.has(next)) queue.push(...graph.get(seen.add(next) && next)!)
        return seen
      }
      const circles = circlesIn(graph)
      for (const a of names)
        for (const b of names) {
          const together = circles.some((circle) => circle.includes(a) && circle.includes(b))
          expect(together).toBe(reached(a).has(b) && reached(b).has(a))
        }
    }),
  )
})
