/** The data directory option, the same for every verb. */
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { isDataDirectory } from '../data-directory/layout.ts'
import { CommandFailure } from './terminal.ts'

type Environment = Readonly<Record<string, string | undefined>>

export function addDataDirOption(command: Command): Command {
  return command.option('--data-dir <dir>', 'where everything is kept (default: $OPENBATCH_DATA_DIR or ~/.openbatch)')
}

/** Returns the directory from the option, the variable, or the default. Absolute. */
export function dataDirOf(options: { dataDir?: string }, env: Environment): string {
  return resolve(options.dataDir ?? (env.OPENBATCH_DATA_DIR || join(homedir(), '.openbatch')))
}

/**
 * The same for a verb that reads the directory. Throws `CommandFailure` if it belongs to another
 * account.
 */
export function readableDataDirOf(options: { dataDir?: string }, env: Environment): string {
  const dataDir = dataDirOf(options, env)
  try {
    accessSync(dataDir, constants.R_OK | constants.X_OK)
  } catch (error) {
    // Verbs that look for something in the directory report that it is missing.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') return dataDir
    throw new CommandFailure(
      `this account may not read the data directory ${dataDir}. Run the command as the account of the server, or ask its administrator for a key (openbatch user add NAME) and set AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    )
  }
  return dataDir
}

/**
 * The same for verbs that change the directory. Only a server makes a data directory, so a wrong
 * name is noticed.
 */
export function existingDataDirOf(options: { dataDir?: string }, env: Environment): string {
  const dataDir = readableDataDirOf(options, env)
  if (!isDataDirectory(dataDir))
    throw new CommandFailure(
      `no server has run on ${dataDir}: name its data directory with --data-dir, or start the server on it first`,
    )
  return dataDir
}
