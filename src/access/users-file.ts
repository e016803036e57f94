/** The file the users live in: read whole, written whole. Writers take turns. */

import { withLock, writePrivateFile } from '../ground/private-file.ts'
import { textIfThere } from '../ground/text-file.ts'
import { checkKeyPair, checkName, checkRole, type User } from './user.ts'

/** The users file cannot be used; the message says which file and why. */
export class UsersFileError extends Error {
  override readonly name = 'UsersFileError'
}

/** Every user of the file, none if there is no file. Throws `UsersFileError` for a file that is not one of ours. */
export function readUsersFile(path: string): User[] {
  let text: string | undefined
  try {
    text = textIfThere(path)
  } catch (error) {
    throw new UsersFileError(`cannot read the users file ${path}: ${(error as Error).message}`)
  }
  if (text === undefined) return []
  try {
    return parseUsers(JSON.parse(text))
  } catch (error) {
    throw new UsersFileError(`the users file ${path} is damaged: ${(error as Error).message}`)
  }
}

/** Reads, changes and writes the users while no other process can do the same. What `change` throws changes nothing. */
export function changeUsersFile<T>(path: string, change: (users: User[]) => { users: User[]; result: T }): T {
  return withLock(`${path}.lock`, refusal(path), () => {
    const { users, result } = change(readUsersFile(path))
    writePrivateFile(path, `${JSON.stringify({ version: 1, users }, null, 2)}\n`)
    return result
  })
}

const refusal = (path: string) => (why: string) =>
  new UsersFileError(`the users cannot be changed: the lock ${path}.lock is not to be had: ${why}`)

function parseUsers(file: unknown): User[] {
  const { version, users } = (file ?? {}) as { version?: unknown; users?: unknown }
  if (version !== 1) throw new Error(`its version is ${JSON.stringify(version)}, not 1`)
  if (!Array.isArray(users)) throw new Error('it has no list of users')
  const [names, ids] = [new Set<string>(), new Set<string>()]
  for (const user of users as User[]) {
    checkName(String(user?.name))
    checkRole(String(user.role))
    checkKeyPair({ accessKeyId: String(user.accessKeyId), secretAccessKey: String(user.secretAccessKey) })
    // Not read as false when it is missing or misspelt: that would let in whom somebody meant to keep out.
    if (typeof user.disabled !== 'boolean') throw new Error(`"disabled" of user ${user.name} is not true or false`)
    if (names.has(user.name)) throw new Error(`the user ${user.name} is there twice`)
    if (ids.has(user.accessKeyId)) throw new Error(`the access key id ${user.accessKeyId} is there twice`)
    names.add(user.name)
    ids.add(user.accessKeyId)
  }
  return users as User[]
}
