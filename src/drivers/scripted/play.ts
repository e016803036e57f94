import { limits } from '../../model/limits.ts'
import type { TimeMs } from '../../model/time.ts'
import type { ScriptStep } from './script.ts'

/**
 * What a scripted attempt does and when, worked out from its start time alone. No timer has to
 * fire, so the attempt continues while no server runs.
 */
export interface Play {
  readonly prints: readonly Print[]
  /** Times at which the whole engine cannot be reached. */
  readonly outages: readonly { fromMs: TimeMs; toMs: TimeMs }[]
  readonly ending: Ending
}

export interface Print {
  readonly atMs: TimeMs
  readonly step: Extract<ScriptStep, { do: 'print' | 'print-long' }>
}

export type Ending =
  | { kind: 'exits'; atMs: TimeMs; exitCode: number; outOfMemory: boolean }
  | { kind: 'vanishes'; atMs: TimeMs }
  /** Its host went away, and the attempt with it. */
  | { kind: 'lost'; atMs: TimeMs }
  /** Nothing more happens until the gate opens or the attempt is stopped. */
  | { kind: 'waits' }

export interface Circumstances {
  readonly startedAtMs: TimeMs
  /** SIGTERM at `atMs`, SIGKILL at `killAtMs`. */
  readonly stop?: { readonly atMs: TimeMs; readonly killAtMs: TimeMs }
  /** When the host went away. */
  readonly lostAtMs?: TimeMs
  /** When the gate was opened; undefined while it is closed. */
  gateOpenedAtMs(gate: string): TimeMs | undefined
}

export function play(
  steps: readonly ScriptStep[],
  { startedAtMs, stop, lostAtMs = Number.POSITIVE_INFINITY, gateOpenedAtMs }: Circumstances,
): Play {
  const prints: Print[] = []
  const outages: { fromMs: TimeMs; toMs: TimeMs }[] = []
  const termAtMs = stop?.atMs ?? Number.POSITIVE_INFINITY
  const killAtMs = stop?.killAtMs ?? Number.POSITIVE_INFINITY
  let onTerm: 'die' | 'ignore' | 'trap' = 'die'
  let trapCode = 143
  let nowMs = startedAtMs
  const done = (ending: Ending): Play => ({ prints, outages, ending })
  const exits = (atMs: TimeMs, exitCode: number, outOfMemory = false) =>
    done({ kind: 'exits', atMs, exitCode, outOfMemory })

  /**
   * Continues to `atMs`. Returns the play if a signal ends it on the way. A signal comes after
   * everything that was due in its millisecond, because that may have been read already.
   */
  const goOn = (atMs: TimeMs): Play | undefined => {
    // A signal that came while ignored has no later effect. Only the SIGKILL of that stop is left.
    const obeysTerm = onTerm !== 'ignore' && termAtMs >= nowMs && termAtMs < atMs
    if (lostAtMs < Math.min(atMs, obeysTerm ? termAtMs : killAtMs)) return done({ kind: 'lost', atMs: lostAtMs })
    if (obeysTerm) {
      if (onTerm === 'die') return exits(termAtMs, 143)
      prints.push({ atMs: termAtMs, step: { do: 'print', text: 'got TERM' } })
      return exits(termAtMs, trapCode)
    }
    if (killAtMs < atMs) return exits(Math.max(killAtMs, nowMs), 137)
    nowMs = atMs
    return undefined
  }

  if (termAtMs < startedAtMs) return exits(termAtMs, 143)
  if (lostAtMs < startedAtMs) return done({ kind: 'lost', atMs: lostAtMs })
  for (const step of steps) {
    switch (step.do) {
      case 'print':
      case 'print-long':
        prints.push({ atMs: nowMs, step })
        break
      case 'run': {
        const ended = goOn(nowMs + step.ms)
        if (ended) return ended
        break
      }
      case 'wait': {
        const openedAtMs = step.gate === undefined ? undefined : gateOpenedAtMs(step.gate)
        const ended = goOn(openedAtMs === undefined ? Number.POSITIVE_INFINITY : Math.max(nowMs, openedAtMs))
        if (ended) return ended
        if (openedAtMs === undefined) return done({ kind: 'waits' })
        break
      }
      case 'unreachable':
        outages.push({ fromMs: nowMs, toMs: nowMs + step.ms })
        break
      case 'ignore-term':
        onTerm = 'ignore'
        break
      case 'trap-term':
        onTerm = 'trap'
        trapCode = step.code ?? 143
        break
      case 'exit':
        return exits(nowMs, step.code)
      case 'oom':
        return exits(nowMs, 137, true)
      case 'lose-host':
        return done({ kind: 'lost', atMs: nowMs })
      case 'vanish':
        return done({ kind: 'vanishes', atMs: nowMs })
    }
  }
  return exits(nowMs, 0)
}

/**
 * How long the attempt waits before it runs and why (`pull`), and what the start answers
 * (`fail-to-start`, `lose-reply`).
 */
export function aboutTheStart(steps: readonly ScriptStep[]): {
  failure?: string
  pullMs: number
  pullWhy?: string
  loseReply: boolean
} {
  let failure: string | undefined
  let pullWhy: string | undefined
  let pullMs = 0
  let loseReply = false
  for (const step of steps) {
    if (step.do === 'fail-to-start') failure = step.reason
    if (step.do === 'pull') {
      pullMs += step.ms
      pullWhy = step.why ?? pullWhy
    }
    if (step.do === 'lose-reply') loseReply = true
  }
  return {
    ...(failure === undefined ? {} : { failure }),
    ...(pullWhy === undefined ? {} : { pullWhy }),
    ...{ pullMs, loseReply },
  }
}

/** The log entries of a print, made one by one because a print may stand for millions. */
export function* linesOf({ step }: Print): Generator<string> {
  if (step.do === 'print') {
    for (let index = 1; index <= (step.times ?? 1); index++) {
      const text = step.times === undefined ? step.text : `${step.text} ${index}`
      for (const line of text.split('\n')) yield* pieces(line)
    }
    return
  }
  const unitBytes = Buffer.byteLength(step.text)
  const perPiece = Math.max(1, Math.floor(limits.logLineBytes / unitBytes))
  for (let left = Math.floor(step.bytes / unitBytes); left > 0; left -= perPiece) {
    yield step.text.repeat(Math.min(left, perPiece))
  }
}

function* pieces(line: string): Generator<string> {
  if (Buffer.byteLength(line) <= limits.logLineBytes) {
    if (line !== '') yield line
    return
  }
  let piece = ''
  let bytes = 0
  for (const character of line) {
    const size = Buffer.byteLength(character)
    if (bytes + size > limits.logLineBytes) {
      yield piece
      piece = ''
      bytes = 0
    }
    piece += character
    bytes += size
  }
  yield piece
}
