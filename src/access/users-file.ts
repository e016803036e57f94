/** The file that holds the users. */
import { ListFile } from '../ground/list-file.ts'
import { checkKeyPair, checkName, checkRole, type User } from './user.ts'

/** The users file cannot be used. The message says which file and why. */
export class UsersFileError extends Error {
  override readonly name = 'UsersFileError'
}

export function usersFile(path: string): ListFile<User> {
  return new ListFile({ path, noun: 'users', check: checkUsers, problem: (message) => new UsersFileError(message) })
}

function checkUsers(users: readonly unknown[]): User[] {
  const [names, ids] = [new Set<string>(), new Set<string>()]
  for (const user of users as User[]) {
    checkName(String(user?.name))
    checkRole(String(user.role))
    checkKeyPair({ accessKeyId: String(user.accessKeyId), secretAccessKey: String(user.secretAccessKey) })
    // A missing or misspelt value must not count as false: it would let in a user who was meant to
    // be disabled.
    if (typeof user.disabled !== 'boolean') throw new Error(`"disabled" of user ${user.name} is not true or false`)
    if (names.has(user.name)) throw new Error(`the user ${user.name} is there twice`)
    if (ids.has(user.accessKeyId)) throw new Error(`the access key id ${user.accessKeyId} is there twice`)
    names.add(user.name)
    ids.add(user.accessKeyId)
  }
  return users as User[]
}
