/** A text that is asked for, or its beginning. */
export interface TextMatch {
  readonly text: string
  readonly prefix: boolean
}
