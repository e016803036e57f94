/**
 * The file log store passes the contract. Other tests in this folder cover what only files can do.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exerciseLogStore } from '../log-store.contract.ts'
import { openFileLogStore } from './file-log-store.ts'

exerciseLogStore({
  make: async (now) => {
    const directory = mkdtempSync(join(tmpdir(), 'openbatch-logs-'))
    let store = await openFileLogStore({ directory, now })
    return {
      store,
      reopen: async () => {
        await store.close()
        store = await openFileLogStore({ directory, now })
        return store
      },
      remove: async () => {
        await store.close()
        rmSync(directory, { recursive: true })
      },
    }
  },
})
