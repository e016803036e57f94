/**
 * `openbatch backup DIR` and `openbatch backup verify DIR` work on files, whether or not the server
 * runs.
 */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Manifest } from '../data-directory/backup/manifest.ts'
import { takeBackup } from '../data-directory/backup/take-backup.ts'
import { verifyBackup } from '../data-directory/backup/verify-backup.ts'
import { orFailure } from './backup-failure.ts'
import { addDataDirOption, existingDataDirOf } from './data-dir.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly dataDir?: string
}

export function buildBackup(backup: Command, terminal: Terminal): void {
  addDataDirOption(
    backup.command('make <dir>', { isDefault: true }).description('make a backup in a new directory'),
  ).action((dir: string, options: Options) =>
    orFailure(dir, async () => {
      const directory = resolve(dir)
      const manifest = await takeBackup(existingDataDirOf(options, terminal.env), directory, terminal.now)
      terminal.write(`${directory}: ${amountOf(manifest)}\n`)
    }),
  )
  backup
    .command('verify <dir>')
    .description('read a backup and compare it with its manifest')
    .action((dir: string) =>
      orFailure(dir, async () => {
        const manifest = verifyBackup(resolve(dir))
        terminal.write(`${resolve(dir)} is whole: ${amountOf(manifest)}\n`)
      }),
    )
}

function amountOf({ takenAtMs, files }: Manifest): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return `${files.length} files, ${bytes} bytes, as of ${new Date(takenAtMs).toISOString()}`
}
