/** A certificate with its key, as a server shows it, and what is known of it. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'

/** PEM. The certificate may be followed by those of the authorities between it and the root. */
export interface PairText {
  readonly certificate: string
  readonly key: string
}

/** Takes a file apart that holds a certificate and then its key. */
export function splitPair(text: string): PairText {
  const [certificate = '', key = ''] = text.split(/(?=-----BEGIN PRIVATE KEY-----)/)
  return { certificate, key }
}

/** Why a certificate and a key cannot be used. The message names no secret. */
export class PairProblem extends Error {
  override readonly name = 'PairProblem'
  readonly of: keyof PairText
  constructor(of: keyof PairText, message: string) {
    super(message)
    this.of = of
  }
}

export class CertificatePair {
  readonly text: PairText
  readonly #leaf: X509Certificate

  /** Throws `PairProblem`. */
  constructor(text: PairText) {
    this.#leaf = orProblem('certificate', () => new X509Certificate(text.certificate))
    const key = orProblem('key', () => readKey(text.key))
    if (!this.#leaf.checkPrivateKey(key)) throw new PairProblem('key', 'it does not belong to the certificate')
    orProblem('certificate', () => createSecureContext({ cert: text.certificate, key: text.key }))
    this.text = text
  }

  get fromMs(): number {
    return this.#leaf.validFromDate.getTime()
  }

  get untilMs(): number {
    return this.#leaf.validToDate.getTime()
  }

  /** Throws `PairProblem` for a certificate that no client would accept at this time. */
  checkTime(now: number): void {
    if (this.untilMs <= now) throw new PairProblem('certificate', `it ended on ${this.#leaf.validTo}`)
    if (this.fromMs > now) throw new PairProblem('certificate', `it begins on ${this.#leaf.validFrom}`)
  }

  /** DNS names and IP addresses, in their order. */
  get names(): string[] {
    return [...(this.#leaf.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name]) => name!)
  }

  /** The first name that a client can connect to, if there is any. */
  get firstDnsName(): string | undefined {
    return this.names.find((name) => isIP(name) === 0 && !name.includes('*'))
  }

  /** Whether a client that connects to this host accepts the certificate. */
  covers(host: string): boolean {
    const found = isIP(host) === 0 ? this.#leaf.checkHost(host) : this.#leaf.checkIP(host)
    return found !== undefined
  }
}

function readKey(text: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE')
      throw new Error('it is encrypted: a server that starts by itself needs a key without a passphrase')
    throw error
  }
}

function orProblem<T>(of: keyof PairText, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new PairProblem(of, (error as Error).message)
  }
}
