/** The secrets of access keys, sealed with the installation's key. Each sealed secret names the key that opens it. */
import type { AccessKey } from './entities.ts'
import { IdentitiesFault } from './identities-fault.ts'
import { fromBase64url, keyFor, open, type SealingKey, seal } from './sealing.ts'
import type { SealingKeys } from './sealing-keys.ts'

const purpose = 'access key secrets'

export class SealedSecrets {
  readonly #keys: SealingKeys
  /** Opened once for each record: a changed record is another object. */
  readonly #opened = new WeakMap<AccessKey, string>()

  constructor(keys: SealingKeys) {
    this.#keys = keys
  }

  /** `KEY.SEALED` */
  seal(accessKeyId: string, secret: string): string {
    const key = this.#keys.current()
    return `${key.id}.${seal(keyFor(key, purpose), secret, boundTo(accessKeyId)).toString('base64url')}`
  }

  /** Throws `IdentitiesFault` if the key is gone that sealed it, or the record was changed by hand. */
  open(accessKey: AccessKey): string {
    const known = this.#opened.get(accessKey)
    if (known !== undefined) return known
    const [keyId = '', text = ''] = accessKey.sealedSecret.split('.', 2)
    const key = this.#keys.find(keyId)
    const secret = key && openWith(key, text, accessKey.id)
    if (secret === undefined) {
      const why = key ? 'the record is damaged' : `the sealing key ${keyId} is not in sealing-keys.json`
      throw new IdentitiesFault(`The secret of the access key ${accessKey.id} cannot be read: ${why}.`)
    }
    this.#opened.set(accessKey, secret)
    return secret
  }
}

function openWith(key: SealingKey, text: string, accessKeyId: string): string | undefined {
  const sealed = fromBase64url(text)
  return sealed && open(keyFor(key, purpose), sealed, boundTo(accessKeyId))
}

function boundTo(accessKeyId: string): string {
  return `access key ${accessKeyId}`
}
