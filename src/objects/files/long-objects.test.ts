/** Objects that are larger than the memory which the store may take for them. */
import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lab, wanted } from '../contract/store-case.contract.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'

const mib = 1024 ** 2
const files = new FileStoreUnderTest()
beforeAll(async () => {
  wanted(await (await files.open()).createBucket('lab', 'jdoe'))
})
afterAll(() => files.remove())

/** Runs the work, which calls `look` now and then. Resolves with the memory that it took more, at most. */
async function grownBy(work: (look: () => void) => Promise<void>): Promise<number> {
  const held = () => process.memoryUsage().arrayBuffers
  const before = held()
  let most = before
  await work(() => {
    most = Math.max(most, held())
  })
  return most - before
}

test('a GET of one gigabyte holds some pieces of it', async () => {
  const bytes = 1024 * mib
  // It has no content on the disk.
  const file = openSync(join(files.root, 'lab', 'large'), 'w')
  ftruncateSync(file, bytes)
  closeSync(file)
  const open = wanted(await files.store.open(lab('large')))
  let read = 0
  const grown = await grownBy(async (look) => {
    for await (const piece of open.read()) {
      read += piece.length
      look()
    }
  })
  await open.close()
  expect(read).toBe(bytes)
  expect(grown).toBeLessThan(32 * mib)
}, 60_000)

test('a PUT of a quarter of a gigabyte holds some pieces of it', async () => {
  const piece = Buffer.alloc(mib, 'openbatch')
  const grown = await grownBy(async (look) => {
    const body = (async function* () {
      for (let at = 0; at < 256; at++) {
        yield piece
        look()
      }
    })()
    const put = await files.store.put(lab('put'), body, { headers: {}, metadata: {}, tags: {} })
    expect(wanted(put).facts).toMatchObject({ size: 256 * mib, etag: expect.stringMatching(/^[0-9a-f]{32}$/) })
  })
  expect(grown).toBeLessThan(32 * mib)
}, 60_000)
