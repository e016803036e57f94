/**
 * What a container shows to this server to get what is its own: an id that nobody can guess, and for
 * its credentials a token. Both are derived from the container's name with a key of the
 * installation, so nothing is kept of them and they are the same after a restart. They end with the
 * sealing key that they are derived from.
 */
import { createHmac } from 'node:crypto'
import { DerivedKeys, type SealingKey } from '../identities/sealing.ts'
import type { InstallationKeys } from '../sessions/session-credentials.ts'
import { equalInConstantTime } from '../signature.ts'

/**
 * What an id opens. `credentials` is opened by the id alone, as ECS's agent does it for every SDK.
 * `credentialsWithToken` asks for the token too.
 */
export type Opens = 'credentials' | 'credentialsWithToken' | 'metadata'

/** Where in the digest of a name each secret is: parts of it say nothing about one another. */
const places = { credentials: 0, credentialsWithToken: 16, metadata: 32, token: 48 } as const
const secretBytes = 16
const nameKeys = new DerivedKeys('names of containers')
const idForm = /^([0-9a-f]{8})([0-9a-f]{32})-([a-zA-Z0-9][a-zA-Z0-9_.-]{0,99})$/

export class ContainerKeys {
  readonly #keys: InstallationKeys
  /** A container that starts needs several secrets of one name. */
  #last: { readonly key: SealingKey; readonly name: string; readonly digest: Buffer } | undefined

  constructor(keys: InstallationKeys) {
    this.#keys = keys
  }

  /** For the path of a URL: the sealing key's id, a code of 128 bits, and the container's name. */
  idOf(name: string, opens: Opens): string {
    const key = this.#keys.current()
    return `${key.id}${secretOf(this.#digest(key, name), opens).toString('hex')}-${name}`
  }

  /** 22 letters, digits, `-` or `_`: the value of an `Authorization` header. */
  tokenOf(name: string): string {
    return secretOf(this.#digest(this.#keys.current(), name), 'token').toString('base64url')
  }

  /**
   * Returns the name of the container that the id is for, or undefined unless this installation made
   * the id for this. `token` is what the request shows.
   */
  open(id: string, opens: Opens, token = ''): string | undefined {
    const [, keyId, code, name] = idForm.exec(id) ?? []
    const key = keyId === undefined ? undefined : this.#keys.find(keyId)
    if (!key || code === undefined || name === undefined) return undefined
    const digest = this.#digest(key, name)
    if (!equalInConstantTime(code, secretOf(digest, opens).toString('hex'))) return undefined
    if (opens !== 'credentialsWithToken') return name
    return equalInConstantTime(token, secretOf(digest, 'token').toString('base64url')) ? name : undefined
  }

  #digest(key: SealingKey, name: string): Buffer {
    const last = this.#last
    if (last?.key === key && last.name === name) return last.digest
    const digest = createHmac('sha512', nameKeys.of(key)).update(name).digest()
    this.#last = { key, name, digest }
    return digest
  }
}

function secretOf(digest: Buffer, place: keyof typeof places): Buffer {
  return digest.subarray(places[place], places[place] + secretBytes)
}
