/**
 * The little language of the scripted driver: each element of a job's command is one step, done in
 * order.
 *
 *     print TEXT [xN]        a line of output, or N lines `TEXT 1` to `TEXT N`
 *     print-env NAME         the variable's value between < and >
 *     print-long TEXT BYTES  one line: TEXT repeated up to that many bytes
 *     run DURATION           goes on for 500ms, 2s, 5m, 1h
 *     wait                   goes on until it is stopped
 *     wait GATE              goes on until `control.openGate(GATE)`
 *     ignore TERM            from here on only SIGKILL ends it
 *     trap TERM [N]          from here on prints `got TERM` when stopped, and exits N or 143
 *     exit N                 ends with this code; without it the end is `exit 0`
 *     exit-at INDEX N        the same, for the child of this index of an array; the others go on
 *     oom                    ends as killed for its memory: 137, out of memory
 *     lose-host              its host goes away, and it with it: it ends, and nobody knows how
 *     vanish                 is gone: the driver denies ever having known it
 *     unreachable DURATION   the whole engine cannot be reached for so long, while the job goes on
 *
 * and, wherever they stand, about the start:
 *
 *     fail-to-start REASON   does not start; REASON should look like `CannotPullContainerError: …`
 *     pull DURATION [WHY]    is `starting` for so long, because of WHY; without it because its image is being pulled
 *     lose-reply             starts, but the answer to the first start is `unknown`
 *
 * A command whose first element is none of these is taken for a plain one: `echo WORDS…` prints its
 * words, `sleep N` takes N seconds, `false` exits 1, and everything else just exits 0. A later
 * element that is none of these fails the start.
 */
export type ScriptStep =
  | { do: 'print'; text: string; times?: number }
  | { do: 'print-long'; text: string; bytes: number }
  | { do: 'run'; ms: number }
  /** Without a gate, waits until it is stopped. */
  | { do: 'wait'; gate?: string }
  | { do: 'ignore-term' }
  | { do: 'trap-term'; code?: number }
  | { do: 'exit'; code: number }
  | { do: 'oom' }
  | { do: 'lose-host' }
  | { do: 'vanish' }
  | { do: 'unreachable'; ms: number }
  | { do: 'fail-to-start'; reason: string }
  | { do: 'pull'; ms: number; why?: string }
  | { do: 'lose-reply' }

export type ParsedScript = { kind: 'script'; steps: ScriptStep[] } | { kind: 'wrong'; reason: string }

/**
 * Parses a job's command. Variables to print are looked up now, so that only the steps need to be
 * kept.
 */
export function parseScript(command: readonly string[], environment: Readonly<Record<string, string>>): ParsedScript {
  const [first] = command
  if (first === undefined) return { kind: 'script', steps: [] }
  if (parseStep(first, environment) === undefined) return { kind: 'script', steps: plainCommand(command) }
  const steps: ScriptStep[] = []
  for (const element of command) {
    const step = parseStep(element, environment)
    if (step === undefined) {
      return { kind: 'wrong', reason: `CannotStartContainerError: the scripted driver knows no step "${element}"` }
    }
    steps.push(step)
  }
  return { kind: 'script', steps }
}

/** Parses `500ms`, `2s`, `1.5m`, `1h` to milliseconds; undefined for anything else. */
function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text)
  return match ? Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]) : undefined
}

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

function parseStep(element: string, environment: Readonly<Record<string, string>>): ScriptStep | undefined {
  const space = element.indexOf(' ')
  const word = space < 0 ? element : element.slice(0, space)
  const rest = space < 0 ? undefined : element.slice(space + 1)
  const reader = Object.hasOwn(readers, word) ? readers[word] : undefined
  return reader?.(rest, environment)
}

type Reader = (rest: string | undefined, environment: Readonly<Record<string, string>>) => ScriptStep | undefined

const bare =
  (step: ScriptStep): Reader =>
  (rest) =>
    rest === undefined ? step : undefined

const lasting =
  (word: 'run' | 'unreachable'): Reader =>
  (rest) => {
    const ms = parseDuration(rest ?? '')
    return ms === undefined ? undefined : { do: word, ms }
  }

function parseCode(text: string): number | undefined {
  return /^\d{1,3}$/.test(text) && Number(text) < 256 ? Number(text) : undefined
}

const readers: Record<string, Reader | undefined> = {
  // The `s` flag is there because the text may hold newlines, as a job's output may.
  print: (rest = '') => {
    const times = /^(.*) x(\d{1,9})$/s.exec(rest)
    return times ? { do: 'print', text: times[1]!, times: Number(times[2]) } : { do: 'print', text: rest }
  },
  'print-env': (rest, environment) => {
    if (rest === undefined) return undefined
    return { do: 'print', text: `<${Object.hasOwn(environment, rest) ? environment[rest] : 'unset'}>` }
  },
  'print-long': (rest = '') => {
    const parts = /^(.+) (\d{1,9})$/s.exec(rest)
    return parts ? { do: 'print-long', text: parts[1]!, bytes: Number(parts[2]) } : undefined
  },
  run: lasting('run'),
  wait: (rest) => (rest === undefined ? { do: 'wait' } : rest === '' ? undefined : { do: 'wait', gate: rest }),
  ignore: (rest) => (rest === 'TERM' ? { do: 'ignore-term' } : undefined),
  trap: (rest = '') => {
    if (rest === 'TERM') return { do: 'trap-term' }
    const code = rest.startsWith('TERM ') ? parseCode(rest.slice('TERM '.length)) : undefined
    return code === undefined ? undefined : { do: 'trap-term', code }
  },
  exit: (rest = '') => {
    const code = parseCode(rest)
    return code === undefined ? undefined : { do: 'exit', code }
  },
  'exit-at': (rest = '', environment) => {
    const [index, code, ...more] = rest.split(' ')
    const exit = parseCode(code ?? '')
    if (exit === undefined || more.length > 0 || !/^\d{1,5}$/.test(index!)) return undefined
    return environment.AWS_BATCH_JOB_ARRAY_INDEX === index ? { do: 'exit', code: exit } : { do: 'run', ms: 0 }
  },
  oom: bare({ do: 'oom' }),
  'lose-host': bare({ do: 'lose-host' }),
  vanish: bare({ do: 'vanish' }),
  unreachable: lasting('unreachable'),
  'fail-to-start': (rest) => (rest ? { do: 'fail-to-start', reason: rest } : undefined),
  pull: (rest = '') => {
    const [, duration, why] = /^(\S+)(?: (.+))?$/.exec(rest) ?? []
    const ms = parseDuration(duration ?? '')
    return ms === undefined ? undefined : { do: 'pull', ms, ...(why === undefined ? {} : { why }) }
  },
  'lose-reply': bare({ do: 'lose-reply' }),
}

function plainCommand([program, ...words]: readonly string[]): ScriptStep[] {
  if (program === 'echo') return [{ do: 'print', text: words.join(' ') }]
  if (program === 'sleep' && /^\d{1,9}(\.\d+)?$/.test(words[0] ?? '')) {
    return [{ do: 'run', ms: Math.round(Number(words[0]) * 1000) }]
  }
  return program === 'false' ? [{ do: 'exit', code: 1 }] : []
}
