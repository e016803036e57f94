/** The command `openbatch`: its verbs, and what a failure looks like. */
import { Command, CommanderError } from 'commander'
import { UserProblem } from '../access/user.ts'
import { UsersFileError } from '../access/users-file.ts'
import { SecretProblem } from '../secrets/secret.ts'
import { SecretsFileError } from '../secrets/secrets-file.ts'
import { addEnvCommand } from './env.ts'
import { addInstancesCommand } from './instances.ts'
import { addInterruptCommand } from './interrupt.ts'
import { addSecretCommand } from './secret.ts'
import { CommandFailure, type Terminal } from './terminal.ts'
import { addUserCommand } from './user.ts'
import { addWhyCommand } from './why.ts'

/** Their message is all that whoever gave the command needs. */
const expected = [CommandFailure, UserProblem, UsersFileError, SecretProblem, SecretsFileError]

/** Adds a verb to the program. */
export type AddVerb = (program: Command, terminal: Terminal) => void

const ownVerbs: readonly AddVerb[] = [
  addEnvCommand,
  addWhyCommand,
  addInstancesCommand,
  addInterruptCommand,
  addUserCommand,
  addSecretCommand,
]

/**
 * Carries out one command line (without node and script). The exit code: 0 done, 1 failed, 2 misused. `further` are the
 * verbs that need more than the data directory.
 */
export async function runCommand(
  args: readonly string[],
  terminal: Terminal,
  further: readonly AddVerb[] = [],
): Promise<number> {
  const program = new Command('openbatch')
    .description('AWS Batch on machines of your own')
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.warn })
    // Inherited by the verbs, so it comes before them.
    .exitOverride()
  for (const add of [...further, ...ownVerbs]) add(program, terminal)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has said already what was wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const { message, stack = message } = error as Error
    terminal.warn(`openbatch: ${expected.some((kind) => error instanceof kind) ? message : stack}\n`)
    return 1
  }
}
