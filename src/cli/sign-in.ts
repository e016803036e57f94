/** Chooses the key for a command: the key of the named user, or the first administrator's. */
import { Users } from '../access/users.ts'
import { hasIdentities, openIdentities } from './identities.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

export interface SignIn {
  readonly name: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export function findUser(dataDir: string, name: string | undefined, terminal: Pick<Terminal, 'now'>): SignIn {
  const users = hasIdentities(dataDir) ? new Users(openIdentities(dataDir, terminal)) : undefined
  const list = users?.list() ?? []
  if (!users || list.length === 0)
    throw new CommandFailure(`there are no users in ${dataDir}: start the server once, it makes the first`)
  const user =
    name === undefined
      ? list.find((candidate) => candidate.role === 'admin' && !candidate.disabled && candidate.key)
      : list.find((candidate) => candidate.name === name)
  if (!user) {
    const none = 'there is no administrator who can sign in: name a user with --user'
    throw new CommandFailure(name === undefined ? none : `there is no user ${JSON.stringify(name)}`)
  }
  if (user.disabled) throw new CommandFailure(`the user ${name} is disabled`)
  if (!user.key) throw new CommandFailure(`the user ${name} has no access key`)
  return { name: user.name, accessKeyId: user.key.accessKeyId, secretAccessKey: users.secretOf(user) }
}
