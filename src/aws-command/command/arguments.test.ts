import { expect, test } from 'vitest'
import { globalOptions, Options, parse } from './arguments.ts'

const table = { ...globalOptions, recursive: 'flag', exclude: 'value', sse: 'optional', jobs: 'list' } as const

test('options stand before and after words, with an equals sign or without', () => {
  const { words, options } = parse(['--region', 'r', 'a', '--exclude=*', '--recursive', '-', '--exclude', 'x y'], table)
  expect(words).toEqual(['a', '-'])
  expect(options.value('region')).toBe('r')
  expect(options.list('exclude')).toEqual(['x y'])
  expect(options.inOrder.filter(({ name }) => name === 'exclude').map(({ value }) => value)).toEqual(['*', 'x y'])
  expect(options.has('recursive')).toBe(true)
})

test('what follows two words is left to the command that they name', () => {
  const { words, rest } = parse(['--region', 'r', 's3', 'cp', '--anything', 'a'], globalOptions, { mostWords: 2 })
  expect(words).toEqual(['s3', 'cp'])
  expect(rest).toEqual(['--anything', 'a'])
})

test('an optional value and a list end at the next option', () => {
  const { words, options } = parse(['--sse', '--jobs', 'a', 'b', '--recursive', 'w', '--', '--x'], table)
  expect(options.list('sse')).toEqual([])
  expect(options.list('jobs')).toEqual(['a', 'b'])
  expect(words).toEqual(['w', '--x'])
})

test.each([
  [['--nope'], 'Unknown options: --nope'],
  [['--toString'], 'Unknown options: --toString'],
  [['--region'], 'argument --region: expected one argument'],
  [['--output', 'xml'], "Invalid choice: 'xml'"],
  [['--recursive=1'], "argument --recursive: ignored explicit argument '1'"],
])('%j is refused', (args, message) => {
  expect(() => parse(args, table)).toThrow(message)
})

test('a number is digits', () => {
  const options = new Options()
  options.set('page-size', ['ten'])
  expect(() => options.number('page-size')).toThrow("argument --page-size: invalid int value: 'ten'")
})
