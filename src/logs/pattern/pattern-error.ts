/** The filter pattern is not one. Never leaves `filter-pattern.ts`. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
  /**
   * What the client is told; usually no more than that the pattern is invalid, as CloudWatch does.
   */
  readonly told: string | undefined

  constructor(message: string, told?: string) {
    super(message)
    this.told = told
  }
}
