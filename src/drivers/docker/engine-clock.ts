/** How far the clock of the engine's host is from ours: an engine may be another machine's. */
export interface EngineClock {
  /** Takes the time that an answer of the engine held. `asked` is what `ask` gave before. */
  heard(systemTime: string | undefined, asked: Asked): void
  ask(): Asked
  /** The same moment by our clock. */
  toOurs(engineMs: number): number
}

export interface Asked {
  readonly wallMs: number
  readonly steadyMs: number
}

/** Clocks that are kept in step differ by less. What differs by less is taken as it is. */
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
      // Our own clock was set while the engine answered: the next answer tells.
      if (Number.isNaN(engineMs) || Math.abs(wallMs - asked.wallMs - tookMs) > sameWithinMs) return
      const measuredMs = engineMs - (asked.wallMs + tookMs / 2)
      aheadMs = Math.abs(measuredMs) <= sameWithinMs + tookMs / 2 ? 0 : Math.round(measuredMs)
    },
    toOurs: (engineMs) => engineMs - aheadMs,
  }
}
