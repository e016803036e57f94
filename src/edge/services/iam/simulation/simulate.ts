/** Asks the evaluator what a request would be answered, and shows it as IAM's simulator does. */
import { type IamRefusal, iamRefusal, invalidValue } from '../../../../access/identities/iam-refusal.ts'
import type { DecidedBy, NamedPolicy } from '../../../../access/policy/evaluate.ts'
import { evaluateTogether } from '../../../../access/policy/evaluate-together.ts'
import type { ConditionValues } from '../../../../access/policy/text-pattern.ts'
import { type Principal, type PrincipalNames, principalNames } from '../../../../access/principal.ts'
import { SteadyPace } from '../../../../ground/pace.ts'
import type * as Iam from '../../../../model/generated/iam.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { requestValues } from '../../../request-values.ts'
import { resourcePolicies } from '../../../resource-policies.ts'
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
export async function simulate(
  context: RequestContext,
  policies: readonly SimulatedPolicy[],
  input: Request,
  principal?: Principal,
): Promise<Iam.SimulatePolicyResponse | IamRefusal> {
  const { ActionNames, ResourceArns = ['*'], ContextEntries = [] } = input
  const refused = check(input)
  if (refused) return refused
  const range = rangeOf(ActionNames.length * ResourceArns.length, input)
  if (isRefusal(range)) return range
  const { pace = new SteadyPace() } = context
  const answers = new Answers(policies, context.backend, principal)
  const given = new Map(
    ContextEntries.map(({ ContextKeyName = '', ContextKeyValues = [] }) => [
      ContextKeyName.toLowerCase(),
      ContextKeyValues,
    ]),
  )
  const EvaluationResults: Iam.EvaluationResult[] = []
  for (let place = range.from; place < range.to; place++) {
    const action = ActionNames[Math.floor(place / ResourceArns.length)]!
    const resource = ResourceArns[place % ResourceArns.length]!
    EvaluationResults.push(
      answers.to(
        action,
        resource,
        new SimulatedValues(
          requestValues(context, resource, principal && { principal }),
          given,
          principal !== undefined,
        ),
      ),
    )
    await pace.breathe()
  }
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

/** What the policies say, in the simulator's form. */
class Answers {
  readonly #policies: readonly SimulatedPolicy[]
  readonly #named: readonly NamedPolicy[]
  readonly #backend: RequestContext['backend']
  readonly #principal: Principal | undefined
  /** Made once for each statement that decides. */
  readonly #statements = new Map<string, Iam.Statement>()

  constructor(
    policies: readonly SimulatedPolicy[],
    backend: RequestContext['backend'],
    principal: Principal | undefined,
  ) {
    this.#policies = policies
    this.#backend = backend
    this.#principal = principal
    this.#named = policies.map(({ policy }) => policy)
  }

  to(action: string, resource: string, values: SimulatedValues): Iam.EvaluationResult {
    const decision = evaluateTogether(
      { ofIdentity: this.#named, ofResource: this.#ofResource(action, resource) },
      { action, resource, context: values },
      () => this.#names(),
    )
    return {
      ...{ EvalActionName: action, EvalResourceName: resource, EvalDecision: decisions[decision.kind] },
      MatchedStatements:
        decision.kind === 'notAllowed'
          ? []
          : [decision.basedOn === 'resource' ? inBucketPolicy(decision.by) : this.#statement(decision.by)],
      MissingContextValues: [...values.missing],
    }
  }

  /** A user meets the policies of buckets. The simulation of a group, a role or documents is of these alone. */
  #ofResource(action: string, resource: string): readonly NamedPolicy[] {
    const principal = this.#principal
    return principal ? resourcePolicies(this.#backend.objects, resource, { principal, action }) : []
  }

  #names(): PrincipalNames {
    if (!this.#principal) throw new Error('the policy of a resource is asked for nobody')
    return principalNames(this.#backend.account, this.#principal)
  }

  #statement(by: DecidedBy): Iam.Statement {
    const name = `${by.statement} ${by.policy}`
    const known = this.#statements.get(name)
    if (known) return known
    const { source, text } = this.#policies.find(({ policy }) => policy.name === by.policy)!
    const made = { SourcePolicyId: by.policy, SourcePolicyType: source, ...statementPosition(text, by) }
    this.#statements.set(name, made)
    return made
  }
}

/** Who simulates need not be allowed to read the policy, so its text is not shown. */
function inBucketPolicy({ policy, statement }: DecidedBy): Iam.Statement {
  return { SourcePolicyId: `${policy}, statement ${statement}`, SourcePolicyType: 'resource' }
}

/** The values that the simulation is given, then what is known of the user and the resource. */
class SimulatedValues implements ConditionValues {
  readonly missing = new Set<string>()
  readonly #given: ReadonlyMap<string, readonly string[]>
  readonly #known: ConditionValues
  readonly #unknown: RegExp

  constructor(known: ConditionValues, given: ReadonlyMap<string, readonly string[]>, isUser: boolean) {
    this.#known = known
    this.#given = given
    this.#unknown = isUser ? ofRequest : ofRequestOrPrincipal
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
