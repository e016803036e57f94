/** One line of a job's output on its way from a driver to the log store. */
export interface LogEntry {
  /** When the line was written, as well as the driver knows. Never decreases within an attempt. */
  readonly atMs: number
  /**
   * Without its newline; never empty (an empty line is left out, as CloudWatch cannot hold one). At most
   * `limits.logLineBytes` bytes of UTF-8: longer lines come in pieces.
   */
  readonly message: string
  /** Where to continue reading after this entry. Opaque to all but the driver, at most 64 bytes of ASCII. */
  readonly cursor: string
}
