/**
 * The machine of a test's server: its clock can be set, and the server can be stopped for a while,
 * as by SIGSTOP.
 */
import type { Driver, Observation } from '../../drivers/driver.ts'
import { driverWith } from '../../drivers/driver-with.testing.ts'
import type { VirtualClock } from '../../drivers/scripted/clock.ts'
import { type Clocks, LookingClock } from '../../ground/looking-clock.ts'
import type { Timers } from '../../ground/timers.ts'

/**
 * `clock` runs evenly, whatever happens. The machine's clock is `clock` plus what was added to it.
 */
export function makeMachine(clock: VirtualClock) {
  const settings: { readonly fromMs: number; readonly aheadMs: number }[] = [{ fromMs: 0, aheadMs: 0 }]
  let paused = false
  const held: (() => void)[] = []
  let released = Promise.resolve()
  let release = () => {}

  const atMachine = (ms: number) => ms + settings.findLast(({ fromMs }) => fromMs <= ms)!.aheadMs
  const at = (ms: number, wake: () => void) => clock.at(ms, () => (paused ? held.push(wake) : wake()))
  const repeat = (everyMs: number, work: () => void) => {
    let cancel: () => void
    const arm = () => {
      cancel = at(clock.now() + everyMs, () => {
        arm()
        work()
      })
    }
    arm()
    return () => cancel()
  }
  const looking = new LookingClock(clock.now, repeat)
  const clocks: Clocks = { now: () => atMachine(clock.now()), steady: clock.now, looked: looking.looked }

  const timers: Timers = {
    delay: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const cancel = at(clock.now() + ms, resolve)
        signal?.addEventListener('abort', () => {
          cancel()
          resolve()
        })
      }),
    wakeAfter: (ms, wake) => at(clock.now() + ms, wake),
  }

  const answered = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } finally {
      await released
    }
  }
  /** The observation as the engine records it, by the machine's clock of the moment. */
  const noted = (seen: Observation): Observation => {
    if (seen.kind !== 'running' && seen.kind !== 'exited' && seen.kind !== 'lost') return seen
    return {
      ...seen,
      ...(seen.startedAtMs === undefined ? {} : { startedAtMs: atMachine(seen.startedAtMs) }),
      ...('stoppedAtMs' in seen ? { stoppedAtMs: atMachine(seen.stoppedAtMs) } : {}),
    } as Observation
  }

  return {
    clocks,
    timers,
    /** Called when the server has been stopped for a while. */
    whenPaused(then: () => void): void {
      looking.onPause(then)
    },
    setClock(byMs: number): void {
      settings.push({ fromMs: clock.now(), aheadMs: settings.at(-1)!.aheadMs + byMs })
    },
    async pause(meanwhile: () => Promise<void>, arrives = () => {}): Promise<void> {
      paused = true
      released = new Promise((resolve) => {
        release = resolve
      })
      await meanwhile()
      paused = false
      // Timers that were due fire first, and the driver's answers follow. This is the worse order
      // of the two.
      for (const wake of held.splice(0)) wake()
      arrives()
      await clock.advance(0)
      release()
    },
    seenFromServer: (driver: Driver): Driver =>
      driverWith(driver, {
        start: (spec, signal, onPending) => answered(driver.start(spec, signal, onPending)),
        stop: (name, graceSeconds) => answered(driver.stop(name, graceSeconds)),
        remove: (name) => answered(driver.remove(name)),
        list: () => answered(driver.list()),
        health: () => answered(driver.health()),
        async inspect(names) {
          const seen = await answered(driver.inspect(names))
          return new Map([...seen].map(([name, one]) => [name, noted(one)]))
        },
        async *streamLogs(name, cursor, signal) {
          for await (const entries of driver.streamLogs(name, cursor, signal)) {
            await released
            yield entries
          }
          await released
        },
      }),
  }
}
