import { limits } from '../../model/limits.ts'
import type { LogEntry } from '../../model/log-entry.ts'
import type { AttemptSpec, Driver, Observation } from '../driver.ts'

/**
 * What a driver's own test supplies to the contract suite, and the few operations that every case
 * is made of.
 */

/**
 * One step of an attempt. A fixture turns a list of steps into something that its driver can run.
 */
export type Step =
  /**
   * Prints a line to stdout. `times` prints the text so often, each line followed by ` 1`, ` 2`, …
   */
  | { print: string; times?: number }
  | { printError: string }
  /** Prints exactly these bytes to stdout, with no newline added. */
  | { printBytes: readonly number[] }
  /** Prints one line of `text`, repeated until it has `bytes` bytes (a multiple of the text's). */
  | { longLine: { text: string; bytes: number } }
  /**
   * Prints the variable's value between `<` and `>`, then a newline; `<unset>` if it is not set.
   */
  | { printVariable: string }
  /**
   * Prints the attempt's whole environment, an entry on each line. A newline within an entry is
   * printed as U+0001.
   */
  | { printEnvironment: true }
  | { writeFile: { path: string; text: string } }
  | { printFile: string }
  /** Waits until the suite calls `openGate` with this name. */
  | { waitFor: string }
  /** From here on, SIGTERM makes the attempt print `got TERM` and exit 143, even while it waits. */
  | { obeyTerm: true }
  | { ignoreTerm: true }
  /** Leaves a child process behind that holds the output open and ignores SIGTERM. */
  | { leaveChild: { waitsFor: string } }
  /** Replaces the files that the driver may keep around the working directory with FIFOs. */
  | { spoilFiles: true }
  | { takeMemoryMib: number }
  /**
   * Prints `listening` once it listens on that port of all its addresses. Continues with the next
   * step, and answers everybody with the text.
   */
  | { serve: { port: number; text: string } }
  /** Prints the text that is served there, as a line. */
  | { printServed: { address: string; port: number } }
  /** Exits with this code. Without this step the attempt exits 0 after its last step. */
  | { exit: number }

export interface DriverFixture {
  /**
   * Makes a new driver object over the same engine, which keeps what earlier objects started. The
   * suite closes it.
   */
  open(): Promise<Driver>
  /**
   * An attempt of that name with these steps. It must leave evidence each time it is begun, for
   * `runs`. It may request as little as it likes: the suite changes single fields of the result.
   */
  spec(name: string, steps: readonly Step[]): AttemptSpec
  /** An attempt that can never be started, because its command or its image does not exist. */
  impossible(name: string): AttemptSpec
  openGate(gate: string): Promise<void>
  /** How often the attempt's command was begun. */
  runs(name: string): Promise<number>
  /**
   * Takes the engine away until `mend` is called. Optional: without it, skip the cases that need
   * it.
   */
  breakEngine?(): Promise<{ mend(): Promise<void> }>
  /**
   * Takes the machine down and up again. Everything that runs is gone at once, with the engine, and
   * the engine answers again when this resolves. Optional.
   */
  loseHost?(): Promise<void>
  /**
   * An attempt that stays `starting` until it is stopped, because its image does not arrive.
   * Optional.
   */
  pending?(name: string): AttemptSpec
  /** Makes the next start act but lose its reply. Optional. */
  loseNextStartReply?(): void
  /** Removes what the suite left, and the engine if the fixture started it. */
  dispose(): Promise<void>
}

/**
 * What each case receives: the fixture, a driver that is closed afterwards, and names that nobody
 * else uses.
 */
export interface CaseContext {
  readonly fixture: DriverFixture
  /** Opened before the case, closed after it. */
  readonly driver: Driver
  /** Another driver object over the same engine; closed after the case. */
  reopen(): Promise<Driver>
  /** A fresh attempt name. Anything started under it is removed after the case. */
  name(): string
  /** A fresh gate name. */
  gate(): string
}

export type Case = (t: CaseContext) => Promise<void>

/** Reads the entries after `cursor` until the stream ends by itself. */
export async function drain(driver: Driver, name: string, cursor?: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for await (const batch of driver.streamLogs(name, cursor, new AbortController().signal)) entries.push(...batch)
  return entries
}

export async function messages(driver: Driver, name: string): Promise<string[]> {
  return (await drain(driver, name)).map((entry) => entry.message)
}

/** Reads until a line equals `text`, then stops reading. */
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

/**
 * Waits for the end as the server does, until the output ends, and returns how the attempt ended.
 */
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
