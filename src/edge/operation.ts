/** What an operation is here: its name, who may call it, what it touches, and what it does. One file each, listed by its service. */
import type { Rule } from '../access/rule.ts'
import type { BatchOperations } from '../model/generated/batch.ts'
import type { LogsOperations } from '../model/generated/logs.ts'
import type { Refusal } from '../model/refusal.ts'
import type { RequestContext } from './context.ts'

/** `search` goes through much and finds little, `page` reads what it answers: a user's searches do not hold up their pages. */
export type LongReadKind = 'search' | 'page'

export interface Operation {
  readonly service: string
  readonly name: string
  /** As policies name it: `batch:SubmitJob`. */
  readonly action: string
  readonly who: Rule
  /** Reads so much that calls of its kind take turns. */
  readonly longRead?: LongReadKind
  /** Answered too while nothing can be answered from memory. */
  readonly inTrouble?: true
  /** What it touches: an ARN, several (all must be allowed), or `*`. The input has its shape but not yet its sense. */
  resource(input: never, context: RequestContext): string | readonly string[]
  /** Input and output are as the generated shapes say; the input holds no nulls and no unknown members. */
  handle(input: never, context: RequestContext): unknown | Refusal | Promise<unknown | Refusal>
}

interface Definition<Input, Output> {
  /** Where AWS authorises it as another: that one's name. */
  readonly authorisedAs?: string
  readonly who: Rule
  readonly longRead?: LongReadKind
  readonly resource: (input: Input, context: RequestContext) => string | readonly string[]
  readonly handle: (input: Input, context: RequestContext) => Output | Refusal | Promise<Output | Refusal>
}

type StsOperations = {
  GetCallerIdentity: { input: Record<string, never>; output: { UserId: string; Account: string; Arn: string } }
}
type Shapes = { batch: BatchOperations; logs: LogsOperations; sts: StsOperations }
type ServiceName = keyof Shapes

type InputOf<S extends ServiceName, N extends keyof Shapes[S]> = Shapes[S][N] extends { input: infer I } ? I : never
type OutputOf<S extends ServiceName, N extends keyof Shapes[S]> = Shapes[S][N] extends { output: infer O } ? O : never

/** Makes an operation whose input and output have the types AWS's model gives them. */
export function defineOperation<S extends ServiceName, N extends keyof Shapes[S] & string>(
  service: S,
  name: N,
  definition: Definition<InputOf<S, N>, OutputOf<S, N>>,
): Operation {
  const { authorisedAs = name, ...rest } = definition
  return { service, name, action: `${service}:${authorisedAs}`, ...rest } as Operation
}

/** The operations by name. Throws for one given twice. */
export function operationsByName(operations: readonly Operation[]): ReadonlyMap<string, Operation> {
  const table = new Map<string, Operation>()
  for (const operation of operations) {
    if (table.has(operation.name)) throw new Error(`the operation ${operation.name} is listed twice`)
    table.set(operation.name, operation)
  }
  return table
}
