import { limits } from '../../model/limits.ts'
import type { LogEntry } from '../../model/log-entry.ts'
import type { AttemptSpec, Driver, Observation } from '../driver.ts'

/** What a driver's own test gives the contract suite, and the few moves every case is made of. */

/** One thing an attempt does. A fixture puts a list of them into whatever its driver can run. */
export type Step =
  /** A line to stdout. `times` lines of the same text, each followed by ` 1`, ` 2`, … */
  | { print: string; times?: number }
  | { printError: string }
  /** Bytes to stdout, exactly, with no newline added. */
  | { printBytes: readonly number[] }
  /** One line of `text` repeated until it has `bytes` bytes (a multiple of the text's). */
  | { longLine: { text: string; bytes: number } }
  /** The variable's value between `<` and `>`, then a newline; `<unset>` where there is none. */
  | { printVariable: string }
  /** The whole environment as it was given to the attempt, an entry a line; a newline within an entry as U+0001. */
  | { printEnvironment: true }
  | { writeFile: { path: string; text: string } }
  | { printFile: string }
  /** Waits until the suite calls `openGate` with this name. */
  | { waitFor: string }
  /** From here on: prints `got TERM` and exits 143 when SIGTERM comes, even while it waits. */
  | { obeyTerm: true }
  | { ignoreTerm: true }
  /** Leaves a child behind that holds the output open and ignores SIGTERM. */
  | { leaveChild: { waitsFor: string } }
  /** Puts FIFOs in the place of files the driver may keep around the working directory. */
  | { spoilFiles: true }
  | { takeMemoryMib: number }
  /** Prints `listening` once it listens on that port of all its addresses; goes on, answering everybody with the text. */
  | { serve: { port: number; text: string } }
  /** Prints the text served there as a line. */
  | { printServed: { address: string; port: number } }
  /** Without it the attempt exits 0 after its last step. */
  | { exit: number }

export interface DriverFixture {
  /** A new driver object over the same engine, which keeps what earlier ones started. The suite closes it. */
  open(): Promise<Driver>
  /**
   * An attempt of that name that does these steps. It must leave evidence each time it is begun, for `runs`.
   * May ask for as little as it likes; the suite changes single fields of the result.
   */
  spec(name: string, steps: readonly Step[]): AttemptSpec
  /** An attempt that can never be started (its command or its image is not there). */
  impossible(name: string): AttemptSpec
  openGate(gate: string): Promise<void>
  /** How many times the attempt's command was begun. */
  runs(name: string): Promise<number>
  /** Where it can be done: the engine goes away until `mend` is called. Leave out, and skip the cases that need it. */
  breakEngine?(): Promise<{ mend(): Promise<void> }>
  /**
   * Where it can be done: the machine goes down and comes up again. All that runs is gone at once, the engine with it, and the engine answers again when
   * this resolves.
   */
  loseHost?(): Promise<void>
  /** Where it can be done: an attempt that stays `starting` until it is stopped (its image does not come). */
  pending?(name: string): AttemptSpec
  /** Where it can be done: the next start acts, but its reply is lost. */
  loseNextStartReply?(): void
  /** Removes what the suite left, and the engine if the fixture started it. */
  dispose(): Promise<void>
}

/** What a case is given: the fixture, a driver that is closed for it, and names nobody else uses. */
export interface CaseContext {
  readonly fixture: DriverFixture
  /** Opened before the case, closed after it. */
  readonly driver: Driver
  /** Another driver object over the same engine; closed after the case. */
  reopen(): Promise<Driver>
  /** A fresh attempt name; whatever it started is removed after the case. */
  name(): string
  /** A fresh gate name. */
  gate(): string
}

export type Case = (t: CaseContext) => Promise<void>

/** Entries from after `cursor` until the stream ends by itself. */
export async function drain(driver: Driver, name: string, cursor?: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for await (const batch of driver.streamLogs(name, cursor, new AbortController().signal)) entries.push(...batch)
  return entries
}

export async function messages(driver: Driver, name: string): Promise<string[]> {
  return (await drain(driver, name)).map((entry) => entry.message)
}

/** Reads until a line equal to `text` has come, then stops reading. */
export async function readUntil(driver: Driver, name: string, text: string, cursor?: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  const abort = new AbortController()
  for await (const batch of driver.streamLogs(name, cursor, abort.signal)) {
    for (const entry of batch) {
      entries.push(entry)
      if (entry.message === text) {
        abort.abort()
        return entries
      }
    }
  }
  throw new Error(`the output of ${name} ended without ${JSON.stringify(text)}`)
}

export async function observe(driver: Driver, name: string): Promise<Observation> {
  const observation = (await driver.inspect([name])).get(name)
  if (observation === undefined) throw new Error(`inspect said nothing of ${name}`)
  return observation
}

/** Waits for the end the way the server does (the output ends), and says how it ended. */
export async function ending(driver: Driver, name: string): Promise<Extract<Observation, { kind: 'exited' }>> {
  await drain(driver, name)
  const observation = await observe(driver, name)
  if (observation.kind !== 'exited') throw new Error(`${name} is ${observation.kind} after its output ended`)
  return observation
}

export function bytesOf(message: string): number {
  return Buffer.byteLength(message, 'utf8')
}

export const longestMessage = limits.logLineBytes
