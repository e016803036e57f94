/** For tests of decisions: a world that applies what they decide, with ids that count up. */
import { idOf } from './arn.ts'
import { createUser } from './decide-user.ts'
import type { CheckPolicyDocument, Decision, Occasion } from './decision.ts'
import { Identities } from './identities.ts'

export const account = '123456789012'
export const startMs = 1_700_000_000_000

export class IdentityWorld {
  known = new Identities()
  now = startMs
  #made = 0

  get occasion(): Occasion {
    return { now: this.now, account, randomPart: String(this.#made).padStart(17, 'A') }
  }

  /** The answer, or the refusal as `CODE: text`. */
  do<Answer>(decide: (known: Identities, occasion: Occasion) => Decision<Answer>): Answer | string {
    this.#made += 1
    const before = [...this.known.all()]
    const decision = decide(this.known, this.occasion)
    if (decision.kind === 'refusal') return `${decision.code}: ${decision.message}`
    const next = this.known.after(decision.changes)
    // A decision that changed what it was given would show here.
    if (before.some((record, index) => [...this.known.all()][index] !== record)) throw new Error('not pure')
    this.known = next
    return decision.answer
  }

  user(userName: string): string {
    this.do((known, occasion) => createUser(known, { userName }, occasion))
    return idOf('user', this.occasion.randomPart)
  }
}

/** A document of that many characters that count, and some that do not. */
export function documentOf(characters: number): string {
  return ` { "Sid": "${'x'.repeat(characters - '{"Sid":""}'.length)}" } `
}

/** Takes what is JSON. */
export const checkJson: CheckPolicyDocument = (text) => {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    return 'Syntax errors in policy.'
  }
}
