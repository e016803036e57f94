/** Opens what a server keeps on disk: the data directory, the database and the logs. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { holdDataDirectory } from '../../data-directory/hold.ts'
import type { Services } from '../../ground/services.ts'
import { openFileLogStore } from '../../logs/file/file-log-store.ts'
import type { LogStore } from '../../logs/log-store.ts'
import type { Store } from '../../store/store.ts'
import { type OpenStoreOptions, openStore } from './open-store.ts'

export interface Data {
  readonly installationId: string
  readonly store: Store
  readonly logs: LogStore
}

export interface OpenDataOptions extends Omit<OpenStoreOptions, 'directory'> {
  readonly dataDir: string
}

export async function openData(services: Services, { dataDir, startEmpty, log }: OpenDataOptions): Promise<Data> {
  const directory = services.keep('data directory', holdDataDirectory(dataDir), (it) => it.release())
  const { store, installationId } = openStore({ directory, startEmpty, log })
  services.keep('store', store, (it) => it.close())
  services.keep('searches', store.searches, (it) => it.stop())
  const directoryOfLogs = join(dataDir, 'logs')
  mkdirSync(directoryOfLogs, { recursive: true, mode: 0o700 })
  const logs = await openFileLogStore({ directory: directoryOfLogs })
  services.keep('logs', logs, (it) => it.close())
  return { installationId, store, logs }
}
