/**
 * `openbatch bucket …` manages the directories of this machine that are served as buckets. It works
 * on the data directory, whether or not the server runs. Buckets that clients make need no command.
 */
import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { bucketsName } from '../data-directory/layout.ts'
import { type ServedBucket, ServedBuckets } from '../objects/served-buckets.ts'
import { addDataDirOption, existingDataDirOf } from './data-dir.ts'
import { table } from './table.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

interface Options {
  readonly dataDir?: string
}
interface AddOptions extends Options {
  readonly readOnly?: boolean
}

export function buildBucket(bucket: Command, terminal: Terminal): void {
  const open = (options: Options) => new ServedBuckets(join(existingDataDirOf(options, terminal.env), bucketsName))
  const verb = (usage: string, description: string) => addDataDirOption(bucket.command(usage).description(description))
  const whenTold = 'a running server learns of it at its next start'

  verb('add <name> <directory>', `serve a directory as a bucket; ${whenTold}`)
    .option('--read-only', 'clients may read, and not write')
    .action((name: string, directory: string, options: AddOptions) => {
      const served = { name, directory: absolute(directory), readOnly: options.readOnly ?? false }
      open(options).add(served)
      terminal.write(`added ${name}; ${whenTold}\n`)
    })

  verb('list', 'list the directories that were added').action((options: Options) => {
    terminal.write(table(['BUCKET', 'DIRECTORY', 'CLIENTS'], open(options).list().map(rowOf)))
  })

  verb('remove <name>', `serve a directory no more; what is in it stays, and ${whenTold}`).action(
    (name: string, options: Options) => {
      open(options).remove(name)
      terminal.write(`removed ${name}; ${whenTold}\n`)
    },
  )
}

/** Without symbolic links. */
function absolute(directory: string): string {
  try {
    const path = realpathSync(directory)
    if (statSync(path).isDirectory()) return path
  } catch (error) {
    throw new CommandFailure(`cannot use ${directory}: ${(error as Error).message}`)
  }
  throw new CommandFailure(`${directory} is no directory`)
}

function rowOf({ name, directory, readOnly }: ServedBucket): string[] {
  return [name, directory, readOnly ? 'read' : 'read and write']
}
