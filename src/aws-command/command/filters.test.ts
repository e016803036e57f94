import { expect, test } from 'vitest'
import { parse } from './arguments.ts'
import { filterOf, patternOf } from './filters.ts'
import { endOf } from './places.ts'

const table = { exclude: 'value', include: 'value' } as const
const filter = (...args: string[]) =>
  filterOf(parse(args, table).options, [endOf('s3://b/p', true, false, '/w'), endOf('d', true, true, '/w')], true)

test('the last pattern that fits decides', () => {
  const takes = filter('--exclude', '*', '--include', '*.txt', '--exclude', 'logs/*')
  expect(['b/p/a.txt', 'b/p/a.csv', 'b/p/logs/a.txt', '/w/d/x/a.txt', '/w/d/logs/a.txt'].map(takes)).toEqual([
    ...[true, false, false, true, false],
  ])
})

test('without patterns all is taken', () => {
  expect(filter()('b/p/a')).toBe(true)
})

test.each([
  ['*', 'a/b', true],
  ['a?c', 'abc', true],
  ['a[!b]c', 'abc', false],
  ['a[b-d]c', 'acc', true],
  ['a[bc', 'a[bc', true],
  ['a.b', 'axb', false],
  ['a(1)+{2}|$^\\', 'a(1)+{2}|$^\\', true],
  ['[]]', ']', true],
])('%s and %s', (pattern, text, fits) => {
  expect(patternOf(pattern).test(text)).toBe(fits)
})
