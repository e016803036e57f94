/** SHA-256, and HMAC with it, in the form of a class that the SDK's signer takes. */
import { createHash, createHmac } from 'node:crypto'

export class Sha256 {
  readonly #hash
  /** With a secret: HMAC. */
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', Buffer.from(secret as Buffer))
  }
  update(data: Uint8Array): void {
    this.#hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest())
  }
  reset(): void {}
}
