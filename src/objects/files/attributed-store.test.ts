/** The contract of object stores, kept by files whose extended attributes repeat what the index says. */
import { afterAll, describe } from 'vitest'
import { smallestPartBytes } from '../contract/store-case.contract.ts'
import { exerciseObjectStore } from '../object-store.contract.ts'
import { attributeCalls } from './attribute-calls.ts'
import { empty, FileStoreUnderTest } from './file-store.testing.ts'

const attributes = attributeCalls()!

describe('the object store on files with attributes', () => {
  let now = Date.now
  const files = new FileStoreUnderTest({ now: () => now(), smallestPartBytes, attributes })
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
