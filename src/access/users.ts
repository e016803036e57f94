/**
 * Users and their keys, in a file of the data directory. The command `openbatch user` works on the
 * file itself, whether or not a server runs. A running server notices when the file changes and
 * reads it again.
 */
import { join } from 'node:path'
import type { ListFile } from '../ground/list-file.ts'
import { RereadFile } from '../ground/reread-file.ts'
import type { TimeMs } from '../model/time.ts'
import type { Principal } from './principal.ts'
import type { Key } from './signature.ts'
import {
  checkKeyPair,
  checkName,
  checkRole,
  type KeyPair,
  keyOf,
  newKeyPair,
  type Role,
  type User,
  UserProblem,
} from './user.ts'
import { usersFile } from './users-file.ts'

/** How far a running server may lag behind the file, for a key it knows. */
export const staleForMs = 100

export function usersFilePath(dataDir: string): string {
  return join(dataDir, 'users.json')
}

export class UserStore {
  readonly #file: ListFile<User>
  readonly #keys: RereadFile<ReadonlyMap<string, Key<Principal>>>
  /** The result of the last look; undefined if that failed. */
  #seen: { readonly keys: ReadonlyMap<string, Key<Principal>>; readonly atMs: TimeMs } | undefined

  constructor(path: string) {
    this.#file = usersFile(path)
    this.#keys = new RereadFile(path, () => keysOf(this.#file.read()))
  }

  /**
   * Returns the key of that id. A known key is at most `staleForMs` behind the file; a new key is
   * found at once. Throws `UsersFileError` if the file is damaged.
   */
  findKey(accessKeyId: string, now: TimeMs): Key<Principal> | undefined {
    // A clock that was set back must not keep the server from looking.
    const isFresh = this.#seen !== undefined && now >= this.#seen.atMs && now - this.#seen.atMs < staleForMs
    const known = (isFresh ? this.#seen!.keys : this.#look(now)).get(accessKeyId)
    // A user who was added a moment ago may use their key at once.
    return known ?? this.#look(now).get(accessKeyId)
  }

  /** The user of this name as requests know them. */
  findPrincipal(name: string): Principal | undefined {
    const user = this.#file.read().find((each) => each.name === name)
    return user && keyOf(user).owner
  }

  /** In the order they were added. */
  list(): readonly User[] {
    return this.#file.read()
  }

  /** Throws `UserProblem` for a name or key id that is in use or not valid. */
  add(user: NewUser, now: TimeMs): User {
    return this.#change((users) => addTo(users, user, now))
  }

  /**
   * Returns the first administrator who may sign in. Makes one (named `admin`) if the file holds no
   * user at all.
   */
  ensureAdministrator(now: TimeMs, key?: KeyPair): User | undefined {
    return this.#change((users) => {
      if (users.length === 0) return addTo(users, { name: 'admin', role: 'admin', ...(key ? { key } : {}) }, now)
      return users.find(isActiveAdministrator)
    })
  }

  /**
   * Throws `UserProblem` for an unknown name, and for the last administrator who can sign in.
   */
  remove(name: string): void {
    this.#changeOne(name, () => undefined)
  }

  /** Throws as `remove` does. */
  setDisabled(name: string, disabled: boolean): User {
    return this.#changeOne(name, (user) => ({ ...user, disabled }))!
  }

  /** Gives the user a new key. The old key stops working at once. Throws as `remove` does. */
  rotateKey(name: string, now: TimeMs): User {
    return this.#changeOne(name, (user) => ({ ...user, ...newKeyPair(), keyCreatedAtMs: now }))!
  }

  #look(now: TimeMs): ReadonlyMap<string, Key<Principal>> {
    this.#seen = undefined
    this.#seen = { keys: this.#keys.content(), atMs: now }
    return this.#seen.keys
  }

  #changeOne(name: string, change: (user: User) => User | undefined): User | undefined {
    return this.#change((users) => {
      const index = users.findIndex((user) => user.name === name)
      if (index < 0) throw new UserProblem(`There is no user ${JSON.stringify(name)}.`)
      const result = change(users[index]!)
      users.splice(index, 1, ...(result ? [result] : []))
      if (!users.some(isActiveAdministrator)) {
        throw new UserProblem(`${name} is the only administrator left who can sign in. Add another first.`)
      }
      return result
    })
  }

  /** `change` changes the list in place, and the list is then written. */
  #change<T>(change: (users: User[]) => T): T {
    return this.#file.change((users) => ({ result: change(users), items: users }))
  }
}

export interface NewUser {
  readonly name: string
  readonly role: Role
  readonly key?: KeyPair
}

function keysOf(users: readonly User[]): ReadonlyMap<string, Key<Principal>> {
  return new Map(users.map((user) => [user.accessKeyId, keyOf(user)]))
}

function addTo(users: User[], { name, role, key }: NewUser, now: TimeMs): User {
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
