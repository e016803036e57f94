/** No path leaves the bucket, whatever its name: 10,000 of them. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { triesAll } from '../../core/property-runs.testing.ts'
import { bodyOf, plain, wanted } from '../contract/store-case.contract.ts'
import { isObjectRefusal } from '../object-refusal.ts'
import type { ListPage } from '../object-store.ts'
import { SeededRandom } from './crash-states.testing.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'

const files = new FileStoreUnderTest()
afterAll(() => files.remove())

const pieces = [
  ...['..', '.', '', '...', '.. ', ' ..', '..\\..', '\\', '~', '$HOME', '-rf', '*', 'a', 'b c'],
  ...['%2e%2e', '%2E%2E', '%2E', '%252e%252e', '%empty', '%object', '%more', 'x%more', '%25empty', '%25more', '%'],
  ...[
    '\0',
    'a\0b',
    '\n',
    '\r\n',
    '\u001b[2J',
    '\u202e',
    '\ud800',
    '．．',
    '∕',
    '／',
    'é',
    'e\u0301',
    '😀',
    '\u{10ffff}',
  ],
  ...[
    '.openbatch',
    '.openbatch ',
    '.OPENBATCH',
    'new',
    'uploads',
    'objects.sqlite',
    'etc',
    'passwd',
    'proc',
    'self',
    'fd',
  ],
  ...[
    'outside',
    'link',
    'file',
    'canary',
    'lab',
    'objects',
    '/',
    '//',
    'x'.repeat(255),
    'x'.repeat(256),
    'ä'.repeat(200),
  ],
] as const

function nameOf(random: SeededRandom): string {
  const separator = random.one(['/', '/', '/', '', '\\', '%2f'])
  const name = Array.from({ length: 1 + random.below(6) }, () => random.one(pieces)).join(separator)
  return random.below(8) === 0 ? `/${name}` : name
}

test('hostile names neither read nor write what is outside of the bucket', async () => {
  const store = await files.open()
  wanted(await store.createBucket('lab', 'jdoe'))
  const lab = join(files.root, 'lab')
  const outside = join(files.folder, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'canary'), 'canary')
  writeFileSync(join(files.folder, 'canary'), 'canary')
  symlinkSync(outside, join(lab, 'link'))
  symlinkSync(join(outside, 'canary'), join(lab, 'file'))
  mkdirSync(join(lab, 'b c'))
  symlinkSync('../../..', join(lab, 'b c/link'))
  const around = () => [files.folder, files.root, outside].map((directory) => readdirSync(directory).sort())
  const before = around()

  const random = new SeededRandom(1)
  const names = new Set(Array.from({ length: triesAll ? 10_000 : 1000 }, () => nameOf(random)))
  const stored = new Set<string>()
  const attack = async (key: string) => {
    const of = { bucket: 'lab', key }
    const open = await store.open(of)
    if (!isObjectRefusal(open)) {
      for await (const piece of open.read()) expect(Buffer.from(piece).toString()).not.toContain('canary')
      await open.close()
    }
    const how = random.below(8)
    if (how === 0) stored.delete(isObjectRefusal(await store.delete(of)) ? '' : key)
    else if (how === 1) await store.list('lab', { prefix: key, delimiter: '/', after: '', limit: 10 })
    else if (how === 2) {
      const upload = await store.createUpload(of, { ...plain, owner: 'jdoe' })
      if (!isObjectRefusal(upload)) await store.abortUpload(upload)
    } else if (!isObjectRefusal(await store.put(of, bodyOf('attack'), plain))) stored.add(key)
  }
  const left = [...names]
  const attacker = async () => {
    for (let key = left.pop(); key !== undefined; key = left.pop()) await attack(key)
  }
  await Promise.all(Array.from({ length: 16 }, attacker))

  expect(around()).toEqual(before)
  for (const path of [join(outside, 'canary'), join(files.folder, 'canary')])
    expect(readFileSync(path, 'utf8')).toBe('canary')
  // What was taken is there under its own name.
  const listed: string[] = []
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: ListPage = wanted(await store.list('lab', { prefix: '', delimiter: '', after, limit: 1000 }))
    listed.push(...page.objects.map(({ key }) => key))
    after = page.next
  }
  expect(listed.sort()).toEqual([...stored].sort())
  expect(stored.size).toBeGreaterThan(names.size / 10)
})
