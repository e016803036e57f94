/** Work side by side, with a limit on how much, and as much taken from the source as runs. */

/** Rejects with the first error, after what runs has ended. */
export async function eachAtOnce<T>(
  source: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  let failed: { error: unknown } | undefined
  for await (const item of source) {
    if (failed) break
    const one = work(item)
      .catch((error: unknown) => {
        failed ??= { error }
      })
      .finally(() => running.delete(one))
    running.add(one)
    if (running.size >= width) await Promise.race(running)
  }
  await Promise.all(running)
  if (failed) throw failed.error
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
