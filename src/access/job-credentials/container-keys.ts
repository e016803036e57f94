/**
 * What a container shows to this server to get what is its own: an id that nobody can guess, and for
 * its credentials a token. Both are derived from the container's name with a key of the
 * installation, so nothing is kept of them and they are the same after a restart. They end with the
 * sealing key that they are derived from.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { DerivedKeys, type SealingKey } from '../identities/sealing.ts'
import type { InstallationKeys } from '../sessions/session-credentials.ts'

/**
 * What an id opens. `credentials` is opened by the id alone, as ECS's agent does it for every SDK.
 * `credentialsWithToken` asks for the token too.
 */
export type Opens = 'credentials' | 'credentialsWithToken' | 'metadata'

const idKeys = {
  credentials: new DerivedKeys('credentials of containers'),
  credentialsWithToken: new DerivedKeys('credentials of containers with a token'),
  metadata: new DerivedKeys('metadata of containers'),
}
const tokenKeys = new DerivedKeys('tokens of containers')
const macDigits = 32
const idForm = /^([0-9a-f]{8})([0-9a-f]{32})-([a-zA-Z0-9][a-zA-Z0-9_.-]{0,99})$/

export class ContainerKeys {
  readonly #keys: InstallationKeys

  constructor(keys: InstallationKeys) {
    this.#keys = keys
  }

  /** For the path of a URL: the sealing key's id, a code of 128 bits, and the container's name. */
  idOf(name: string, opens: Opens): string {
    const key = this.#keys.current()
    return `${key.id}${codeOf(key, name, opens)}-${name}`
  }

  /** 43 letters, digits, `-` or `_`: the value of an `Authorization` header. */
  tokenOf(name: string): string {
    return tokenFor(this.#keys.current(), name)
  }

  /**
   * Returns the name of the container that the id is for, or undefined unless this installation made
   * the id for this. `token` is what the request shows.
   */
  open(id: string, opens: Opens, token?: string): string | undefined {
    const [, keyId, code, name] = idForm.exec(id) ?? []
    const key = keyId === undefined ? undefined : this.#keys.find(keyId)
    if (!key || code === undefined || name === undefined) return undefined
    if (!isSame(code, codeOf(key, name, opens))) return undefined
    if (opens === 'credentialsWithToken' && !isSame(token ?? '', tokenFor(key, name))) return undefined
    return name
  }
}

function codeOf(key: SealingKey, name: string, opens: Opens): string {
  return createHmac('sha256', idKeys[opens].of(key)).update(name).digest('hex').slice(0, macDigits)
}

function tokenFor(key: SealingKey, name: string): string {
  return createHmac('sha256', tokenKeys.of(key)).update(name).digest('base64url')
}

/** In a time that does not depend on where the texts differ. */
function isSame(shown: string, right: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
