/**
 * Splits an engine's log stream into frames. On the wire (`GET /containers/ID/logs` without a
 * terminal) each message is a frame: one byte for the stream (1 stdout, 2 stderr), three zero
 * bytes, four bytes for the length, then `TIMESTAMP SPACE CONTENT`. Frames do not respect the
 * chunks they arrive in.
 */
export interface LogFrame {
  readonly stream: 1 | 2
  readonly atMs: number
  /** Includes the newline, unless the message is a part of a longer line. */
  readonly content: Buffer
}

export interface FrameReader {
  /** Returns the frames that this chunk completes. Their contents are views of its memory. */
  push(chunk: Buffer): LogFrame[]
  /** The last frame so far, as it arrived; empty before the first. */
  last(): Buffer
}

const headerBytes = 8
/** Docker cuts messages at 16 KiB. A much larger length shows that this is not a log stream. */
const longestFrame = 16 * 1024 * 1024
const [space, letterZ] = [0x20, 0x5a]
/** `2026-11-22T14:51:00` is followed by `.123456789Z` in Docker's own form. */
const [secondsBytes, dockerTimeBytes] = [19, 30]

/** Throws on bytes that are not a log stream. */
export function createFrameReader(): FrameReader {
  let rest: Buffer = Buffer.alloc(0)
  let last: Buffer = Buffer.alloc(0)
  // Most messages share their second with the previous one, so that part of the time is parsed
  // once.
  let lastSecond = Buffer.alloc(secondsBytes)
  let lastSecondMs = 0

  function timeOf(frame: Buffer, end: number): number {
    if (end === dockerTimeBytes && frame[end - 1] === letterZ) {
      if (lastSecond.compare(frame, 0, secondsBytes) !== 0) {
        lastSecondMs = Date.parse(`${frame.toString('latin1', 0, secondsBytes)}Z`)
        lastSecond = Buffer.from(frame.subarray(0, secondsBytes))
      }
      return lastSecondMs + (frame[20]! - 48) * 100 + (frame[21]! - 48) * 10 + (frame[22]! - 48)
    }
    return Date.parse(frame.toString('latin1', 0, end))
  }

  function frameOf(stream: number, bytes: Buffer): LogFrame {
    const end = bytes.indexOf(space)
    const atMs = end < 0 ? Number.NaN : timeOf(bytes, end)
    if (stream !== 1 && stream !== 2) throw new Error(`a log frame of an unknown stream ${stream}`)
    if (Number.isNaN(atMs)) throw new Error('a log frame without a timestamp')
    return { stream, atMs, content: bytes.subarray(end + 1) }
  }

  return {
    push(chunk) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const frames: LogFrame[] = []
      let at = 0
      while (data.length - at >= headerBytes) {
        const length = data.readUInt32BE(at + 4)
        if (length > longestFrame) throw new Error(`a log frame of ${length} bytes`)
        const end = at + headerBytes + length
        if (end > data.length) break
        frames.push(frameOf(data[at]!, data.subarray(at + headerBytes, end)))
        last = data.subarray(at, end)
        at = end
      }
      rest = data.subarray(at)
      return frames
    },
    last: () => last,
  }
}
