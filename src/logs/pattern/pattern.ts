/** A parsed filter pattern, in whichever of the three forms it was written. */

export interface FilterPattern {
  matches(message: string): boolean
  /**
   * The worst-case cost of matching a byte of message, relative to a plain term, which costs 1. It
   * bounds the work of one search.
   */
  readonly costPerByte: number
}
