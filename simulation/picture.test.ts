/**
 * Results as text: the picture is complete and within its borders, and the tables have every
 * figure.
 */
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { picture } from './picture.ts'
import { resultsOf } from './results.ts'
import { loadScenario } from './scenario.ts'
import { simulate } from './simulate.ts'
import { duration, figure, markdownTable, percent, terminalTable } from './table.ts'

const text = stringify({
  hours: 3,
  hosts: { h: { vcpus: 4, memoryMib: 8192 } },
  computeEnvironments: { ce: {} },
  jobQueues: { q: { computeEnvironments: ['ce'] }, r: { computeEnvironments: ['ce'] } },
  arrivals: ['q', 'r'].map((jobQueue) => ({
    name: jobQueue,
    jobQueue,
    shareIdentifier: `share-${jobQueue}`,
    perHour: 30,
    durationSeconds: { exponential: 400 },
  })),
  variants: {
    'slow & wide': {
      arrivals: [{ name: 'q', jobQueue: 'q', atSeconds: [0, 0], vcpus: 4, durationSeconds: 5000 }],
    },
    plain: {},
  },
})
const results = loadScenario({ text, readTrace: () => '' }).map((it) => resultsOf(it, simulate(it.scenario)))

test('every line of the picture is within it, and text is escaped', () => {
  const svg = picture('a & b', results)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  expect(svg).toContain('<title>a &amp; b</title>')
  expect(svg).toContain('>slow &amp; wide<')
  expect(svg.match(/<g /g)?.length).toBe(svg.match(/<\/g>/g)?.length)
  const width = Number(/width="(\d+)"/.exec(svg)![1])
  const lines = [...svg.matchAll(/<path d="([^"]+)" fill="none" stroke="#[0-9a-f]{6}" stroke-width="1.6"/g)]
  // Two curves in each of two panels; waits of one queue of the first variant, and of both queues
  // of the second.
  expect(lines).toHaveLength(2 + 2 + 3)
  for (const [, path] of lines)
    for (const [, x, y] of path!.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0)
      expect(Number(x)).toBeLessThanOrEqual(width)
      expect(Number(y)).toBeGreaterThanOrEqual(0)
      expect(Number(y)).toBeLessThanOrEqual(210)
    }
})

test('the table for documents has a column for each variant', () => {
  const rows = markdownTable(results).trimEnd().split('\n')
  expect(rows[0]).toBe('|  | slow & wide | plain |')
  expect(rows[2]).toBe(
    `| jobs finished, of submitted | 2 of 2 | ${results[1]!.jobs.submitted} of ${results[1]!.jobs.submitted} |`,
  )
  expect(rows.some((row) => row.startsWith('| q: wait p50 / p95 / max | 0 s / 83.3 min / 83.3 min |'))).toBe(true)
  expect(new Set(rows.map((row) => row.split(' | ').length)).size).toBe(1)
})

test('the table for terminals names queues and shares', () => {
  const table = terminalTable('name', results[1]!)
  expect(table).toMatch(/^name \(plain\) seed 1\n/)
  for (const word of ['utilisation', 'QUEUE', 'share-q', 'share-r', 'scheduling passes']) expect(table).toContain(word)
})

test('figures have the form that people write', () => {
  expect([0, 1.234, 999.5, 1234.5, 1_000_000].map(figure)).toEqual(['0', '1.23', '999.5', '1,235', '1,000,000'])
  expect([0.05, 99, 150, 7200, 200_000].map(duration)).toEqual(['0.1 s', '99 s', '2.5 min', '2.0 h', '2.3 d'])
  expect(percent(0.12345)).toBe('12.3 %')
})
