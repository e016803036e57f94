/**
 * A regular expression as a tree, whichever syntax it was written in. No node remembers or looks
 * back, so the expression is truly regular.
 */
import type { CharRanges } from './char-ranges.ts'

export type RegexpNode =
  /** One character of the set. */
  | { readonly kind: 'set'; readonly ranges: CharRanges }
  /** One after the other. An empty sequence matches the empty text. */
  | { readonly kind: 'sequence'; readonly parts: readonly RegexpNode[] }
  | { readonly kind: 'either'; readonly parts: readonly RegexpNode[] }
  /** `most` may be infinite. */
  | { readonly kind: 'repeat'; readonly part: RegexpNode; readonly least: number; readonly most: number }
  | { readonly kind: 'assert'; readonly what: Assertion }

export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordBoundary' | 'noWordBoundary'

/** The text is not a valid expression, or is larger than allowed. */
export class RegexpError extends Error {
  override readonly name = 'RegexpError'
}
