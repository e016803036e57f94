import { describe } from 'vitest'
import { MemoryObjectStore } from './memory-object-store.testing.ts'
import { exerciseObjectStore } from './object-store.contract.ts'

describe('the object store in memory', () => {
  exerciseObjectStore({
    make: async (options) => {
      const store = new MemoryObjectStore(options)
      return { store, reopen: async () => store, remove: async () => {} }
    },
  })
})
