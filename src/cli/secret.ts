/**
 * `openbatch secret …` manages the secrets that jobs name. It works on the data directory, whether
 * or not the server runs.
 */
import type { Command } from 'commander'
import type { Secret } from '../secrets/secret.ts'
import { SecretStore, secretsFilePath } from '../secrets/secrets.ts'
import { addDataDirOption, existingDataDirOf } from './data-dir.ts'
import { valueOfFile, valueOfInput } from './secret-input.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly dataDir?: string
}
interface SetOptions extends Options {
  readonly valueFile?: string
  readonly plain?: boolean
}

export function buildSecret(secret: Command, terminal: Terminal): void {
  const open = (options: Options): SecretStore =>
    new SecretStore(secretsFilePath(existingDataDirOf(options, terminal.env)))
  const verb = (usage: string, description: string) => addDataDirOption(secret.command(usage).description(description))

  verb('set <name>', 'set a secret; its value is read from standard input, or asked for')
    .option('--value-file <file>', 'read the value from this file, as it is')
    .option('--plain', 'a parameter of the type String: programs read it without asking for decryption')
    .action(async (name: string, options: SetOptions) => {
      const { valueFile, plain = false } = options
      const value = valueFile === undefined ? await valueOfInput(terminal, name) : valueOfFile(valueFile)
      open(options).set(name, value, terminal.now(), { plain })
      terminal.write(`set ${name}\n`)
    })

  verb('list', 'list the secrets, without their values').action((options: Options) => {
    terminal.write(table(['NAME', 'CREATED', 'CHANGED'], open(options).list().map(rowOf)))
  })

  verb('remove <name>', 'remove a secret; jobs that start from now on do not get it').action(
    (name: string, options: Options) => {
      open(options).remove(name)
      terminal.write(`removed ${name}\n`)
    },
  )
}

function rowOf({ name, createdAtMs, changedAtMs }: Secret): string[] {
  return [name, new Date(createdAtMs).toISOString(), new Date(changedAtMs).toISOString()]
}
