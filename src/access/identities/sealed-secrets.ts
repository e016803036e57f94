/** The secrets of access keys, sealed with the installation's key. Each sealed secret names the key that opens it. */
import type { KeyObject } from 'node:crypto'
import type { AccessKey } from './entities.ts'
import { IdentitiesFault } from './identities-fault.ts'
import { fromBase64url, keyFor, open, type SealingKey, seal } from './sealing.ts'
import type { SealingKeys } from './sealing-keys.ts'

const purpose = 'access key secrets'

export class SealedSecrets {
  readonly #keys: SealingKeys
  readonly #derived = new WeakMap<SealingKey, KeyObject>()
  /** Opened once for each record: a changed record is another object. */
  readonly #opened = new WeakMap<AccessKey, string>()

  constructor(keys: SealingKeys) {
    this.#keys = keys
  }

  /** `KEY.SEALED` */
  seal(accessKeyId: string, secret: string): string {
    const key = this.#keys.current()
    return `${key.id}.${seal(this.#keyOf(key), secret, boundTo(accessKeyId)).toString('base64url')}`
  }

  /** Throws `IdentitiesFault` if the key is gone that sealed it, or the record was changed by hand. */
  open(accessKey: AccessKey): string {
    const known = this.#opened.get(accessKey)
    if (known !== undefined) return known
    const [keyId = '', text = ''] = accessKey.sealedSecret.split('.', 2)
    const key = this.#keys.find(keyId)
    const sealed = fromBase64url(text)
    const secret = key && sealed && open(this.#keyOf(key), sealed, boundTo(accessKey.id))
    if (secret === undefined) {
      const why = key ? 'the record is damaged' : `the sealing key ${keyId} is not in sealing-keys.json`
      throw new IdentitiesFault(`The secret of the access key ${accessKey.id} cannot be read: ${why}.`)
    }
    this.#opened.set(accessKey, secret)
    return secret
  }

  #keyOf(key: SealingKey): KeyObject {
    const derived = this.#derived.get(key) ?? keyFor(key, purpose)
    this.#derived.set(key, derived)
    return derived
  }
}

function boundTo(accessKeyId: string): string {
  return `access key ${accessKeyId}`
}
