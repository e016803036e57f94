/** A filter pattern that was read, in whichever of the three forms it was written. */

export interface FilterPattern {
  matches(message: string): boolean
  /**
   * What matching a byte of message costs at worst, a plain term being 1: bounds the work of one
   * search.
   */
  readonly costPerByte: number
}
