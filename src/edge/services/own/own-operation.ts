/** An operation of openbatch's own API under `/api/`: its path beside what every operation has. */
import type { Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import type { LongReadKind, Operation } from '../../operation.ts'
import { restJson } from '../../protocols/rest-json.ts'
import type { SignedRoute } from '../../service.ts'

export interface OwnOperation extends Operation {
  readonly route: SignedRoute
}

interface Definition<Input, Output> {
  readonly method: 'GET' | 'POST'
  /** Parameters are written as `:jobId`. They and the query's make up the input. */
  readonly path: string
  /** The name of the operation that it is authorised as. */
  readonly authorisedAs?: string
  /** Default `*`. */
  readonly resource?: (input: Input, context: RequestContext) => string
  readonly longRead?: LongReadKind
  readonly needsNoPermission?: true
  /** Parameters of the query that may be given several times: each is a list. */
  readonly lists?: readonly string[]
  readonly handle: (input: Input, context: RequestContext) => Output | Refusal | Promise<Output | Refusal>
}

/** `name` is also its action's name unless another is given: `openbatch:ExplainJob`. */
export function defineOwnOperation<Input extends object, Output>(
  name: string,
  { method, path, authorisedAs = name, resource = () => '*', lists = [], ...own }: Definition<Input, Output>,
): OwnOperation {
  const action = `openbatch:${authorisedAs}`
  const operation = { service: 'openbatch', name, action, resource, ...own } as Operation
  return {
    ...operation,
    route: {
      ...{ method, url: path, signedFor: 'batch', protocol: restJson, writer: restJson, body: 'whole' },
      parse: ({ request: { params, query } }) => ({
        operation,
        input: { ...textsIn(query as object, lists), ...(params as object) },
      }),
    },
  }
}

/** Each operation at its path. Throws for an operation without a path. */
export function routesOf(operations: ReadonlyMap<string, Operation>): SignedRoute[] {
  return [...operations.values()].map((operation) => {
    if (!('route' in operation)) throw new Error(`${operation.name} has no path`)
    return (operation as OwnOperation).route
  })
}

/** A parameter that is given twice and is not a list counts as missing. */
function textsIn(query: object, lists: readonly string[]): Record<string, string | string[]> {
  const texts: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(query as Record<string, string | string[]>))
    if (lists.includes(name)) texts[name] = [value].flat()
    else if (typeof value === 'string') texts[name] = value
  return texts
}

/** The answer for a page that does not exist. AWS's services answer 400 instead. */
export function notFound(message: string): Refusal {
  return { kind: 'refusal', code: 'ClientException', message, httpStatus: 404 }
}
