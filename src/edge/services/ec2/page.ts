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
  if (DryRun) return ec2Refusal('InvalidParameterValue', 'openbatch does not offer DryRun.')
  if (MaxResults !== undefined && (MaxResults < least || MaxResults > most)) {
    const text = `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between ${least} and ${most}.`
    return ec2Refusal('InvalidParameterValue', text)
  }
  const after = NextToken === undefined ? '' : Buffer.from(NextToken, 'base64url').toString()
  const rest = NextToken === undefined ? items : items.filter((item) => nameOf(item) > after)
  const page = rest.slice(0, MaxResults ?? most)
  if (page.length === rest.length) return { page }
  return { page, NextToken: Buffer.from(nameOf(page.at(-1)!)).toString('base64url') }
}

export function ec2Refusal(code: Ec2ErrorCode, message: string): Refusal {
  return { kind: 'refusal', code, message }
}
