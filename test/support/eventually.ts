/**
 * Waits for something that a test can only observe: asks until it is there, and says what was
 * awaited if it never comes.
 */
import { setTimeout as delay } from 'node:timers/promises'

export interface Waiting {
  readonly withinMs?: number
  readonly everyMs?: number
}

/**
 * Resolves with the first answer that is neither undefined nor false. The last error of `probe` is
 * reported as well.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { withinMs = 60_000, everyMs = 100 }: Waiting = {},
): Promise<T> {
  const deadline = Date.now() + withinMs
  let last: unknown
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== false) return answer
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`, { cause: last })
    await delay(everyMs)
  }
}
