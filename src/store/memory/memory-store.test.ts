/** The memory store passes the contract. */
import { exerciseStore } from '../store.contract.ts'
import { createMemoryStore } from './memory-store.testing.ts'

exerciseStore({
  make() {
    const store = createMemoryStore()
    return {
      store: () => store,
      reopen() {},
      fill() {
        store.failing = 'full'
      },
      free() {
        store.failing = undefined
      },
      remove: () => store.close(),
    }
  },
})
