/**
 * Repeats work while an engine or a disk is away, because nothing may be concluded from its
 * failure.
 */
import { DriverUnavailable } from '../../drivers/driver.ts'
import { backoffMs } from '../../ground/backoff.ts'
import { StreamLost } from '../../logs/log-store.ts'
import type { ContainerOwner } from './surroundings.ts'

/**
 * Resolves once the work is done, or when this server releases the attempt. Throws for a log stream
 * that is lost.
 */
export async function untilDone({ around, closing }: ContainerOwner, work: () => Promise<void>): Promise<void> {
  for (let tries = 0; !closing.aborted; tries++) {
    try {
      return await work()
    } catch (err) {
      if (err instanceof StreamLost) throw err
      if (!(err instanceof DriverUnavailable)) around.log.warn({ err }, 'trying again')
      await around.delay(backoffMs(tries), closing)
    }
  }
}
