/**
 * What is said of an object, in an extended attribute of its file beside the index, so that a copy
 * of the file made by `cp -a` or `rsync -X` keeps it. Any program may change the file or the
 * attribute. So the attribute names the size and the time of the file that it was said of, and the
 * entity tag in it counts only once the content was read and has it.
 */
import { limits } from '../../model/limits.ts'
import type { Checksum, ChecksumKind } from '../checksum.ts'
import { refusalOfDescription } from '../object-rules.ts'
import type { PartFacts } from '../object-store.ts'
import type { FileStat } from './descriptors.ts'
import type { SaidOfObject } from './index-changes.ts'

/** The calls of the file system. Neither follows a symbolic link at the end of the path. */
export interface AttributeCalls {
  getAttribute(path: string, name: string): Promise<Buffer | null>
  setAttribute(path: string, name: string, value: string): Promise<void>
}

export interface AttributesLog {
  warn(fields: { readonly err: unknown }, message: string): void
}

/** What an attribute says, and of which content. */
export interface SaidByAttribute {
  /** Null: nobody had read the file. */
  readonly etag: string | null
  readonly said: SaidOfObject
}

/** The change mark of a row that an attribute says: no file has it, so the content is read first. */
export const saidByAttribute = 'an attribute'

type OfFile = Pick<FileStat, 'size' | 'mtimeNs'>

const name = 'user.openbatch'
const version = 1

export class ObjectAttributes {
  readonly #calls: AttributeCalls
  readonly #log: AttributesLog
  #leftOut = 0
  readonly #reasons = new Set<string>()

  constructor(calls: AttributeCalls, log: AttributesLog) {
    this.#calls = calls
    this.#log = log
  }

  /** How often something was said only in the index: it was too long, or the file system has no attributes. */
  get leftOut(): number {
    return this.#leftOut
  }

  /** Never throws: the index has it too. */
  async write(path: string, file: OfFile, { etag, said }: SaidByAttribute): Promise<void> {
    const text = textOf(file, { etag, said })
    try {
      if (Buffer.byteLength(text) > limits.attributeBytes) throw new Error('it is too long for an attribute')
      await this.#calls.setAttribute(path, name, text)
    } catch (err) {
      this.#leave(err)
      // What stands there was said of the object before.
      await this.#calls.setAttribute(path, name, '').catch(() => {})
    }
  }

  /** Undefined where nothing is said, or not of this file. Never throws. */
  async read(path: string, file: OfFile): Promise<SaidByAttribute | undefined> {
    try {
      const value = await this.#calls.getAttribute(path, name)
      return value === null ? undefined : saidIn(value, file)
    } catch {
      return undefined
    }
  }

  /** Each reason is logged once, not for each object. */
  #leave(err: unknown): void {
    this.#leftOut++
    const reason = String((err as Error).message)
    if (this.#reasons.has(reason) || this.#reasons.size >= limits.attributeReasons) return
    this.#reasons.add(reason)
    this.#log.warn({ err }, 'what is said of objects cannot be kept in extended attributes too; the index has it')
  }
}

function textOf({ size, mtimeNs }: OfFile, { etag, said }: SaidByAttribute): string {
  return JSON.stringify({ version, size: String(size), mtimeNs: String(mtimeNs), etag, said })
}

/** Whoever may write the directory may write anything here. Undefined for what the server does not write. */
export function saidIn(value: Buffer, { size, mtimeNs }: OfFile): SaidByAttribute | undefined {
  if (value.length > limits.attributeBytes) return undefined
  let found: Record<string, unknown>
  try {
    found = JSON.parse(value.toString('utf8'))
  } catch {
    return undefined
  }
  if (!isRecord(found) || found.version !== version) return undefined
  if (found.size !== String(size) || found.mtimeNs !== String(mtimeNs)) return undefined
  const { etag, said } = found
  if (etag !== null && !(typeof etag === 'string' && /^[0-9a-f]{32}(-[1-9]\d{0,4})?$/.test(etag))) return undefined
  if (!isSaid(said) || refusalOfDescription(said)) return undefined
  const ofParts = said.parts?.reduce((sum, part) => sum + part.size, 0)
  return ofParts === undefined || ofParts === Number(size) ? { etag, said } : undefined
}

function isSaid(said: unknown): said is SaidOfObject {
  if (!isRecord(said)) return false
  const { headers, metadata, tags, checksum, parts, ...others } = said
  return (
    Object.keys(others).length === 0 &&
    areTexts(headers) &&
    Object.keys(headers as object).every((header) => headerNames.has(header)) &&
    areTexts(metadata) &&
    Object.keys(metadata as object).every((key) => /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(key)) &&
    areTexts(tags) &&
    (checksum === undefined || isChecksum(checksum)) &&
    (parts === undefined || (Array.isArray(parts) && parts.length <= limits.uploadParts && parts.every(isPart)))
  )
}

const headerNames = new Set([
  'contentType',
  'cacheControl',
  'contentDisposition',
  'contentEncoding',
  'contentLanguage',
  'expires',
])

const checksumKinds = new Set<string>(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] satisfies ChecksumKind[])

function isChecksum(checksum: unknown): checksum is Checksum {
  if (!isRecord(checksum) || !areTexts(checksum)) return false
  const { kind = '', type = '', value = '', ...others } = checksum
  const isKnown = checksumKinds.has(kind) && (type === 'COMPOSITE' || type === 'FULL_OBJECT')
  return isKnown && /^[A-Za-z0-9+/]+={0,2}(-\d{1,5})?$/.test(value) && Object.keys(others).length === 0
}

function isPart(part: unknown): part is PartFacts {
  if (!isRecord(part)) return false
  const { number, size, checksum, ...others } = part
  const isText = checksum === undefined || (typeof checksum === 'string' && isHeaderText(checksum))
  return isText && isCount(number) && isCount(size) && Object.keys(others).length === 0
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function areTexts(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string' && isHeaderText(text))
}

/** It becomes part of a header, which cannot hold the end of a line. */
function isHeaderText(text: string): boolean {
  return !/\p{Cc}/u.test(text.replaceAll('\t', ' '))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
