/**
 * Measures how far the clock of the engine's host is from ours. The engine may be on another
 * machine.
 */
export interface EngineClock {
  /**
   * Takes the time from an answer of the engine. `asked` is what `ask` returned before the call.
   */
  heard(systemTime: string | undefined, asked: Asked): void
  ask(): Asked
  /** Returns the same moment by our clock. */
  toOurs(engineMs: number): number
}

export interface Asked {
  readonly wallMs: number
  readonly steadyMs: number
}

/** Clocks that are kept in step differ by less than this. A smaller difference is ignored. */
const sameWithinMs = 2_000

export function createEngineClock(): EngineClock {
  let aheadMs = 0
  const ask = () => ({ wallMs: Date.now(), steadyMs: performance.now() })
  return {
    ask,
    heard(systemTime, asked) {
      const engineMs = Date.parse(systemTime ?? '')
      const { wallMs, steadyMs } = ask()
      const tookMs = steadyMs - asked.steadyMs
      // Our own clock was set while the engine answered. The next answer will do.
      if (Number.isNaN(engineMs) || Math.abs(wallMs - asked.wallMs - tookMs) > sameWithinMs) return
      const measuredMs = engineMs - (asked.wallMs + tookMs / 2)
      aheadMs = Math.abs(measuredMs) <= sameWithinMs + tookMs / 2 ? 0 : Math.round(measuredMs)
    },
    toOurs: (engineMs) => engineMs - aheadMs,
  }
}
