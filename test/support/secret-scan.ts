/**
 * Looks for secrets where none may be: in the files of a data directory, in a server's log, in the
 * arguments of any process, and in the environment of the server and of its jobs.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { join, relative } from 'node:path'

export interface Secret {
  /** For the message: the secret itself is never shown. */
  readonly what: string
  readonly value: string
  /** A file of the data directory that holds it on purpose. */
  readonly keptIn?: string
}

interface Needle extends Secret {
  readonly form: string
  readonly bytes: Buffer
}

const pieceBytes = 4 * 1_048_576
/** An attack may leave a large directory. What it left first tells as much. */
const mostBytes = 1024 * 1_048_576

/** The secret as it is, and as programs write what they do not show. */
export function needlesFor(secrets: readonly Secret[]): readonly Needle[] {
  return secrets.flatMap((secret) => {
    const plain = Buffer.from(secret.value)
    const forms: Readonly<Record<string, string>> = {
      'in the clear': secret.value,
      'as base64': plain.toString('base64').replace(/=+$/, ''),
      'as hex': plain.toString('hex'),
      'as a part of a URL': encodeURIComponent(secret.value),
    }
    const distinct = new Map(Object.entries(forms).map(([form, text]) => [text, form]))
    return [...distinct].map(([text, form]) => ({ ...secret, form, bytes: Buffer.from(text) }))
  })
}

/** Returns a line for each secret and place where it is found. */
export function scanFiles(directory: string, needles: readonly Needle[]): string[] {
  const found: string[] = []
  let left = mostBytes
  for (const path of filesIn(directory)) {
    const name = relative(directory, path)
    const wanted = needles.filter(({ keptIn }) => keptIn === undefined || !name.startsWith(keptIn))
    left -= scanFile(path, wanted, (needle) => found.push(`${sentence(needle)} in ${name}`))
    if (left <= 0) break
  }
  return [...new Set(found)]
}

export function scanText(text: string, where: string, needles: readonly Needle[]): string[] {
  const bytes = Buffer.from(text)
  return needles.filter((needle) => bytes.includes(needle.bytes)).map((needle) => `${sentence(needle)} in ${where}`)
}

/** The arguments of every process, and the environment of those of the server: itself, and what works in its directory. */
export function scanProcesses(server: { pid: number; dataDir: string }, needles: readonly Needle[]): string[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      const isOfServer = Number(pid) === server.pid || worksIn(pid, server.dataDir)
      return [
        ...scanText(readProc(pid, 'cmdline'), `the arguments of process ${pid}`, needles),
        ...(isOfServer ? scanText(readProc(pid, 'environ'), `the environment of process ${pid}`, needles) : []),
      ]
    })
}

function sentence({ what, form }: Needle): string {
  return `${what}, ${form},`
}

function* filesIn(directory: string): Generator<string> {
  if (!existsSync(directory)) return
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) yield* filesIn(path)
    else if (entry.isFile()) yield path
  }
}

/** Pieces overlap by the longest needle. Returns how many bytes were read. */
function scanFile(path: string, needles: readonly Needle[], found: (needle: Needle) => void): number {
  const overlap = Math.max(0, ...needles.map(({ bytes }) => bytes.length))
  const piece = Buffer.alloc(pieceBytes + overlap)
  const fd = openSync(path, 'r')
  try {
    let kept = 0
    let total = 0
    for (;;) {
      const read = readSync(fd, piece, kept, pieceBytes, null)
      if (read === 0) return total
      total += read
      const bytes = piece.subarray(0, kept + read)
      for (const needle of needles) if (bytes.includes(needle.bytes)) found(needle)
      kept = Math.min(overlap, bytes.length)
      bytes.copy(piece, 0, bytes.length - kept)
    }
  } finally {
    closeSync(fd)
  }
}

function worksIn(pid: string, directory: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory)
  } catch {
    return false
  }
}

/** Empty for a process that has ended, or is another user's. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}
