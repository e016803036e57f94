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

/** The directory meant by the option, the variable, or nothing. Absolute. */
export function dataDirOf(options: { dataDir?: string }, env: Environment): string {
  return resolve(options.dataDir ?? (env.OPENBATCH_DATA_DIR || join(homedir(), '.openbatch')))
}

/** The same for a verb that reads what is in it. Throws `CommandFailure` if it belongs to another account. */
export function readableDataDirOf(options: { dataDir?: string }, env: Environment): string {
  const dataDir = dataDirOf(options, env)
  try {
    accessSync(dataDir, constants.R_OK | constants.X_OK)
  } catch (error) {
    // That it is not there is said by those who look for something in it.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') return dataDir
    throw new CommandFailure(
      `this account may not read the data directory ${dataDir}. Run the command as the account of the server, or ask its administrator for a key (openbatch user add NAME) and set AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    )
  }
  return dataDir
}

/** The same, for verbs that change what is in it: only a server makes a data directory, so that a wrong name is noticed. */
export function existingDataDirOf(options: { dataDir?: string }, env: Environment): string {
  const dataDir = readableDataDirOf(options, env)
  if (!isDataDirectory(dataDir))
    throw new CommandFailure(
      `no server has run on ${dataDir}: name its data directory with --data-dir, or start the server on it first`,
    )
  return dataDir
}
