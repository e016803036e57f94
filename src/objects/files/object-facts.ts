/** What is known of an object from its file and from the index. */
import type { ObjectFacts } from '../object-store.ts'
import type { FileStat } from './descriptors.ts'
import { changeMark, provisionalEtag } from './file-identity.ts'
import type { ObjectRow } from './index-changes.ts'

type State = Pick<FileStat, 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>

export interface KnownObject {
  readonly facts: ObjectFacts
  /** The tag that clients may have seen before the content was read. */
  readonly earlierEtag: string
  /** The content may be another one than the index says, or is not known to it. */
  readonly mustBeRead: boolean
}

/** The row is the one of this file's identity. */
export function knownObject(key: string, stat: State, row: ObjectRow | undefined): KnownObject {
  const isTrusted = row !== undefined && row.etag !== null && !isTouched(stat, row)
  const earlierEtag = provisionalEtag(stat)
  const { headers = {}, metadata = {}, tags = {}, checksum, parts } = row?.said ?? {}
  const facts: ObjectFacts = {
    key,
    size: Number(stat.size),
    lastModifiedMs: Number(stat.mtimeNs / 1_000_000n),
    etag: isTrusted ? row.etag! : earlierEtag,
    headers,
    metadata,
    tags,
    ...(isTrusted && checksum && { checksum }),
    ...(isTrusted && parts && { parts }),
  }
  return { facts, earlierEtag, mustBeRead: !isTrusted }
}

/** The file was touched since the row was noted. Perhaps only its mode was changed. */
export function isTouched(stat: Pick<FileStat, 'ctimeNs'>, row: ObjectRow): boolean {
  return row.changeMark !== null && row.changeMark !== changeMark(stat)
}
