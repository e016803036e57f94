/**
 * The tree as instructions (Thompson's construction): each place of the expression once, and where
 * to go from it.
 */
import type { CharRanges } from './char-ranges.ts'
import { type Assertion, RegexpError, type RegexpNode } from './regexp-node.ts'

export type Instruction =
  | { readonly op: 'match' }
  /** Consumes a character of the set with this number. */
  | { readonly op: 'take'; readonly set: number; readonly next: number }
  | { readonly op: 'split'; readonly to: readonly number[] }
  | { readonly op: 'assert'; readonly what: Assertion; readonly next: number }

export interface Program {
  readonly instructions: readonly Instruction[]
  readonly start: number
  readonly sets: readonly CharRanges[]
  /** Whether any instruction depends on the characters before or after. */
  readonly asserts: boolean
}

/** Throws `RegexpError` if the expression needs more instructions, with repeats written out. */
export function programOf(node: RegexpNode, instructionsMax: number): Program {
  const builder = new Builder(instructionsMax)
  const start = builder.add(node, builder.match)
  const { instructions, sets } = builder
  return { instructions, start, sets, asserts: instructions.some(({ op }) => op === 'assert') }
}

class Builder {
  readonly match = 0
  readonly instructions: Instruction[] = [{ op: 'match' }]
  readonly sets: CharRanges[] = []
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** Adds the node's instructions, followed by those at `next`. Returns where they begin. */
  add(node: RegexpNode, next: number): number {
    switch (node.kind) {
      case 'set':
        this.sets.push(node.ranges)
        return this.#put({ op: 'take', set: this.sets.length - 1, next })
      case 'assert':
        return this.#put({ op: 'assert', what: node.what, next })
      case 'sequence':
        return node.parts.reduceRight((then, part) => this.add(part, then), next)
      case 'either':
        return this.#put({ op: 'split', to: node.parts.map((part) => this.add(part, next)) })
      case 'repeat':
        return this.#repeat(node, next)
    }
  }

  #repeat({ part, least, most }: Extract<RegexpNode, { kind: 'repeat' }>, next: number): number {
    let then = next
    if (most === Number.POSITIVE_INFINITY) {
      const to = [next]
      then = this.#put({ op: 'split', to })
      to.push(this.add(part, then))
    } else for (let n = least; n < most; n++) then = this.#put({ op: 'split', to: [this.add(part, then), next] })
    for (let n = 0; n < least; n++) then = this.add(part, then)
    return then
  }

  #put(instruction: Instruction): number {
    if (this.instructions.length >= this.#most) throw new RegexpError('the expression is too large')
    return this.instructions.push(instruction) - 1
  }
}
