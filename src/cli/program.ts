/** The command `openbatch`: finds the requested verb, and formats failures. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import type { Terminal } from './terminal.ts'
import { type Verb, verbs } from './verbs.ts'

/**
 * Runs one command line (without node and script). Returns the exit code: 0 done, 1 failed, 2
 * misused.
 */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('openbatch')
    .description('AWS Batch on machines of your own')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print what a command does and takes')
    .helpCommand('help [command]', 'print what a command does and takes')
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.warn })
    // Verbs inherit this, so it comes before them.
    .exitOverride()
  const wanted = wantedName(args)
  try {
    for (const verb of verbs) await addVerb(program, verb, wanted, terminal)
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has already reported the mistake, or shown the requested help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const { message, stack = message } = error as Error
    terminal.warn(`openbatch: ${(await isExpected(error)) ? message : stack}\n`)
    return 1
  }
}

/** Only the requested verb is built. For the others, help needs only what the list holds. */
async function addVerb(
  program: Command,
  { usage, summary, load }: Verb,
  wanted: string | undefined,
  terminal: Terminal,
) {
  const command = program.command(usage).description(summary)
  if (command.name() === wanted) (await load())(command, terminal)
}

/**
 * `openbatch why …` and `openbatch help why` need the same verb. The program itself has no option
 * with a value.
 */
function wantedName(args: readonly string[]): string | undefined {
  const [first, second] = args.filter((arg) => !arg.startsWith('-'))
  return first === 'help' ? second : first
}

/**
 * Whether the message is all that the user needs. Imported here, because most commands do not fail.
 */
async function isExpected(error: unknown): Promise<boolean> {
  const [
    { CommandFailure },
    { UserProblem },
    { IdentitiesFault },
    { SecretProblem },
    { SecretsFileError },
    { BucketProblem },
  ] = await Promise.all([
    import('./terminal.ts'),
    import('../access/user-problem.ts'),
    import('../access/identities/identities-fault.ts'),
    import('../secrets/secret.ts'),
    import('../secrets/secrets-file.ts'),
    import('../objects/served-buckets.ts'),
  ])
  const expected = [CommandFailure, UserProblem, IdentitiesFault, SecretProblem, SecretsFileError, BucketProblem]
  return expected.some((kind) => error instanceof kind)
}

function version(): string {
  // Two folders up from here, in the sources and in the build.
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(file) as { version: string }).version
}
