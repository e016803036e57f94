/** One line of a job's output on its way from a driver to the log store. */
export interface LogEntry {
  /**
   * When the line was written, as precisely as the driver knows. Never decreases within an attempt.
   */
  readonly atMs: number
  /**
   * The line without its newline. Never empty: empty lines are dropped, because CloudWatch cannot
   * hold them. At most `limits.logLineBytes` bytes of UTF-8; longer lines arrive in pieces.
   */
  readonly message: string
  /**
   * Where to continue reading after this entry. Only the driver can read it. At most 64 bytes of
   * ASCII.
   */
  readonly cursor: string
}
