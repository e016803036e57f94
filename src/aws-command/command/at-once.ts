/** Work side by side, with a limit on how much, and as much taken from the source as runs. */

/**
 * Rejects with the first error, after what runs has ended. Once something failed, nobody waits for
 * the next item, because the source may be silent for long.
 */
export async function eachAtOnce<T>(
  source: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const items = iterate(source)
  let running = 0
  let failed: { readonly error: unknown } | undefined
  let wake = () => {}
  const change = () => new Promise<void>((resolve) => (wake = resolve))
  const fail = (error: unknown) => {
    failed ??= { error }
    wake()
  }
  while (!failed) {
    let arrived: IteratorResult<T> | undefined
    items.next().then((next) => {
      arrived = next
      wake()
    }, fail)
    while (!arrived && !failed) await change()
    if (!arrived || arrived.done || failed) break
    running++
    work(arrived.value)
      .catch(fail)
      .finally(() => {
        running--
        wake()
      })
    while (running >= width && !failed) await change()
  }
  while (running > 0) await change()
  if (!failed) return
  // A source that waits for something ends when that comes.
  items.return(undefined).catch(() => {})
  throw failed.error
}

async function* iterate<T>(source: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  yield* source
}

/** `[number, start, end]` of the parts of so many bytes. The first is number 1. */
export function* partsOf(bytes: number, partBytes: number): Generator<readonly [number, number, number]> {
  for (let start = 0, number = 1; start < bytes; start += partBytes, number++)
    yield [number, start, Math.min(start + partBytes, bytes)]
}

/** S3 takes 10,000 parts of 5 MiB or more. */
const mostParts = 10_000

/** The part size that was asked for, or the double of it as often as it takes. */
export function partBytesFor(bytes: number, asked: number): number {
  let size = Math.max(asked, 5 * 1_048_576)
  while (bytes > size * mostParts) size *= 2
  return size
}
