/**
 * Defines an operation: its name, its action, the resources it touches, and its handler. Each
 * operation has a file of its own and is listed by its service.
 */
import type { BatchOperations } from '../model/generated/batch.ts'
import type { Ec2Operations } from '../model/generated/ec2.ts'
import type { EcsOperations } from '../model/generated/ecs.ts'
import type { IamOperations } from '../model/generated/iam.ts'
import type { LogsOperations } from '../model/generated/logs.ts'
import type { SecretsmanagerOperations } from '../model/generated/secretsmanager.ts'
import type { SsmOperations } from '../model/generated/ssm.ts'
import type { Refusal } from '../model/refusal.ts'
import type { RequestContext } from './context.ts'

/**
 * A `search` goes through much and finds little; a `page` reads what it answers; a `jobSearch` is
 * done by a thread of its own. Reads of one kind do not hold up those of another.
 */
export type LongReadKind = 'search' | 'page' | 'jobSearch'

export interface Operation {
  readonly service: string
  readonly name: string
  /** The action's name in policies: `batch:SubmitJob`. */
  readonly action: string
  /** Further actions whose permission the handler asks for. A caller without them may still call. */
  readonly alsoAsks?: readonly string[]
  /** Reads so much that calls of its kind take turns. */
  readonly longRead?: LongReadKind
  /** Open to everybody who can sign, whatever policies say. */
  readonly needsNoPermission?: true
  /** Audited, although its name says that it reads: the answer holds credentials. */
  readonly givesRights?: true
  /** Not audited where it is allowed, although its name says that it changes something: there are too many of it. */
  readonly notAudited?: true
  /** A refused resource does not refuse the call. The handler finds it in `context.refused` and answers for it. */
  readonly refusesEach?: true
  /** Answers for as long as its client listens, and finds `context.watch`. */
  readonly watches?: true
  /** Also answered while memory cannot be trusted. */
  readonly inTrouble?: true
  /**
   * What the call touches: an ARN, several (all must be allowed), or `*`. The input's shape is
   * checked, its meaning is not.
   */
  resource(input: never, context: RequestContext): string | readonly string[]
  /** What the audit names beside the resources: the ARN of the policy that is attached, or of the user who joins a group. */
  mentions?(input: never, context: RequestContext): string
  /**
   * Values of the operation's own condition keys, as in `batch:ShareIdentifier`. A request for several things at once has a set
   * of values for each, and each must be allowed. A function is called if a policy asks.
   */
  conditionValues?(input: never): readonly (OwnConditionValues | (() => OwnConditionValues))[]
  /**
   * Reads what policies ask of the call and its input does not say. Undefined if they ask for nothing.
   * Only operations whose bodies are streams have it.
   */
  readAsked?(input: never, context: RequestContext): Promise<unknown> | undefined
  /**
   * Called when policies refuse the call, before it is answered so. Throws another failure where the caller may know more: that
   * there is nothing to refuse.
   */
  whenRefused?(input: never, context: RequestContext): Promise<void>
  /** Input and output are as the generated shapes say; the input holds no nulls and no unknown members. */
  handle(input: never, context: RequestContext): unknown | Refusal | Promise<unknown | Refusal>
}

/** By condition key, as AWS writes it. */
export type OwnConditionValues = Readonly<Record<string, readonly string[]>>

interface Definition<Input, Output> {
  /** The name of the operation that AWS authorises it as. */
  readonly authorisedAs?: string
  readonly needsNoPermission?: true
  readonly givesRights?: true
  readonly notAudited?: true
  readonly refusesEach?: true
  readonly longRead?: LongReadKind
  readonly alsoAsks?: readonly string[]
  readonly resource: (input: Input, context: RequestContext) => string | readonly string[]
  readonly conditionValues?: (input: Input) => readonly OwnConditionValues[]
  readonly mentions?: (input: Input, context: RequestContext) => string
  readonly handle: (input: Input, context: RequestContext) => Output | Refusal | Promise<Output | Refusal>
}

/** The members of a form, by name. */
type Form = Readonly<Record<string, string>>

type StsOperations = {
  AssumeRole: {
    input: Form
    output: { Credentials: object; AssumedRoleUser: { AssumedRoleId: string; Arn: string } }
  }
  GetCallerIdentity: { input: Form; output: { UserId: string; Account: string; Arn: string } }
  GetSessionToken: { input: Form; output: { Credentials: object } }
}
type Shapes = {
  batch: BatchOperations
  logs: LogsOperations
  iam: IamOperations
  sts: StsOperations
  ec2: Ec2Operations
  ecs: EcsOperations
  ssm: SsmOperations
  secretsmanager: SecretsmanagerOperations
}
type ServiceName = keyof Shapes

type InputOf<S extends ServiceName, N extends keyof Shapes[S]> = Shapes[S][N] extends { input: infer I } ? I : never
type OutputOf<S extends ServiceName, N extends keyof Shapes[S]> = Shapes[S][N] extends { output: infer O } ? O : never

/** Makes an operation whose input and output have the types of AWS's model. */
export function defineOperation<S extends ServiceName, N extends keyof Shapes[S] & string>(
  service: S,
  name: N,
  definition: Definition<InputOf<S, N>, OutputOf<S, N>>,
): Operation {
  const { authorisedAs = name, ...rest } = definition
  return { service, name, action: `${service}:${authorisedAs}`, ...rest } as Operation
}

/** The operations by name. Throws for a name that occurs twice. */
export function operationsByName(operations: readonly Operation[]): ReadonlyMap<string, Operation> {
  const table = new Map<string, Operation>()
  for (const operation of operations) {
    if (table.has(operation.name)) throw new Error(`the operation ${operation.name} is listed twice`)
    table.set(operation.name, operation)
  }
  return table
}
