/** The text is not a valid filter pattern. The error never leaves `filter-pattern.ts`. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
  /**
   * The message for the client. Usually it only says that the pattern is invalid, as CloudWatch
   * does.
   */
  readonly told: string | undefined

  constructor(message: string, told?: string) {
    super(message)
    this.told = told
  }
}
