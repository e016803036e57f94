/** No wrong entity tag is ever given, whatever happens to the files of a bucket. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { propertyRuns } from '../../core/property-runs.testing.ts'
import { wanted } from '../contract/store-case.contract.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'
import { RandomEdits, type RandomStep, randomEdits } from './random-edits.testing.ts'

const files = new FileStoreUnderTest({ smallestPartBytes: 1, etags: { restMs: 10 } })
afterAll(() => files.remove())

test('an entity tag that is an MD5 is the one of the bytes that come with it', async () => {
  wanted(await (await files.open()).createBucket('lab', 'jdoe'))
  const lab = join(files.root, 'lab')
  let compared = 0
  await fc.assert(
    fc.asyncProperty(randomEdits, async ({ writes, edits, reads }) => {
      const world = new RandomEdits(files)
      await Promise.all([writes, edits, reads].map((steps) => world.run(steps)))
      // At rest, every object has the tag of its content, or that of its parts.
      const look = ['a', 'b', 'b/c'].map((key): RandomStep => ({ kind: 'read', key: key as 'a' }))
      await world.run(look)
      await files.store.etagsKnown()
      await world.run(look)
      compared += world.compared
      for (const name of readdirSync(lab)) if (name !== '.openbatch') rmSync(join(lab, name), { recursive: true })
    }),
    propertyRuns(300),
  )
  expect(compared).toBeGreaterThan(10)
})
