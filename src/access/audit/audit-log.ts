/**
 * The audit of a server: files of lines of JSON, appended only. Records are written in the order they came, a moment after their
 * request was answered. What is kept is bounded: the file of now is set aside when it is full, and the oldest of those goes.
 */
import { createReadStream } from 'node:fs'
import { appendFile, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { AuditRecord } from './audit-record.ts'

export interface AuditLimits {
  /** How large a file may become, in bytes. */
  readonly fileBytes: number
  /** How many files are kept, with the one that is written. */
  readonly files: number
  /** How many bytes may wait for the disk. More are left out, and counted. */
  readonly waitingBytes: number
}

export interface AuditOptions {
  /** An existing directory. */
  readonly directory: string
  readonly limits: AuditLimits
  /** Called when records cannot be written, once until writing works again. */
  readonly onTrouble: (error: unknown) => void
}

export interface AuditQuery {
  readonly user?: string | undefined
  readonly action?: string | undefined
  /** Only what was refused. */
  readonly refused?: boolean
  /** At most so many, the newest. */
  readonly limit: number
}

/** How long records gather before they are written together. */
const gatherMs = 100

const currentName = 'audit.jsonl'
const asideForm = /^audit-(\d{8})\.jsonl$/

export class AuditLog {
  readonly #options: AuditOptions
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #leftOut = 0
  #inTrouble = false
  /** Of the file that is written; undefined until it was looked at. */
  #size: number | undefined
  #gathering: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #closed = false

  constructor(options: AuditOptions) {
    this.#options = options
  }

  /** Records that were not written, because the disk was slow or full. */
  get leftOut(): number {
    return this.#leftOut
  }

  append(record: AuditRecord): void {
    const line = Buffer.from(`${JSON.stringify(record)}\n`)
    if (this.#closed || this.#waitingBytes + line.length > this.#options.limits.waitingBytes) {
      this.#leftOut++
      return
    }
    this.#waiting.push(line)
    this.#waitingBytes += line.length
    if (!this.#writing) this.#gather()
  }

  /** Resolves when all that was appended is written, or was tried. */
  async settled(): Promise<void> {
    while (this.#gathering || this.#writing) {
      if (this.#gathering) this.#begin()
      await this.#writing
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.settled()
  }

  /** The newest first. */
  async read({ user, action, refused = false, limit }: AuditQuery): Promise<AuditRecord[]> {
    await this.settled()
    const found: AuditRecord[] = []
    const wanted = (record: AuditRecord) =>
      (user === undefined || record.user === user) &&
      (action === undefined || record.action?.toLowerCase() === action.toLowerCase()) &&
      (!refused || record.httpStatus >= 400)
    for (const name of [currentName, ...(await this.#aside()).reverse()]) {
      if (found.length >= limit) break
      found.push(...(await newestOf(join(this.#options.directory, name), wanted, limit - found.length)))
    }
    return found
  }

  /** A write costs the same for one record and for many. */
  #gather(): void {
    this.#gathering ??= setTimeout(() => this.#begin(), gatherMs)
  }

  #begin(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#writing ??= this.#writeGathered()
  }

  async #writeGathered(): Promise<void> {
    const lines = this.#waiting.splice(0)
    this.#waitingBytes = 0
    try {
      await this.#write(Buffer.concat(lines))
      this.#inTrouble = false
    } catch (error) {
      this.#leftOut += lines.length
      this.#size = undefined
      if (!this.#inTrouble) this.#options.onTrouble(error)
      this.#inTrouble = true
    }
    this.#writing = undefined
    if (this.#waiting.length > 0) this.#gather()
  }

  async #write(bytes: Buffer): Promise<void> {
    const { directory, limits } = this.#options
    const path = join(directory, currentName)
    this.#size ??= await wholeLines(path)
    if (this.#size > 0 && this.#size + bytes.length > limits.fileBytes) {
      await this.#setAside(path)
      this.#size = 0
    }
    await appendFile(path, bytes, { mode: 0o600 })
    this.#size += bytes.length
  }

  async #setAside(path: string): Promise<void> {
    const { directory, limits } = this.#options
    const aside = await this.#aside()
    const last = aside.at(-1)
    const next = Number(last === undefined ? 0 : asideForm.exec(last)![1]) + 1
    await rename(path, join(directory, `audit-${String(next).padStart(8, '0')}.jsonl`))
    const tooMany = aside.length + 2 - limits.files
    for (const name of aside.slice(0, Math.max(0, tooMany))) await rm(join(directory, name))
  }

  /** The oldest first. */
  async #aside(): Promise<string[]> {
    return (await readdir(this.#options.directory)).filter((name) => asideForm.test(name)).sort()
  }
}

/** Ends a line that a crash cut off, so that the next begins anew. Returns the size of the file. */
async function wholeLines(path: string): Promise<number> {
  const file = await open(path, 'a+', 0o600)
  try {
    const { size } = await file.stat()
    if (size === 0) return 0
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
    if (buffer[0] === 0x0a) return size
    await file.appendFile('\n')
    return size + 1
  } finally {
    await file.close()
  }
}

/** Keeps no more than `limit` records in memory, whatever the file holds. Lines that are not whole are left out. */
async function newestOf(path: string, wanted: (record: AuditRecord) => boolean, limit: number): Promise<AuditRecord[]> {
  const there = await stat(path).catch(() => undefined)
  if (!there) return []
  let found: AuditRecord[] = []
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    const record = parse(line)
    if (!record || !wanted(record)) continue
    found.push(record)
    if (found.length >= 2 * limit) found = found.slice(-limit)
  }
  return found.slice(-limit).reverse()
}

function parse(line: string): AuditRecord | undefined {
  try {
    return JSON.parse(line) as AuditRecord
  } catch {
    return undefined
  }
}
