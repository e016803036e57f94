/** The identity store in memory keeps the contract. */
import { exerciseIdentityStore } from './identity-store.contract.ts'
import { MemoryIdentityStore, Shelf } from './memory-identity-store.testing.ts'

exerciseIdentityStore({
  make() {
    const shelf = new Shelf()
    return { open: () => new MemoryIdentityStore(shelf), remove() {} }
  },
})
