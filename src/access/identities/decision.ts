/** The result of a request to IAM: changes and an answer, or a refusal. Decisions write nothing themselves. */
import type { TimeMs } from '../../model/time.ts'
import type { Change, IdentityRecord } from './entities.ts'
import type { IamRefusal } from './iam-refusal.ts'

export interface Accepted<Answer> {
  readonly kind: 'accepted'
  readonly changes: readonly Change[]
  readonly answer: Answer
}

export type Decision<Answer> = Accepted<Answer> | IamRefusal

/** Facts that a decision needs from outside. */
export interface Occasion {
  readonly now: TimeMs
  /** Twelve digits. */
  readonly account: string
  /** 17 letters or digits drawn at random, for the id of what is made. */
  readonly randomPart: string
}

/** Returns the fault of a policy document in AWS's words, or undefined. */
export type CheckPolicyDocument = (text: string, kind: 'identity' | 'trust') => string | undefined

export function accept<Answer>(answer: Answer, ...changes: Change[]): Accepted<Answer> {
  return { kind: 'accepted', changes, answer }
}

/** The record is written, and is the answer. */
export function acceptRecord<R extends IdentityRecord>(record: R): Accepted<R> {
  return accept(record, { kind: 'put', record })
}

export function put(record: IdentityRecord): Change {
  return { kind: 'put', record }
}

export function remove({ kind, id }: IdentityRecord): Change {
  return { kind: 'remove', of: kind, id }
}
