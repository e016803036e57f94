/** `openbatch restore DIR` makes a new data directory from a backup. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { restoreBackup } from '../data-directory/backup/restore-backup.ts'
import { orFailure } from './backup-failure.ts'
import { addDataDirOption, dataDirOf } from './data-dir.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly dataDir?: string
  readonly database?: string
}

export function buildRestore(restore: Command, terminal: Terminal): void {
  restore.option('--database <file>', 'use this newer database instead of the one in the backup')
  addDataDirOption(restore).action((backup: string, options: Options) =>
    orFailure(backup, async () => {
      const dataDir = dataDirOf(options, terminal.env)
      const { database } = options
      const mark = await restoreBackup({
        backup: resolve(backup),
        dataDir,
        database: database === undefined ? undefined : resolve(database),
      })
      terminal.write(
        `${dataDir}: epoch ${mark.epoch} of installation ${mark.installationId}\nStart the server on it; what may have run since the backup is held: openbatch release --data-dir ${dataDir}\n`,
      )
    }),
  )
}
