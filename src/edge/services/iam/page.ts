/** Pages of IAM's lists: `MaxItems` and `Marker` in, `IsTruncated` and `Marker` out. */
import { type IamRefusal, iamRefusal } from '../../../access/identities/iam-refusal.ts'
import { limits } from '../../../model/limits.ts'

export interface PageRequest {
  readonly MaxItems?: number
  readonly Marker?: string
}

interface Page<Item> {
  readonly items: readonly Item[]
  /** The last members of the answer. */
  readonly end: { readonly IsTruncated: boolean; readonly Marker?: string }
}

/**
 * Sorts the items by their keys. A marker holds the last key of its page, so that what is made or
 * deleted between two pages neither repeats an item nor skips one. The marker has passed `checkMarker`.
 */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { MaxItems = limits.iamPage, Marker }: PageRequest,
): Page<Item> {
  const after = Marker === undefined ? undefined : keyIn(Marker)
  const rest = items
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => after === undefined || key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const shown = rest.slice(0, MaxItems)
  const end =
    shown.length < rest.length ? { IsTruncated: true, Marker: markerAfter(shown.at(-1)!.key) } : { IsTruncated: false }
  return { items: shown.map(({ item }) => item), end }
}

/**
 * The indexes of a page of a list that is made page by page: from `from` up to `to`, which is not in
 * it. The marker has passed `checkMarker`, and is refused if it is one of another kind of list.
 */
export function rangeOf(
  total: number,
  { MaxItems = limits.iamPage, Marker }: PageRequest,
): { readonly from: number; readonly to: number; readonly end: Page<never>['end'] } | IamRefusal {
  const after = Marker === undefined ? '0' : keyIn(Marker)
  if (!/^[0-9]{1,15}$/.test(after)) return invalidMarker()
  const from = Math.min(Number(after), total)
  const to = Math.min(from + MaxItems, total)
  return { from, to, end: to < total ? { IsTruncated: true, Marker: markerAfter(String(to)) } : { IsTruncated: false } }
}

const prefix = 'after.'

function markerAfter(key: string): string {
  return `${prefix}${Buffer.from(key).toString('base64url')}`
}

function keyIn(marker: string): string {
  return Buffer.from(marker.slice(prefix.length), 'base64url').toString()
}

/** Refuses a marker that no page of ours ended with. */
export function checkMarker(marker: string): IamRefusal | undefined {
  return marker.startsWith(prefix) ? undefined : invalidMarker()
}

function invalidMarker(): IamRefusal {
  return iamRefusal('ValidationError', 'Invalid Marker.')
}

export function byName({ name }: { readonly name: string }): string {
  return name
}

/** Whether something is below the path that a list asks for. */
export function isBelow({ PathPrefix = '/' }: { readonly PathPrefix?: string }) {
  return ({ path }: { readonly path: string }): boolean => path.startsWith(PathPrefix)
}
