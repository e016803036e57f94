/** What an AWS operation is here: its name, what it touches, and what it does. One file each, listed by `createApi`. */
import type { BatchOperations } from '../model/generated/batch.ts'
import type { LogsOperations } from '../model/generated/logs.ts'
import type { Refusal } from '../model/refusal.ts'
import type { RequestContext } from './context.ts'
import type { LongReadKind } from './long-reads.ts'

export type ServiceName = 'batch' | 'logs' | 'sts'

export interface Operation {
  readonly service: ServiceName
  readonly name: string
  /** As policies name it: `batch:SubmitJob`. */
  readonly action: string
  /** Reads so much that calls of its kind take turns. */
  readonly longRead?: LongReadKind
  /** What it touches: an ARN, several (all must be allowed), or `*`. The input has its shape but not yet its sense. */
  resource(input: never, context: RequestContext): string | readonly string[]
  /** Input and output are as the generated shapes say; the input holds no nulls and no unknown members. */
  handle(input: never, context: RequestContext): unknown | Refusal | Promise<unknown | Refusal>
}

interface Definition<Input, Output> {
  /** Where AWS authorises it as another: that one's name. */
  readonly authorisedAs?: string
  readonly longRead?: LongReadKind
  readonly resource: (input: Input, context: RequestContext) => string | readonly string[]
  readonly handle: (input: Input, context: RequestContext) => Output | Refusal | Promise<Output | Refusal>
}

type StsOperations = {
  GetCallerIdentity: { input: Record<string, never>; output: { UserId: string; Account: string; Arn: string } }
}
type Shapes = { batch: BatchOperations; logs: LogsOperations; sts: StsOperations }

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

/** The operations offered, by service and name. Throws for one given twice. */
export function operationTable(operations: readonly Operation[]): ReadonlyMap<string, Operation> {
  const table = new Map<string, Operation>()
  for (const operation of operations) {
    const key = `${operation.service}:${operation.name}`
    if (table.has(key)) throw new Error(`the operation ${key} is registered twice`)
    table.set(key, operation)
  }
  return table
}
