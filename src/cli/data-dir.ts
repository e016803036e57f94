/** The data directory option, the same for every verb. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'

type Environment = Readonly<Record<string, string | undefined>>

export function addDataDirOption(command: Command): Command {
  return command.option('--data-dir <dir>', 'where everything is kept (default: $OPENBATCH_DATA_DIR or ~/.openbatch)')
}

/** The directory meant by the option, the variable, or nothing. Absolute. */
export function dataDirOf(options: { dataDir?: string }, env: Environment): string {
  return resolve(options.dataDir ?? (env.OPENBATCH_DATA_DIR || join(homedir(), '.openbatch')))
}
