/**
 * The certificate that a running server shows. It looks at the files and takes a new pair when they
 * change; connections that are open go on. A pair that cannot be used is logged, and the old one
 * stays.
 */
import type { Server as HttpsServer } from 'node:https'
import { isEverywhere } from '../ground/http-url.ts'
import { Repeating } from '../ground/repeating.ts'
import type { CertificatePair } from './certificate-pair.ts'

/** Where the certificate comes from. */
export interface CertificateSource {
  /** A text that changes whenever the files are written. */
  mark(): string
  /** Throws `PairProblem`, or the system's error. */
  read(): CertificatePair
  /** Makes another certificate when that is due, for these names too. Absent: somebody else does. */
  keepFresh?(now: number, names?: readonly string[]): Promise<void>
  /** The file with what clients and jobs must trust. Absent: they trust the certificate without it. */
  readonly trustFile?: string
}

export interface ServingOptions {
  readonly source: CertificateSource
  readonly now: () => number
  readonly log: {
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

const lookEveryMs = 1000
/** How often the server looks whether its own certificate must be made anew. */
const freshenEveryMs = 60_000
const dayMs = 86_400_000
/** How long before its end the log begins to say so, once a day. */
const warnBeforeMs = 14 * dayMs

export class ServingCertificate {
  readonly #options: ServingOptions
  readonly #servers = new Set<HttpsServer>()
  readonly #looking: Repeating
  #pair: CertificatePair
  #mark: string
  /** Seen at the last look and not read yet: who writes two files may be between them. */
  #changedTo: string | undefined
  #warnedAtMs = Number.NEGATIVE_INFINITY
  #freshenedAtMs = Number.NEGATIVE_INFINITY

  /** Throws what `source.read` throws. */
  constructor(options: ServingOptions) {
    this.#options = options
    this.#mark = options.source.mark()
    this.#pair = options.source.read()
    this.#looking = new Repeating({
      everyMs: lookEveryMs,
      run: () => this.look(),
      log: options.log,
      whenFailed: 'the certificate of the server cannot be kept fresh',
    })
  }

  get trustFile(): string | undefined {
    return this.#options.source.trustFile
  }

  /** The pair that is shown now, in the form of Node's options. */
  get contextOptions(): { readonly cert: string; readonly key: string } {
    const { certificate: cert, key } = this.#pair.text
    return { cert, key }
  }

  /** Gives the server each new pair. It was made with `contextOptions`. */
  keep(server: HttpsServer): void {
    this.#servers.add(server)
    server.once('close', () => this.#servers.delete(server))
  }

  start(): void {
    this.#looking.startLater()
  }

  async stop(): Promise<void> {
    await this.#looking.stop()
  }

  /** Makes the certificate cover these hosts, if this server makes its own. */
  async cover(...hosts: readonly string[]): Promise<void> {
    const { source, now } = this.#options
    if (hosts.every((host) => this.#pair.covers(host)) || !source.keepFresh) return
    await source.keepFresh(now(), hosts)
    this.#take(source.mark())
  }

  covers(host: string): boolean {
    return this.#pair.covers(host)
  }

  /** A name that clients on this machine accept for a server that listens at `host`. */
  nameFor(host: string): string {
    const direct = isEverywhere(host) ? '127.0.0.1' : host
    return this.#pair.covers(direct) ? direct : (this.#pair.firstDnsName ?? direct)
  }

  /** Looks once whether there is a new pair. */
  async look(): Promise<void> {
    const { source, now } = this.#options
    if (Math.abs(now() - this.#freshenedAtMs) >= freshenEveryMs) {
      this.#freshenedAtMs = now()
      await source.keepFresh?.(now())
    }
    const mark = source.mark()
    if (mark === this.#mark) this.#changedTo = undefined
    else if (mark === this.#changedTo) this.#take(mark)
    else this.#changedTo = mark
    this.#warnOfEnd(now())
  }

  #take(mark: string): void {
    const { source, log, now } = this.#options
    this.#mark = mark
    this.#changedTo = undefined
    try {
      const pair = source.read()
      pair.checkTime(now())
      for (const server of this.#servers) server.setSecureContext({ cert: pair.text.certificate, key: pair.text.key })
      this.#pair = pair
      this.#warnedAtMs = Number.NEGATIVE_INFINITY
      log.info({ names: pair.names, until: new Date(pair.untilMs).toISOString() }, 'the server has a new certificate')
    } catch (err) {
      log.error({ err }, 'the new certificate or its key cannot be used: the server goes on with the old one')
    }
  }

  #warnOfEnd(now: number): void {
    const leftMs = this.#pair.untilMs - now
    if (leftMs > warnBeforeMs || now - this.#warnedAtMs < dayMs) return
    this.#warnedAtMs = now
    const until = new Date(this.#pair.untilMs).toISOString()
    this.#options.log.warn({ until }, 'the certificate of the server ends soon, or has ended')
  }
}
