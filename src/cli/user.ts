/**
 * `openbatch user …` manages users and their keys. It works on the data directory, whether or not
 * the server runs.
 */
import { type Command, Option } from 'commander'
import type { KeyPair, Role, UserView } from '../access/user.ts'
import { Users } from '../access/users.ts'
import { addDataDirOption, existingDataDirOf } from './data-dir.ts'
import { openIdentities } from './identities.ts'
import { IdentityVerbs } from './identity-verbs.ts'
import { table } from './table.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

/** A secret shorter than this can be guessed from a signed request. */
const shortSecret = 16

interface Options {
  readonly dataDir?: string
}
interface AddOptions extends Options {
  readonly role: Role
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
}

export function buildUser(user: Command, terminal: Terminal): void {
  const open = (options: Options): Users =>
    new Users(openIdentities(existingDataDirOf(options, terminal.env), terminal))

  verb(user, 'add <name>', 'add a user and print the new key')
    .addOption(new Option('--role <role>', 'what the user may do').choices(['user', 'admin']).default('user'))
    .option('--access-key-id <id>', 'a key of your own instead of a new one')
    .option('--secret-access-key <secret>', 'its secret')
    .action((name: string, options: AddOptions) => {
      const key = givenKey(options)
      if (key && key.secretAccessKey.length < shortSecret) {
        terminal.warn(`openbatch: the secret has fewer than ${shortSecret} characters, which is easily guessed\n`)
      }
      const users = open(options)
      printKey(terminal, users, users.add({ name, role: options.role, ...(key ? { key } : {}) }, terminal.now()))
    })

  verb(user, 'list', 'list the users, without their secrets').action((options: Options) => {
    terminal.write(listing(open(options).list()))
  })

  verb(user, 'remove <name>', 'remove a user; the key ends at once').action((name: string, options: Options) => {
    open(options).remove(name)
    terminal.write(`removed ${name}\n`)
  })

  verb(user, 'disable <name>', 'keep a user out until enabled again').action((name: string, options: Options) => {
    open(options).setDisabled(name, true, terminal.now())
    terminal.write(`disabled ${name}\n`)
  })

  verb(user, 'enable <name>', 'let a disabled user in again').action((name: string, options: Options) => {
    open(options).setDisabled(name, false, terminal.now())
    terminal.write(`enabled ${name}\n`)
  })

  verb(user, 'rotate-key <name>', 'give a user a new key and print it; the old one ends at once').action(
    (name: string, options: Options) => {
      const users = open(options)
      printKey(terminal, users, users.rotateKey(name, terminal.now()))
    },
  )

  new IdentityVerbs(user, terminal).addPolicyVerbs('user')

  verb(user, 'reseal', 'seal the secrets of all keys with a new key of the installation; all sessions end').action(
    (options: Options) => {
      const directory = openIdentities(existingDataDirOf(options, terminal.env), terminal)
      terminal.write(`sealed ${directory.replaceSealingKey(terminal.now())} secrets anew\n`)
    },
  )
}

function verb(parent: Command, usage: string, description: string): Command {
  return addDataDirOption(parent.command(usage).description(description))
}

function givenKey({ accessKeyId, secretAccessKey }: AddOptions): KeyPair | undefined {
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey }
  throw new CommandFailure('give both --access-key-id and --secret-access-key, or neither')
}

function printKey(terminal: Terminal, users: Users, user: UserView): void {
  terminal.write(
    `${user.name} (${user.role})\nAWS_ACCESS_KEY_ID=${user.key!.accessKeyId}\nAWS_SECRET_ACCESS_KEY=${users.secretOf(user)}\n`,
  )
}

function listing(users: readonly UserView[]): string {
  const rows = users.map(({ name, role, disabled, key }) => [
    name,
    role ?? '-',
    disabled ? 'disabled' : 'active',
    key?.accessKeyId ?? '-',
    key ? new Date(key.createdAtMs).toISOString() : '-',
  ])
  return table(['NAME', 'ROLE', 'STATE', 'ACCESS KEY ID', 'KEY CREATED'], rows)
}
