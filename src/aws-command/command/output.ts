/** What the command prints. A reader of its output that goes away ends it. */
import { writeSync } from 'node:fs'

export interface Output {
  line(text: string): void
  error(text: string): void
}

export const processOutput: Output = {
  line: (text) => writeAll(1, `${text}\n`),
  error: (text) => writeAll(2, `${text}\n`),
}

/** A pipe may be full, and not wait. */
function writeAll(descriptor: number, text: string): void {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
      else if (descriptor === 2) return
      else throw error
    }
  }
}

const twoDigits = (value: number) => String(value).padStart(2, '0')

/** `2026-11-27 17:05:09`, local time. */
export function localTime(date: Date): string {
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-')
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')}`
}

const suffixes = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

export function humanSize(bytes: number): string {
  if (bytes === 1) return '1 Byte'
  if (bytes < 1024) return `${bytes} Bytes`
  for (const [index, suffix] of suffixes.entries()) {
    const value = bytes / 1024 ** (index + 1)
    if (Math.round(value) < 1024) return `${value.toFixed(1)} ${suffix}`
  }
  return `${bytes} Bytes`
}
