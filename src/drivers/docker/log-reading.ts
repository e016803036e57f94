import type { IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '../../model/limits.ts'
import type { LogEntry } from '../../model/log-entry.ts'
import { DriverUnavailable } from '../driver.ts'
import { type ContainerState, type Containers, hasRun, unlessAbsent } from './containers.ts'
import { type EngineClient, EngineRefusal } from './engine-client.ts'
import { gridMs, parseCursor } from './log-cursor.ts'
import { createFrameReader } from './log-frames.ts'
import { LineReader } from './log-lines.ts'

/** Reads an attempt's output from the engine, as `Driver.streamLogs` describes. */
export interface LogReading {
  engine: EngineClient
  containers: Containers
  name: string
  cursor: string | undefined
  signal: AbortSignal
  /** Whether containers use Docker's `local` log driver. */
  usesLocalDriver: boolean
  /**
   * Whether a followed stream is certain to hold the last messages. Engines before version 23 may
   * omit them.
   */
  followsToEnd: boolean
  /** Receives the container's state after its output has ended. */
  ended(container: ContainerState): void
  /** Resolves when no start of that name is under way in this process. */
  settled(): Promise<void>
}

/** How often a container that was made but never begun is checked: another process may begin it. */
const notBegunPollMs = 200
const answerTimeoutMs = 60_000
/** How long the engine may need from the end of the output to the end of the container. */
const endTimeoutMs = 10_000

export async function* readLogs(reading: LogReading): AsyncGenerator<LogEntry[]> {
  const { containers, name, signal, settled } = reading
  const rules = { mostBytes: limits.logLineBytes, onlyNewlineEnds: !reading.usesLocalDriver }
  let lines = new LineReader(parseCursor(reading.cursor), rules)
  try {
    while (!signal.aborted) {
      await settled()
      const id = await containers.idOf(name)
      if (id === undefined) return
      const followed = yield* readOnce(reading, id, lines, true)
      if (followed === 'absent') return
      // The stream ends with the container, or a little earlier, or because the engine stops. Only
      // an inspection shows which.
      let container = await containers.look(name)
      if (container?.State.Running) {
        await waitForEnd(reading, id)
        container = await containers.look(name)
      }
      if (container === undefined) return
      if (container.State.Running) {
        lines = new LineReader(lines.place(), rules)
        continue
      }
      if (!hasRun(container)) {
        await delay(notBegunPollMs, undefined, { signal })
        continue
      }
      if (!reading.followsToEnd && !(await isLast(reading, id, followed))) {
        lines = new LineReader(lines.place(), rules)
        if ((yield* readOnce(reading, id, lines, false)) === 'absent') return
      }
      const rest = lines.finish()
      if (rest.length > 0) yield rest
      reading.ended(container)
      return
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/**
 * Reads one answer of the engine, from where `lines` stands to the end of the answer. Returns its
 * last frame.
 */
async function* readOnce(
  reading: LogReading,
  id: string,
  lines: LineReader,
  follow: boolean,
): AsyncGenerator<LogEntry[], 'absent' | Buffer> {
  const { signal } = reading
  const sinceSeconds = (lines.place().since * gridMs) / 1000
  const query = { stdout: '1', stderr: '1', timestamps: '1', follow: follow ? '1' : '0', since: String(sinceSeconds) }
  const answer = await openOutput(reading, id, query)
  if (answer === undefined) return 'absent'
  const stop = () => answer.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const frames = createFrameReader()
    for await (const chunk of chunksOf(answer)) {
      const entries = lines.take(frames.push(chunk))
      if (entries.length > 0) yield entries
      if (signal.aborted) break
    }
    return frames.last()
  } finally {
    signal.removeEventListener('abort', stop)
    answer.destroy()
  }
}

/**
 * Whether the frame is the last of the whole output, compared byte by byte, nanoseconds included.
 */
async function isLast(reading: LogReading, id: string, frame: Buffer): Promise<boolean> {
  const query = { stdout: '1', stderr: '1', timestamps: '1', follow: '0', tail: '1' }
  const answer = await openOutput(reading, id, query)
  if (answer === undefined) return true
  const chunks: Buffer[] = []
  for await (const chunk of chunksOf(answer)) chunks.push(chunk)
  return Buffer.concat(chunks).equals(frame)
}

/** `undefined` when the container and its output are gone. */
async function openOutput(
  { engine, signal }: LogReading,
  id: string,
  query: Record<string, string>,
): Promise<IncomingMessage | undefined> {
  // The first byte of a followed output may take long.
  const timeoutMs = query.follow === '1' ? {} : { timeoutMs: answerTimeoutMs }
  const call = { method: 'GET', path: `/containers/${id}/logs`, query, signal, ...timeoutMs } as const
  return unlessAbsent(engine.stream(call)).catch((error) => {
    // 409: the container is marked for removal.
    if (error instanceof EngineRefusal && error.status === 409) return undefined
    throw error
  })
}

/**
 * Yields what the engine sent, as much at a time as has arrived. Nothing more is read until the
 * caller asks.
 */
async function* chunksOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) yield chunk
  } catch (error) {
    throw new DriverUnavailable(`the engine went away while its output was read: ${(error as Error).message}`)
  }
}

async function waitForEnd({ engine, signal }: LogReading, id: string): Promise<void> {
  const call = { method: 'POST', path: `/containers/${id}/wait`, query: { condition: 'not-running' } } as const
  try {
    await unlessAbsent(engine.call({ ...call, signal, timeoutMs: endTimeoutMs }))
  } catch (error) {
    // This took too long for an end: the stream was cut while the container goes on. The next
    // inspection shows that, or that nobody answers.
    if (!(error instanceof DriverUnavailable)) throw error
  }
}
