/**
 * The order of deaths in a run: every named point at least once if there are enough kills, and the
 * rest drawn by the seed.
 */
import { failpoints } from '../../src/server/failpoints.ts'
import { type WirePoint, wirePoints } from './killing-proxy.ts'
import type { Random } from './random.ts'
import type { DriverName } from './workload.ts'

export type Death =
  | { readonly at: 'random'; readonly afterMs: number }
  /** See src/server/failpoints.ts. */
  | { readonly at: 'failpoint'; readonly name: string; readonly n: number }
  | { readonly at: 'wire'; readonly name: WirePoint; readonly n: number }
  /** The server is stopped (SIGSTOP) for that long first, and continues for a moment. */
  | { readonly at: 'pause'; readonly afterMs: number; readonly forMs: number }
  /** The server is killed, and stays away for that long. */
  | { readonly at: 'absence'; readonly afterMs: number; readonly forMs: number }

/** Points that every command passes come far more often than points that an attempt passes. */
const mostPasses: Record<string, number> = {
  'before-append': 40,
  'after-append-before-reply': 40,
  'after-log-append': 30,
  'during-recovery': 12,
  'before-stop': 1,
  'delete asked': 8,
}
const usualPasses = 10

export interface DeathOptions {
  readonly kills: number
  readonly driver: DriverName
  readonly random: Random
  /** The longest time between the server's start and a random death. */
  readonly longestLifeMs: number
  /** The share of the passes above: less for a short run. */
  readonly passes: number
  /** How long the server is stopped once, and away once. Absent: never. */
  readonly pauseMs?: number | undefined
  readonly absenceMs?: number | undefined
}

export function planDeaths({
  kills,
  driver,
  random,
  longestLifeMs,
  passes,
  pauseMs,
  absenceMs,
}: DeathOptions): Death[] {
  const times = (name: string) => {
    const most = Math.max(1, Math.round((mostPasses[name] ?? usualPasses) * passes))
    return random.between(1, most)
  }
  const atRandom = (): Death => ({ at: 'random', afterMs: random.between(50, longestLifeMs) })
  const named: (() => Death)[] = [
    ...failpoints.map((name) => (): Death => ({ at: 'failpoint', name, n: times(name) })),
    ...(driver === 'docker' ? wirePoints : []).map((name) => (): Death => ({ at: 'wire', name, n: times(name) })),
  ]
  // The first death finds a server that has nothing to recover yet.
  const deaths: Death[] = [atRandom()]
  const rounds = shuffled(named, random)
  while (deaths.length < kills) {
    const next = rounds.shift()
    if (next) deaths.push(next())
    else deaths.push(random.between(0, 1) === 0 ? atRandom() : random.pick(named)())
  }
  const planned = deaths.slice(0, kills)
  const afterMs = () => random.between(200, longestLifeMs)
  // Placed among the others, when jobs are under way.
  const amidst = (death: Death) => void planned.splice(random.between(1, planned.length), 0, death)
  if (pauseMs !== undefined) amidst({ at: 'pause', afterMs: afterMs(), forMs: pauseMs })
  if (absenceMs !== undefined) amidst({ at: 'absence', afterMs: afterMs(), forMs: absenceMs })
  return planned
}

/** Returns the points at which no server of the run died. */
export function neverDiedAt(driver: DriverName, deaths: ReadonlyMap<string, number>): string[] {
  return [...failpoints, ...(driver === 'docker' ? wirePoints : [])].filter((name) => !deaths.has(name))
}

export function nameOf(death: Death): string {
  if (death.at === 'random') return 'any moment'
  if (death.at === 'pause') return 'after it was stopped'
  return death.at === 'absence' ? 'and away' : death.name
}

export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list]
  return list.map(() => left.splice(random.between(0, left.length - 1), 1)[0]!)
}
