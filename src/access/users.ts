/**
 * Users and their keys. Everything is synchronous and works on the file in the data directory, so that `openbatch user`
 * works whether or not the server runs; a running server looks at the file's mark as it checks signatures and reads the file
 * again when that changed.
 */
import { join } from 'node:path'
import { fileMark } from '../ground/private-file.ts'
import type { TimeMs } from '../model/time.ts'
import type { Principal, Role } from './principal.ts'
import type { Key } from './signature.ts'
import { checkKeyPair, checkName, checkRole, type KeyPair, keyOf, newKeyPair, type User, UserProblem } from './user.ts'
import { changeUsersFile, readUsersFile } from './users-file.ts'

export interface UserStore {
  /** The key of that id: at most `staleForMs` behind the file, and one that is new at once. Throws `UsersFileError` if the file is damaged. */
  findKey(accessKeyId: string, now: TimeMs): Key<Principal> | undefined
  /** In the order they were added. */
  list(): readonly User[]
  /** Throws `UserProblem` for a name or key id in use or not valid. */
  add(user: { name: string; role: Role; key?: KeyPair }, now: TimeMs): User
  /** The first administrator who may sign in, made (with the name `admin`) if the file holds no user at all. */
  ensureAdministrator(now: TimeMs, key?: KeyPair): User | undefined
  /** These throw `UserProblem` for an unknown name, and rather than leave no administrator who could sign in. */
  remove(name: string): void
  setDisabled(name: string, disabled: boolean): User
  /** Gives a new key; the old one ends at once. */
  rotateKey(name: string, now: TimeMs): User
}

/** How far a running server may lag behind the file for a key it knows. */
export const staleForMs = 100

export function usersFilePath(dataDir: string): string {
  return join(dataDir, 'users.json')
}

export function openUsers(path: string): UserStore {
  let keys = new Map<string, Key<Principal>>()
  let mark: string | undefined
  let lookedAt = Number.NEGATIVE_INFINITY

  const refresh = (now: TimeMs) => {
    // A clock set back must not stop us looking.
    if (mark !== undefined && now >= lookedAt && now - lookedAt < staleForMs) return
    look(now)
  }

  const look = (now: TimeMs) => {
    const current = fileMark(path)
    if (current !== mark) {
      mark = undefined
      keys = new Map(readUsersFile(path).map((user) => [user.accessKeyId, keyOf(user)]))
      mark = current
    }
    lookedAt = now
  }

  const changeOne = (name: string, change: (user: User) => User | undefined): User | undefined =>
    changed(path, (users) => {
      const index = users.findIndex((user) => user.name === name)
      if (index < 0) throw new UserProblem(`There is no user ${JSON.stringify(name)}.`)
      const result = change(users[index]!)
      users.splice(index, 1, ...(result ? [result] : []))
      if (!users.some(isActiveAdministrator)) {
        throw new UserProblem(`${name} is the only administrator left who can sign in. Add another first.`)
      }
      return result
    })

  return {
    findKey(accessKeyId, now) {
      refresh(now)
      const known = keys.get(accessKeyId)
      if (known) return known
      // Whoever was added a moment ago uses their key at once.
      look(now)
      return keys.get(accessKeyId)
    },
    list: () => readUsersFile(path),
    add: (user, now) => changed(path, (users) => addTo(users, user, now)),
    ensureAdministrator(now, key) {
      return changed(path, (users) => {
        if (users.length === 0) return addTo(users, { name: 'admin', role: 'admin', ...(key ? { key } : {}) }, now)
        return users.find(isActiveAdministrator)
      })
    },
    remove(name) {
      changeOne(name, () => undefined)
    },
    setDisabled: (name, disabled) => changeOne(name, (user) => ({ ...user, disabled }))!,
    rotateKey: (name, now) => changeOne(name, (user) => ({ ...user, ...newKeyPair(), keyCreatedAtMs: now }))!,
  }
}

/** Changes the list in place and writes it. */
function changed<T>(path: string, change: (users: User[]) => T): T {
  return changeUsersFile(path, (users) => ({ result: change(users), users }))
}

function addTo(users: User[], { name, role, key }: { name: string; role: Role; key?: KeyPair }, now: TimeMs): User {
  checkName(name)
  checkRole(role)
  if (key) checkKeyPair(key)
  const pair = key ?? newKeyPair()
  if (users.some((user) => user.name === name))
    throw new UserProblem(`There is already a user ${JSON.stringify(name)}.`)
  if (users.some((user) => user.accessKeyId === pair.accessKeyId)) {
    throw new UserProblem(`The access key id ${pair.accessKeyId} is already in use.`)
  }
  const { accessKeyId, secretAccessKey } = pair
  const user: User = {
    name,
    role,
    disabled: false,
    accessKeyId,
    secretAccessKey,
    createdAtMs: now,
    keyCreatedAtMs: now,
  }
  users.push(user)
  return user
}

function isActiveAdministrator(user: User): boolean {
  return user.role === 'admin' && !user.disabled
}
