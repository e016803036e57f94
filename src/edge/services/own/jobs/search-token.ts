/**
 * The token of a search's next page: the place after which it continues, and the moment for which
 * the duration of running jobs counts, so that all pages have one order. It is sealed, because the
 * number of a submission tells how many jobs there are. It serves its own search, caller and sight.
 */
import { SealedTokens } from '../../../../access/sealed-tokens.ts'
import { stableId } from '../../../../ground/stable-id.ts'
import type { Refusal } from '../../../../model/refusal.ts'
import type { TimeMs } from '../../../../model/time.ts'
import type { SearchPlace } from '../../../../store/search/job-search.ts'
import type { RequestContext } from '../../../context.ts'
import { sightOf } from '../../../sight.ts'
import { invalidToken } from '../../batch/paging.ts'

export interface SearchContinued {
  readonly after: SearchPlace
  readonly nowMs: TimeMs
}

const tokens = new SealedTokens('search pages')

export function writeSearchToken(context: RequestContext, { after, nowMs }: SearchContinued, of: unknown): string {
  const text = JSON.stringify([after.value, after.at, nowMs])
  return tokens.seal(context.backend.identities.sealingKeys, text, boundTo(context, of))
}

export function readSearchToken(
  context: RequestContext,
  token: string | undefined,
  of: unknown,
): SearchContinued | undefined | Refusal {
  if (token === undefined) return undefined
  const text = tokens.open(context.backend.identities.sealingKeys, token, boundTo(context, of))
  if (text === undefined) return invalidToken()
  const [value, at, nowMs] = JSON.parse(text) as [SearchPlace['value'], number, TimeMs]
  return { after: { value, at }, nowMs }
}

/** A digest, because the users whose jobs are seen may be many. */
function boundTo(context: RequestContext, of: unknown): string {
  const { userId, session } = context.principal
  const role = session?.assumedRole?.id
  return stableId(JSON.stringify([userId, role, session?.attempt, sightOf(context).owners, of]))
}
