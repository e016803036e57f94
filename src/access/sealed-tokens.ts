/**
 * Short texts that a client keeps for the server and shows again. The client can neither read nor
 * alter them, nor show them for anything else than they were made for.
 */
import { DerivedKeys, fromBase64url, open, seal } from './identities/sealing.ts'
import type { InstallationKeys } from './sessions/session-credentials.ts'

const keyIdBytes = 4

export class SealedTokens {
  readonly #keys: DerivedKeys

  /** What is sealed for one purpose cannot be opened for another. */
  constructor(purpose: string) {
    this.#keys = new DerivedKeys(purpose)
  }

  /** `bound` is not in the token: whoever opens it must know it. Returns letters, digits, `-` and `_`. */
  seal(keys: InstallationKeys, text: string, bound: string): string {
    const key = keys.current()
    return Buffer.concat([Buffer.from(key.id, 'hex'), seal(this.#keys.of(key), text, bound)]).toString('base64url')
  }

  /** Undefined for any other text than `seal` returned, and after its key was dropped. */
  open(keys: InstallationKeys, token: string, bound: string): string | undefined {
    const bytes = fromBase64url(token)
    const key = bytes && keys.find(bytes.subarray(0, keyIdBytes).toString('hex'))
    return key && open(this.#keys.of(key), bytes.subarray(keyIdBytes), bound)
  }
}
