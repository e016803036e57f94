/** Changes the identities as one of IAM's decisions says. */
import { newRandomPart } from '../../../access/identities/arn.ts'
import type { Decision, Occasion } from '../../../access/identities/decision.ts'
import type { IamRefusal } from '../../../access/identities/iam-refusal.ts'
import type { Identities } from '../../../access/identities/identities.ts'
import type { RequestContext } from '../../context.ts'

/** Returns what was decided once it is on disk, or the refusal. */
export function change<Answer>(
  { backend, now }: RequestContext,
  decide: (known: Identities, occasion: Occasion) => Decision<Answer>,
): Answer | IamRefusal {
  const occasion = { now: now(), account: backend.account, randomPart: newRandomPart() }
  return backend.identities.change((known) => decide(known, occasion))
}
