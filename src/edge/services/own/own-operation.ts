/** An operation of openbatch's own API under `/api/`: its path beside what every operation has. */
import type { Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import type { LongReadKind, Operation } from '../../operation.ts'
import type { Protocol } from '../../protocols/protocol.ts'
import { restJson } from '../../protocols/rest-json.ts'
import type { SignedRoute } from '../../service.ts'

export interface RoutedOperation extends Operation {
  readonly route: SignedRoute
}

export interface OwnOperation extends RoutedOperation {
  readonly described: Described
}

/** What the description of the API says of an operation; scripts/documents/openapi.ts. */
export interface Described {
  /** A phrase. */
  readonly summary: string
  /** The name of the answer's type in `src/wire`. */
  readonly answers: string
  readonly contentType: string
  /** What the parameters of the query mean. Those of `lists` may be given several times. */
  readonly query: Readonly<Record<string, string>>
  readonly lists: readonly string[]
  /** Those without which the request is refused. */
  readonly needed: readonly string[]
}

interface Definition<Input, Output> {
  readonly method: 'GET' | 'POST'
  /** Parameters are written as `:jobId`. They and the query's make up the input. */
  readonly path: string
  /** The name of the operation of ours that it is authorised as. */
  readonly authorisedAs?: string
  /** The action of AWS that it is authorised as, instead. */
  readonly action?: string
  readonly alsoAsks?: readonly string[]
  readonly summary: string
  readonly answers: string
  /** Default: JSON. */
  readonly contentType?: string
  readonly writer?: Protocol
  readonly watches?: true
  readonly query?: { readonly [Name in keyof Input]?: string }
  /** Default `*`. */
  readonly resource?: (input: Input, context: RequestContext) => string
  readonly longRead?: LongReadKind
  readonly needsNoPermission?: true
  /** Parameters of the query that may be given several times: each is a list. */
  readonly lists?: readonly string[]
  /** Parameters of the query without which `handle` refuses. */
  readonly needed?: readonly string[]
  readonly handle: (input: Input, context: RequestContext) => Output | Refusal | Promise<Output | Refusal>
}

/** `name` is also its action's name unless another is given: `openbatch:ExplainJob`. */
export function defineOwnOperation<Input extends object, Output>(
  name: string,
  definition: Definition<Input, Output>,
): OwnOperation {
  const {
    method,
    path,
    authorisedAs = name,
    resource = () => '*',
    lists = [],
    needed = [],
    query = {},
    ...more
  } = definition
  const {
    summary,
    answers,
    contentType = 'application/json',
    writer = restJson,
    action = `openbatch:${authorisedAs}`,
    ...own
  } = more
  const operation = { service: 'openbatch', name, action, resource, ...own } as Operation
  return {
    ...operation,
    described: { summary, answers, contentType, query: query as Described['query'], lists, needed },
    route: {
      ...{ method, url: path, signedFor: 'batch', protocol: restJson, writer, body: 'whole', orSession: true },
      parse: ({ request }) => ({
        operation,
        input: { ...textsIn(request.query as object, lists), ...(request.params as object) },
      }),
    },
  }
}

/** Each operation at its path. Throws for an operation without a path. */
export function routesOf(operations: ReadonlyMap<string, Operation>): SignedRoute[] {
  return [...operations.values()].map((operation) => {
    if (!('route' in operation)) throw new Error(`${operation.name} has no path`)
    return (operation as RoutedOperation).route
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
