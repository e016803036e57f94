/** `GET /api/access/explain?user=…&action=…&resource=…`: why a user may do something or not; docs/operate/access.md. */
import { evaluateTogether } from '../../../../access/policy/evaluate-together.ts'
import { explainDecision } from '../../../../access/policy/explain.ts'
import { principalNames } from '../../../../access/principal.ts'
import { userArn } from '../../../../model/arn.ts'
import { refuse } from '../../../../model/refusal.ts'
import type { AccessAnswer } from '../../../../wire/access.ts'
import { requestValues } from '../../../request-values.ts'
import { resourceFacts } from '../../../resource-facts.ts'
import { resourcePolicies } from '../../../resource-policies.ts'
import { defineOwnOperation, notFound } from '../own-operation.ts'

interface Input {
  /** Default: whoever asks. */
  readonly user?: string
  readonly action?: string
  /** An ARN; default `*`. */
  readonly resource?: string
}

const longestText = 2048

/**
 * Asks the policies as a request would, and lets nothing happen. The values of the request's own (tags given, share, image, address)
 * are not known: a condition on them counts as if the request had none.
 */
export const explainAccess = defineOwnOperation<Input, AccessAnswer>('ExplainAccess', {
  summary: 'Whether a user may do something, and which statement says so',
  answers: 'AccessAnswer',
  query: {
    user: 'whose right it is; default: the caller’s',
    action: 'as in `batch:SubmitJob`',
    resource: 'an ARN; default `*`',
  },
  needed: ['action'],
  method: 'GET',
  path: '/api/access/explain',
  resource: ({ user }, { principal, backend }) => userArn(backend.account, user ?? principal.name),
  handle({ user, action, resource = '*' }, context) {
    const { principal: asking, backend } = context
    if (action === undefined || !/^[a-z0-9-]+:[A-Za-z]{1,128}$/.test(action))
      return refuse('action must be given as SERVICE:ACTION, such as batch:SubmitJob.')
    if (resource.length > longestText) return refuse(`resource must have at most ${longestText} characters.`)
    const principal = user === undefined ? asking : backend.principals.find(user)
    if (!principal) return notFound(`User ${user} not found.`)
    const facts = resourceFacts(context, resource)
    // The client of the question is not the client that would send the request.
    const values = requestValues({ ...context, sourceIp: '' }, resource, { principal, facts })
    const ofResource = resourcePolicies(backend.objects, resource, { principal, action })
    const decision = evaluateTogether(
      { ofIdentity: principal.policies, ofResource },
      { action, resource, context: values },
      () => principalNames(backend.account, principal),
    )
    const { name } = principal
    return {
      ...{ user: name, action, resource, decision: decision.kind },
      ...(decision.kind !== 'notAllowed' && { by: decision.by }),
      ...(facts?.owner !== undefined && { owner: facts.owner }),
      text: explainDecision(decision, { user: name, action, resource }),
    }
  },
})
