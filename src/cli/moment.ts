/** A time as people write it: `2h` for two hours ago, or a date. */
import { CommandFailure } from './terminal.ts'

const unitMs: Readonly<Record<string, number>> = {
  ...{ s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 },
}

/** ms since 1970. A date without a time is its beginning, here. Throws `CommandFailure`. */
export function momentOf(text: string, nowMs: number): number {
  const [, count, unit] = /^([0-9]{1,6})([smhdw])$/.exec(text) ?? []
  if (unit !== undefined) return Math.max(0, nowMs - Number(count) * unitMs[unit]!)
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text)
  const moment = /^\d{4}-\d\d-\d\d/.test(text)
    ? Date.parse(isDate ? `${text}T00:00` : text.replace(' ', 'T'))
    : Number.NaN
  if (Number.isNaN(moment) || moment < 0)
    throw new CommandFailure(`${text} is not a time: give 90s, 30m, 2h, 7d, 2w, 2026-11-22 or 2026-11-22T08:15`)
  return moment
}

/** A duration in one word: `45s`, `12m`, `3h`, `5d`. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}
