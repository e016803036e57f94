/** The result of a command: events and an answer, or a refusal. Deciding changes nothing. */
import type { Refusal } from '../model/refusal.ts'
import type { TimeMs } from '../model/time.ts'
import type { Event } from './events.ts'
import type { State } from './state/state.ts'

export interface Accepted<Answer> {
  readonly kind: 'accepted'
  readonly events: readonly Event[]
  readonly answer: Answer
}

export type Decision<Answer = undefined> = Accepted<Answer> | Refusal

/** Time and ids come from outside, so that a decision can be replayed. */
export interface Given {
  readonly now: TimeMs
  /** Returns a new lower-case UUID at each call. */
  readonly newId: () => string
}

/**
 * A command is a function of the state. The loop runs it, stores its events, and only then returns
 * the answer.
 */
export type Command<Answer = undefined> = (state: State, given: Given) => Decision<Answer>

export function events(...list: readonly Event[]): Accepted<undefined> {
  return { kind: 'accepted', events: list, answer: undefined }
}

/** Nothing follows; `why` tells the reader of the code. */
export function nothing(_why: string): Accepted<undefined> {
  return { kind: 'accepted', events: [], answer: undefined }
}

export function accept<Answer>(answer: Answer, list: readonly Event[]): Accepted<Answer> {
  return { kind: 'accepted', events: list, answer }
}
