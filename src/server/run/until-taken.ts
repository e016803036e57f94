/**
 * Repeats the server's own commands, which no client repeats: a full disk or a full queue delays
 * them, and loses none.
 */
import type { Command } from '../../core/decision.ts'
import { backoffMs } from '../../ground/backoff.ts'
import { delay } from '../../ground/timers.ts'
import { isRefusal } from '../../model/refusal.ts'
import type { Loop } from '../loop/loop.ts'

/** Resolves once the loop took the command, or when the signal is aborted. */
export async function untilTaken(
  loop: Pick<Loop, 'execute'>,
  command: Command,
  signal: AbortSignal,
  wait: typeof delay = delay,
): Promise<void> {
  for (let tries = 0; !signal.aborted; tries++) {
    if (!isRefusal(await loop.execute(command))) return
    await wait(backoffMs(tries), signal)
  }
}
