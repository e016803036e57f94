/**
 * A file of events, a line of JSON each, appended and synchronised. The file is opened anew for
 * every batch, so that it may be moved away at any time. A line that a crash or a full disk cut off
 * is removed before the next is written: its event was never recorded as delivered, and comes
 * again.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Sink } from './sink.ts'

const newline = 0x0a
const chunkBytes = 64 * 1024
/** The beginning of every line. A tail that begins differently is not ours to remove. */
const beginning = '{"version":"0","id":"'

/** `path` is absolute; its directory must exist. */
export function fileSink(path: string): Sink {
  return {
    name: 'file',
    batchSize: 256,
    concurrency: 1,
    wants: () => true,
    async send(events) {
      const file = await open(path, 'a+', 0o600)
      try {
        const size = await repair(file)
        await file.appendFile(events.map(({ text }) => `${text}\n`).join(''))
        await file.sync()
        if (size === 0) await syncDirectory(dirname(path))
      } finally {
        await file.close()
      }
    },
  }
}

/** Makes the file end with a whole line. Returns its size then. */
async function repair(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  const end = await endOfLastLine(file, size)
  if (end === size) return size
  const { buffer } = await file.read(Buffer.alloc(Math.min(size - end, beginning.length)), 0, null, end)
  if (!beginning.startsWith(buffer.toString('latin1'))) {
    await file.appendFile('\n')
    return size + 1
  }
  await file.truncate(end)
  return end
}

async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const buffer = Buffer.alloc(chunkBytes)
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkBytes)
    const { bytesRead } = await file.read(buffer, 0, end - start, start)
    const at = buffer.subarray(0, bytesRead).lastIndexOf(newline)
    if (at !== -1) return start + at + 1
    end = start
  }
  return 0
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
