/** Asks the evaluator what a request would be answered, and shows it as IAM's simulator does. */
import { type IamRefusal, iamRefusal, invalidValue } from '../../../../access/identities/iam-refusal.ts'
import { type AccessDecision, evaluate } from '../../../../access/policy/evaluate.ts'
import type { ConditionValues } from '../../../../access/policy/text-pattern.ts'
import type { Principal } from '../../../../access/principal.ts'
import type * as Iam from '../../../../model/generated/iam.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { requestValues } from '../../../request-values.ts'
import { rangeOf } from '../page.ts'
import type { SimulatedPolicy } from './simulated-policy.ts'
import { statementPosition } from './statement-position.ts'

type Request = Iam.SimulateCustomPolicyRequest | Iam.SimulatePrincipalPolicyRequest

/** What would change the result, and is not simulated, must not be dropped in silence. */
const unsupported = [
  ...['PermissionsBoundaryPolicyInputList', 'OrderedOrganizationPolicyInputList', 'PolicyExclusionList'],
  ...['ResourcePolicy', 'ResourceOwner', 'CallerArn', 'ResourceHandlingOption'],
]

/** A question for each action on each resource; a page asks only its own. `principal` is the user, if there is one. */
export function simulate(
  context: RequestContext,
  policies: readonly SimulatedPolicy[],
  input: Request,
  principal?: Principal,
): Iam.SimulatePolicyResponse | IamRefusal {
  const { ActionNames, ResourceArns = ['*'] } = input
  const refused = check(input)
  if (refused) return refused
  const range = rangeOf(ActionNames.length * ResourceArns.length, input)
  if (isRefusal(range)) return range
  const EvaluationResults = Array.from({ length: range.to - range.from }, (_, index) => {
    const place = range.from + index
    const action = ActionNames[Math.floor(place / ResourceArns.length)]!
    const resource = ResourceArns[place % ResourceArns.length]!
    const values = new SimulatedValues(context, resource, input.ContextEntries ?? [], principal)
    const named = policies.map(({ policy }) => policy)
    return resultOf(evaluate(named, { action, resource, context: values }), { action, resource, policies, values })
  })
  return { EvaluationResults, ...range.end }
}

function check(input: Request): IamRefusal | undefined {
  const given = unsupported.find((member) => Object.hasOwn(input, member))
  if (given !== undefined) return iamRefusal('InvalidInput', `${given} is not supported by openbatch.`)
  const wrong = input.ActionNames.find((name) => !/^[A-Za-z0-9-]+:[A-Za-z0-9]{1,100}$/.test(name))
  if (wrong !== undefined) return iamRefusal('InvalidInput', `Invalid Entity Action: ${wrong.slice(0, 128)}`)
  if (input.ResourceArns?.some((arn) => arn.length > 2048))
    return invalidValue('resourceArns', 'have length less than or equal to 2048')
  return undefined
}

const decisions = { allowed: 'allowed', denied: 'explicitDeny', notAllowed: 'implicitDeny' } as const

interface Asked {
  readonly action: string
  readonly resource: string
  readonly policies: readonly SimulatedPolicy[]
  readonly values: SimulatedValues
}

function resultOf(decision: AccessDecision, { action, resource, policies, values }: Asked): Iam.EvaluationResult {
  const by = decision.kind === 'notAllowed' ? undefined : decision.by
  const decidedBy = by && policies.find(({ policy }) => policy.name === by.policy)
  return {
    ...{ EvalActionName: action, EvalResourceName: resource, EvalDecision: decisions[decision.kind] },
    MatchedStatements: decidedBy
      ? [
          {
            ...{ SourcePolicyId: decidedBy.policy.name, SourcePolicyType: decidedBy.source },
            ...statementPosition(decidedBy.text, by!),
          },
        ]
      : [],
    MissingContextValues: [...values.missing],
  }
}

/** The values that the simulation is given, then what is known of the user and the resource. */
class SimulatedValues implements ConditionValues {
  readonly missing = new Set<string>()
  readonly #given: ReadonlyMap<string, readonly string[]>
  readonly #known: ConditionValues
  readonly #unknown: RegExp

  constructor(
    context: RequestContext,
    resource: string,
    entries: readonly Iam.ContextEntry[],
    principal: Principal | undefined,
  ) {
    this.#given = new Map(
      entries.map(({ ContextKeyName = '', ContextKeyValues = [] }) => [ContextKeyName.toLowerCase(), ContextKeyValues]),
    )
    this.#known = requestValues(context, resource, principal ? { principal } : {})
    this.#unknown = principal ? ofRequest : ofRequestOrPrincipal
  }

  get(key: string): readonly string[] | undefined {
    const values = this.#given.get(key) ?? (this.#unknown.test(key) ? undefined : this.#known.get(key))
    if (values === undefined) this.missing.add(key)
    return values
  }
}

/** The client who asks is not the client who would send the request. */
const ofRequest = /^aws:(?:sourceip|securetransport|tagkeys|requesttag\/.*)$/
const ofRequestOrPrincipal = /^aws:(?:sourceip|securetransport|tagkeys|requesttag\/.*|user.*|principal.*)$/
