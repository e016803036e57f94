/**
 * The keys of the installation, in a private file of the data directory. The last key seals; every
 * key can open. A key is replaced in three steps, so that a crash between them loses nothing: add the
 * new key, seal everything anew, drop the old keys.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ListFile } from '../../ground/list-file.ts'
import { RereadFile } from '../../ground/reread-file.ts'
import type { TimeMs } from '../../model/time.ts'
import { IdentitiesFault } from './identities-fault.ts'
import type { SealingKey } from './sealing.ts'

export function sealingKeysPath(dataDir: string): string {
  return join(dataDir, 'sealing-keys.json')
}

interface StoredKey {
  readonly id: string
  /** Base64. */
  readonly secret: string
  readonly createdAtMs: TimeMs
}

export class SealingKeys {
  readonly #path: string
  readonly #file: ListFile<StoredKey>
  readonly #keys: RereadFile<readonly SealingKey[]>

  constructor(path: string) {
    this.#path = path
    const problem = (message: string) => new IdentitiesFault(message)
    this.#file = new ListFile({ path, noun: 'keys', check: checkKeys, problem })
    this.#keys = new RereadFile(path, () =>
      this.#file.read().map(({ id, secret }) => ({ id, secret: Buffer.from(secret, 'base64') })),
    )
  }

  /** Returns the key that seals. Throws `IdentitiesFault` if there is none, or the file is damaged. */
  current(): SealingKey {
    const key = this.#keys.content().at(-1)
    if (key) return key
    throw new IdentitiesFault(
      `${this.#path} is missing. Without it no access key can be used: put it back, from a backup if need be.`,
    )
  }

  /** Returns the key of that id; undefined after it was dropped. */
  find(id: string): SealingKey | undefined {
    return this.#keys.content().find((key) => key.id === id)
  }

  /** Makes the first key of a new installation. */
  ensure(now: TimeMs): void {
    if (this.#keys.content().length === 0)
      this.#file.change((keys) => ({ items: keys.length === 0 ? [newKey(now)] : keys, result: undefined }))
  }

  /** Adds a key, which seals from now on. The other keys can still open. */
  add(now: TimeMs): void {
    this.#file.change((keys) => ({ items: [...keys, newKey(now)], result: undefined }))
  }

  /** Drops every key except the one that seals. Anything sealed with a dropped key is lost, and its sessions end. */
  dropOld(): void {
    this.#file.change((keys) => ({ items: keys.slice(-1), result: undefined }))
  }
}

function newKey(now: TimeMs): StoredKey {
  return { id: randomBytes(4).toString('hex'), secret: randomBytes(32).toString('base64'), createdAtMs: now }
}

function checkKeys(keys: readonly unknown[]): StoredKey[] {
  const ids = new Set<string>()
  for (const key of keys as StoredKey[]) {
    if (!/^[0-9a-f]{8}$/.test(String(key?.id))) throw new Error('a key has no id')
    if (Buffer.from(String(key.secret), 'base64').length !== 32) throw new Error(`the key ${key.id} is not of 32 bytes`)
    if (ids.has(key.id)) throw new Error(`the key ${key.id} is there twice`)
    ids.add(key.id)
  }
  return keys as StoredKey[]
}
