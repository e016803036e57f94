/**
 * The server cannot start, for a reason that the operator can mend. The message says which file is
 * concerned, what is wrong, and what to do.
 */

/** As docs/operate/exit-codes.md lists them. */
export const exitCodes = {
  /** The operator must change something before a start can succeed. */
  misconfigured: 2,
  /** A bug (sysexits EX_SOFTWARE). */
  broken: 70,
  /**
   * The disk is full, read-only or does not answer (sysexits EX_IOERR): a later start may succeed.
   */
  disk: 74,
} as const

export class CannotStart extends Error {
  override readonly name = 'CannotStart'
  readonly exitCode: number
  constructor(message: string, exitCode: number = exitCodes.misconfigured) {
    super(message)
    this.exitCode = exitCode
  }
}
