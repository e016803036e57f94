/** Chooses the key for a command: the key of the named user, or the first administrator's. */
import type { User } from '../access/user.ts'
import { UserStore, usersFilePath } from '../access/users.ts'
import { CommandFailure } from './terminal.ts'

export function findUser(dataDir: string, name: string | undefined): User {
  const users = new UserStore(usersFilePath(dataDir)).list()
  if (users.length === 0)
    throw new CommandFailure(`there are no users in ${dataDir}: start the server once, it makes the first`)
  if (name === undefined) {
    const administrator = users.find((user) => user.role === 'admin' && !user.disabled)
    if (administrator) return administrator
    throw new CommandFailure('there is no administrator who can sign in: name a user with --user')
  }
  const user = users.find((candidate) => candidate.name === name)
  if (!user) throw new CommandFailure(`there is no user ${JSON.stringify(name)}`)
  if (user.disabled) throw new CommandFailure(`the user ${name} is disabled`)
  return user
}
