/** Explains a decision in sentences. */
import type { AccessDecision, DecidedBy, NearlyAllowed } from './evaluate.ts'

/** The decision first, then the statements that nearly allowed it. Without full stops. */
export function explainDecision(
  decision: AccessDecision,
  { user, action, resource }: { readonly user: string; readonly action: string; readonly resource: string },
): readonly string[] {
  switch (decision.kind) {
    case 'allowed':
      return [`${user} may: ${action} on ${resource} is allowed by ${place(decision.by)}`]
    case 'denied':
      return [`${user} may not: ${action} on ${resource} is denied by ${place(decision.by)}, whatever else allows it`]
    case 'notAllowed':
      return [`${user} may not: no policy of ${user} allows ${action} on ${resource}`, ...decision.nearly.map(near)]
  }
}

function near(nearly: NearlyAllowed): string {
  switch (nearly.missed) {
    case 'resource':
      return `${place(nearly)} allows the action, but on other resources`
    case 'condition':
      return `${place(nearly)} would allow it, but its condition ${nearly.condition} does not hold`
    case 'account':
      return `${place(nearly)} allows it to the account, which leaves it to the policies of its users and roles`
  }
}

function place({ policy, statement }: DecidedBy): string {
  return `statement ${statement} of ${policy}`
}
