/** Reads `users.json`, the file in which older versions kept users. Nothing writes it any more. */
import type { TimeMs } from '../../model/time.ts'
import { IdentitiesFault } from './identities-fault.ts'

export interface OldUser {
  readonly name: string
  readonly role: 'admin' | 'user'
  readonly disabled: boolean
  readonly accessKeyId: string
  /** Not encrypted. */
  readonly secretAccessKey: string
  readonly createdAtMs: TimeMs
  readonly keyCreatedAtMs: TimeMs
}

/** Throws `IdentitiesFault` for a damaged file. Never guesses. */
export function readUsersFile(path: string, text: string): OldUser[] {
  try {
    const { version, users } = parseJson(text)
    if (version !== 1) throw new Error('its version is not 1')
    if (!Array.isArray(users)) throw new Error('it has no list of users')
    return checkUsers(users)
  } catch (error) {
    throw new IdentitiesFault(`the users file ${path} is damaged: ${(error as Error).message}`)
  }
}

/** The message of `JSON.parse` quotes the text, which may hold a secret. */
function parseJson(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>
  } catch {
    throw new Error('it is not JSON')
  }
}

function checkUsers(users: readonly unknown[]): OldUser[] {
  const [names, ids] = [new Set<string>(), new Set<string>()]
  for (const user of users as OldUser[]) {
    const name = JSON.stringify(user?.name)
    if (!/^[A-Za-z0-9][A-Za-z0-9+=,.@_-]{0,63}$/.test(String(user?.name))) throw new Error(`${name} is no user name`)
    if (user.role !== 'admin' && user.role !== 'user')
      throw new Error(`"role" of user ${name} is neither admin nor user`)
    if (!/^\w{3,128}$/.test(String(user.accessKeyId))) throw new Error(`"accessKeyId" of user ${name} is none`)
    if (!/^[!-~]{1,128}$/.test(String(user.secretAccessKey)))
      throw new Error(`"secretAccessKey" of user ${name} is none`)
    // A missing or misspelt value must not count as false: it would let in a user who was meant to
    // be disabled.
    if (typeof user.disabled !== 'boolean') throw new Error(`"disabled" of user ${name} is not true or false`)
    if (!Number.isFinite(user.createdAtMs) || !Number.isFinite(user.keyCreatedAtMs))
      throw new Error(`user ${name} has no times`)
    if (names.has(user.name)) throw new Error(`the user ${name} is there twice`)
    if (ids.has(user.accessKeyId)) throw new Error(`the access key id ${user.accessKeyId} is there twice`)
    names.add(user.name)
    ids.add(user.accessKeyId)
  }
  return users as OldUser[]
}
