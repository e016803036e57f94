/** A copy of a file with its attribute never gives an object the entity tag of another content. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { propertyRuns } from '../../core/property-runs.testing.ts'
import { bodyOf, plain, smallestPartBytes, wanted } from '../contract/store-case.contract.ts'
import { attributeCalls } from './attribute-calls.ts'
import { clockMoved, empty, FileStoreUnderTest, keepsAttributes } from './file-store.testing.ts'

type Step =
  | { readonly kind: 'put'; readonly key: string; readonly text: string }
  | { readonly kind: 'tag'; readonly key: string; readonly run: string }
  | { readonly kind: 'copy'; readonly key: string; readonly to: string }
  | { readonly kind: 'edit'; readonly key: string; readonly timeOf: string }
  | { readonly kind: 'settle'; readonly key: string }

const keys = fc.constantFrom('a', 'b', 'c')
const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ kind: fc.constant('put' as const), key: keys, text: fc.constantFrom('ACGT', 'TTTT', 'AC') }),
  fc.record({ kind: fc.constant('tag' as const), key: keys, run: fc.constantFrom('1', '2') }),
  fc.record({ kind: fc.constant('copy' as const), key: keys, to: keys }),
  // With the size that it had, and the time of another.
  fc.record({ kind: fc.constant('edit' as const), key: keys, timeOf: keys }),
  fc.record({ kind: fc.constant('settle' as const), key: keys }),
)

const files = new FileStoreUnderTest({ etags: { restMs: 20 }, smallestPartBytes, attributes: attributeCalls()! })
afterAll(() => files.remove())
const canKeep = await keepsAttributes()
const described = { ...plain, headers: { contentType: 'text/x-genome' }, metadata: { n: '1' }, tags: { run: '7' } }
const lab = (key: string) => ({ bucket: 'lab', key })
const at = (path: string) => join(files.root, 'lab', path)
const head = async (key: string) => wanted(await files.store.head(lab(key)))

async function check(): Promise<void> {
  for (const key of ['a', 'b', 'c'].filter((name) => existsSync(at(name)))) {
    const { etag } = await head(key)
    if (etag.endsWith('-0')) continue
    const content = readFileSync(at(key))
    expect(etag).toBe(createHash('md5').update(content).digest('hex'))
  }
}

async function run(one: Step): Promise<void> {
  if (one.kind === 'put') wanted(await files.store.put(lab(one.key), bodyOf(one.text), described))
  if (!existsSync(at(one.key))) return
  if (one.kind === 'edit' || one.kind === 'copy') await clockMoved(files.folder)
  if (one.kind === 'tag') wanted(await files.store.setTags(lab(one.key), { run: one.run }))
  if (one.kind === 'copy' && one.to !== one.key) execFileSync('cp', ['-a', at(one.key), at(one.to)])
  if (one.kind === 'settle') {
    await head(one.key)
    await files.store.etagsKnown()
    await head(one.key)
  }
  if (one.kind === 'edit') {
    writeFileSync(at(one.key), 'G'.repeat(readFileSync(at(one.key)).length))
    if (existsSync(at(one.timeOf))) execFileSync('touch', ['-r', at(one.timeOf), at(one.key)])
  }
}

test.runIf(canKeep)(
  'a copy has no entity tag of another content, whatever was copied, edited and said',
  { timeout: 120_000 },
  async () => {
    await files.open()
    const steps = fc.array(step, { minLength: 4, maxLength: 14 })
    await fc.assert(
      fc.asyncProperty(steps, async (made) => {
        wanted(await files.store.createBucket('lab', 'jdoe'))
        try {
          for (const one of made) {
            await run(one)
            await check()
          }
        } finally {
          await empty(files.store)
        }
      }),
      propertyRuns(100),
    )
  },
)
