/** What is said of objects in extended attributes: read with suspicion, and never needed. */
import { expect, test } from 'vitest'
import { limits } from '../../model/limits.ts'
import { type AttributeCalls, ObjectAttributes, saidIn } from './object-attributes.ts'

const file = { size: 5n, mtimeNs: 1_700_000_000_123_456_789n }
const etag = 'd41d8cd98f00b204e9800998ecf8427e'
const said = {
  headers: { contentType: 'text/plain', expires: 'soon' },
  metadata: { 'made-by': 'Ada Lövelace\t1' },
  tags: { run: '7' },
  checksum: { kind: 'CRC32', value: 'AAAAAA==-2', type: 'COMPOSITE' } as const,
  parts: [
    { number: 1, size: 3, checksum: 'x' },
    { number: 9, size: 2 },
  ],
}

/** An attribute of each file by its path. */
class Calls implements AttributeCalls {
  readonly values = new Map<string, Buffer>()
  mostBytes = 1_000_000
  failure: Error | undefined

  async getAttribute(path: string) {
    if (this.failure) throw this.failure
    return this.values.get(path) ?? null
  }

  async setAttribute(path: string, name: string, value: string) {
    expect(name).toBe('user.openbatch')
    if (this.failure) throw this.failure
    if (value.length > this.mostBytes) throw new Error('No space left on device (os error 28)')
    this.values.set(path, Buffer.from(value))
  }
}

function world() {
  const calls = new Calls()
  const logged: string[] = []
  const attributes = new ObjectAttributes(calls, { warn: ({ err }) => void logged.push((err as Error).message) })
  return { calls, logged, attributes }
}

test('what was said is read of the same file, and of no other', async () => {
  const { attributes } = world()
  await attributes.write('a', file, { etag, said })
  expect(await attributes.read('a', file)).toEqual({ etag, said })
  expect(await attributes.read('a', { ...file, size: 6n })).toBeUndefined()
  expect(await attributes.read('a', { ...file, mtimeNs: file.mtimeNs + 1n })).toBeUndefined()
  expect(await attributes.read('b', file)).toBeUndefined()
  await attributes.write('b', file, { etag: null, said: { ...said, parts: [] as never } })
  expect(await attributes.read('b', file)).toBeUndefined()
})

test('what cannot be kept is counted, and each reason is logged once', async () => {
  const { attributes, calls, logged } = world()
  await attributes.write('a', file, { etag, said })
  calls.mostBytes = 100
  for (const run of ['8', '9']) await attributes.write('a', file, { etag, said: { ...said, tags: { run } } })
  // It does not say any more what was said before.
  expect(await attributes.read('a', file)).toBeUndefined()
  const long = { ...said, metadata: { a: 'x'.repeat(limits.attributeBytes) } }
  await attributes.write('a', file, { etag, said: long })
  calls.failure = new Error('Operation not supported (os error 95)')
  await attributes.write('a', file, { etag, said })
  expect(await attributes.read('a', file)).toBeUndefined()
  expect(attributes.leftOut).toBe(4)
  expect(logged).toEqual([
    'No space left on device (os error 28)',
    'it is too long for an attribute',
    'Operation not supported (os error 95)',
  ])
})

const whole = { version: 1, size: '5', mtimeNs: String(file.mtimeNs), etag, said }
test.each<[string, unknown]>([
  ['no JSON', 'x'],
  ['nothing', ''],
  ['a list', []],
  ['null', null],
  ['another version', { ...whole, version: 2 }],
  ['a number as size', { ...whole, size: 5 }],
  ['an entity tag that is none', { ...whole, etag: `${etag}-0` }],
  ['an entity tag with a line', { ...whole, etag: `${etag}\r\nx: y` }],
  ['nothing that is said', { ...whole, said: undefined }],
  ['a header that nobody sets', { ...whole, said: { ...said, headers: { location: 'x' } } }],
  ['a header of two lines', { ...whole, said: { ...said, headers: { contentType: 'a\r\nset-cookie: b' } } }],
  ['metadata with a name of two lines', { ...whole, said: { ...said, metadata: { 'a\nb': 'x' } } }],
  ['metadata with a value of two lines', { ...whole, said: { ...said, metadata: { a: 'x\u0085y' } } }],
  ['metadata that is a number', { ...whole, said: { ...said, metadata: { a: 1 } } }],
  ['too much metadata', { ...whole, said: { ...said, metadata: { a: 'x'.repeat(limits.objectMetadataBytes) } } }],
  ['a tag that S3 does not take', { ...whole, said: { ...said, tags: { 'a<b': '1' } } }],
  ['a checksum of another kind', { ...whole, said: { ...said, checksum: { ...said.checksum, kind: 'MD4' } } }],
  ['a checksum that is no value', { ...whole, said: { ...said, checksum: { ...said.checksum, value: 'x y' } } }],
  ['parts of another size', { ...whole, said: { ...said, parts: [{ number: 1, size: 4 }] } }],
  ['a part of a negative size', { ...whole, said: { ...said, parts: [{ number: 1, size: -5 }] } }],
  ['more than the server says', { ...whole, said: { ...said, more: 1 } }],
])('%s is not believed', (_what, value) => {
  expect(saidIn(Buffer.from(JSON.stringify(whole)), file)).toEqual({ etag, said })
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  expect(saidIn(Buffer.from(text), file)).toBeUndefined()
})
