/** What `aws s3 sync` has to do: two listings in the same order, side by side. Pure but for the listings. */
import type { Options } from './arguments.ts'
import { inKeyOrder } from './places.ts'
import type { Found } from './sources.ts'

export interface Keyed {
  readonly key: string
  readonly found: Found
}

export type Difference =
  | { readonly kind: 'transfer'; readonly source: Keyed }
  | { readonly kind: 'extra'; readonly found: Found }

export async function* differences(
  source: AsyncGenerator<Keyed>,
  destination: AsyncGenerator<Keyed>,
  isOld: (source: Found, destination: Found) => boolean,
): AsyncGenerator<Difference> {
  let left = await source.next()
  let right = await destination.next()
  while (!left.done || !right.done) {
    const order = left.done ? 1 : right.done ? -1 : inKeyOrder(left.value.key, right.value.key)
    if (order < 0) yield { kind: 'transfer', source: left.value! }
    else if (order > 0) yield { kind: 'extra', found: right.value!.found }
    else if (isOld(left.value!.found, right.value!.found)) yield { kind: 'transfer', source: left.value! }
    if (order <= 0) left = await source.next()
    if (order >= 0) right = await destination.next()
  }
}

/**
 * Whether the destination lacks what the source has. S3's times are whole seconds. A download is
 * compared the other way round: the file has the time of the object that it came from.
 */
export function staleness(options: Options, downloads: boolean): (source: Found, destination: Found) => boolean {
  const seconds = ({ modifiedAt }: Found) => Math.floor(modifiedAt.getTime() / 1000)
  return (source, destination) => {
    if (source.size !== destination.size) return true
    if (options.has('size-only')) return false
    if (!downloads) return seconds(destination) < seconds(source)
    if (options.has('exact-timestamps')) return seconds(destination) !== seconds(source)
    return seconds(destination) > seconds(source)
  }
}
