/** Pages of EC2's lists. A token holds the name of the last item before the page. */
import type { Ec2ErrorCode, Refusal } from '../../../model/refusal.ts'

interface Asked {
  readonly MaxResults?: number
  readonly NextToken?: string
  readonly DryRun?: boolean
}

interface Bounds {
  readonly least: number
  readonly most: number
}

/** `items` are sorted by `nameOf`. */
export function pageOf<Item>(
  { MaxResults, NextToken, DryRun }: Asked,
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { least, most }: Bounds,
): { readonly page: readonly Item[]; readonly NextToken?: string } | Refusal {
  if (DryRun) return ec2Refusal('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.')
  if (MaxResults !== undefined && (MaxResults < least || MaxResults > most)) {
    const text = `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between ${least} and ${most}.`
    return ec2Refusal('InvalidParameterValue', text)
  }
  const after = NextToken === undefined ? '' : nameIn(NextToken)
  if (after === undefined) return ec2Refusal('InvalidParameterValue', 'Unable to parse pagination token')
  const rest = items.filter((item) => nameOf(item) > after)
  const page = rest.slice(0, MaxResults ?? most)
  if (page.length === rest.length) return { page }
  return { page, NextToken: tokenAfter(nameOf(page.at(-1)!)) }
}

function tokenAfter(name: string): string {
  return Buffer.from(JSON.stringify([name])).toString('base64url')
}

/** Undefined if the token is not ours. */
function nameIn(token: string): string | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    const [name] = Array.isArray(parts) && parts.length === 1 ? parts : []
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

/** Of a list of names that the request gives. */
export function complainOfNumber(member: string, names: readonly string[] | undefined, most: number) {
  if (!names || names.length <= most) return undefined
  return ec2Refusal('InvalidParameterValue', `The parameter ${member} can have at most ${most} values`)
}

export function ec2Refusal(code: Ec2ErrorCode, message: string): Refusal {
  return { kind: 'refusal', code, message }
}
