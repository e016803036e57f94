import { afterAll, describe } from 'vitest'
import { smallestPartBytes } from '../contract/store-case.contract.ts'
import { exerciseObjectStore } from '../object-store.contract.ts'
import { empty, FileStoreUnderTest } from './file-store.testing.ts'

describe('the object store on files', () => {
  let now = Date.now
  // One store for all cases: its threads take longer to start than most cases.
  const files = new FileStoreUnderTest({ now: () => now(), smallestPartBytes })
  let opened: Promise<unknown> | undefined
  exerciseObjectStore({
    make: async (options) => {
      now = options.now
      opened ??= files.open()
      await opened
      return { store: files.store, reopen: () => files.reopen(), remove: () => empty(files.store) }
    },
  })
  afterAll(() => files.remove())
})
