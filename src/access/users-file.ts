/**
 * The file the users live in: read whole, written whole. A write goes to a new file, is forced to disk and renamed over the
 * old one, so that a reader sees the one or the other. Writers take turns.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { checkKeyPair, checkName, checkRole, type User } from './user.ts'

/** The users file cannot be used; the message says which file and why. */
export class UsersFileError extends Error {
  override readonly name = 'UsersFileError'
}

const lockWaitMs = 5000

/** Every user of the file, none if there is no file. Throws `UsersFileError` for a file that is not one of ours. */
export function readUsersFile(path: string): User[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new UsersFileError(`cannot read the users file ${path}: ${(error as Error).message}`)
  }
  try {
    return parseUsers(JSON.parse(text))
  } catch (error) {
    throw new UsersFileError(`the users file ${path} is damaged: ${(error as Error).message}`)
  }
}

/** A mark that differs whenever the file was written, and costs one `stat`. */
export function fileMark(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : 'none'
}

/** Reads, changes and writes the users while no other process can do the same. What `change` throws changes nothing. */
export function changeUsersFile<T>(path: string, change: (users: User[]) => { users: User[]; result: T }): T {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const lock = takeLock(`${path}.lock`)
  try {
    const { users, result } = change(readUsersFile(path))
    writeAtomically(path, `${JSON.stringify({ version: 1, users }, null, 2)}\n`)
    return result
  } finally {
    lock.close()
  }
}

function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.new`
  const file = openSync(temporary, 'w', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
  // The rename itself is on disk only once its directory is.
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** An exclusive transaction on an empty SQLite file: the kernel lets the lock go when its holder ends, however it ends. */
function takeLock(path: string): Database.Database {
  const lock = new Database(path, { timeout: lockWaitMs })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    throw new UsersFileError(`another process is changing the users (${path}): ${(error as Error).message}`)
  }
}

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
