/** The filter pattern is not one. Never leaves `filter-pattern.ts`: CloudWatch does not say what is wrong either. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}
