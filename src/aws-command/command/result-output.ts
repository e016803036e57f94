/** The results of `aws s3`, as the CLI prints them, and the exit code that they amount to. */
import type { Options } from './arguments.ts'
import { exitCodes, messageOf } from './failure.ts'
import type { Output } from './output.ts'

export type TransferType = 'upload' | 'download' | 'copy' | 'move' | 'delete'

export class Results {
  readonly #output: Output
  readonly #quiet: boolean
  readonly #errorsOnly: boolean
  #failed = 0
  #warned = 0

  constructor(output: Output, options: Options, streams: boolean) {
    this.#output = output
    this.#quiet = options.has('quiet')
    this.#errorsOnly = this.#quiet || options.has('only-show-errors') || streams
  }

  done(type: TransferType, where: string): void {
    if (!this.#errorsOnly) this.#output.line(`${type}: ${where}`)
  }

  wouldDo(type: TransferType, where: string): void {
    if (!this.#errorsOnly) this.#output.line(`(dryrun) ${type}: ${where}`)
  }

  failed(type: TransferType, where: string, error: unknown): void {
    this.#failed++
    if (!this.#quiet) this.#output.error(`${type} failed: ${where} ${messageOf(error)}`)
  }

  warn(message: string): void {
    this.#warned++
    if (!this.#quiet) this.#output.error(message)
  }

  /** Something before any transfer: a listing, a source that is not there. */
  fatal(error: unknown): void {
    this.#failed++
    if (!this.#quiet) this.#output.error(`fatal error: ${messageOf(error)}`)
  }

  get exitCode(): number {
    if (this.#failed > 0) return exitCodes.transferFailed
    return this.#warned > 0 ? exitCodes.skipped : 0
  }
}
