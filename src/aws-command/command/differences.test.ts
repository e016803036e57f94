import { expect, test } from 'vitest'
import { Options } from './arguments.ts'
import { differences, type Keyed, staleness } from './differences.ts'

const found = (size: number, seconds: number) => ({ path: '', size, modifiedAt: new Date(seconds * 1000), etag: '' })

async function* keyed(keys: string): AsyncGenerator<Keyed> {
  for (const key of keys) yield { key, found: { ...found(1, 0), path: key } }
}

test('two listings are walked side by side', async () => {
  const seen: string[] = []
  const isOld = (source: { path: string }) => source.path === 'c'
  for await (const one of differences(keyed('abce'), keyed('bcdfg'), isOld))
    seen.push(one.kind === 'extra' ? `-${one.found.path}` : `+${one.source.key}`)
  expect(seen).toEqual(['+a', '+c', '-d', '+e', '-f', '-g'])
})

const options = (...names: string[]) => {
  const some = new Options()
  for (const name of names) some.set(name, [''])
  return some
}

test.each([
  ['upload of a newer file', options(), false, found(1, 5), found(1, 4), true],
  ['upload of an older file', options(), false, found(1, 4), found(1, 5), false],
  ['another size', options(), false, found(2, 4), found(1, 5), true],
  ['a newer file of the same size, by size', options('size-only'), false, found(1, 5), found(1, 4), false],
  ['download of the same time', options(), true, found(1, 5), found(1, 5), false],
  ['download over an older file', options(), true, found(1, 5), found(1, 4), false],
  ['download over an older file, exactly', options('exact-timestamps'), true, found(1, 5), found(1, 4), true],
  ['download over a newer file', options(), true, found(1, 4), found(1, 5), true],
])('%s', (_, some, downloads, source, destination, stale) => {
  expect(staleness(some, downloads)(source, destination)).toBe(stale)
})
