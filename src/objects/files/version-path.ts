/**
 * The path of a version's file below `.openbatch/versions` of its bucket. It is the path of the
 * object with the version behind it:
 *
 *     reads/a.fq@2026-11-27T10.49.24.123004Z-1k2m5x0c7e9qz
 *     reads/a.fq@2026-11-27T10.52.00.001002Z-3c0d1x9k7e2ab-deleted
 *     reads/a.fq@2026-11-27T10.49.24.123003Z-null
 *
 * The name alone says key, id, time and whether it is a delete marker, so the index of versions can
 * be made anew of the names. It sorts by time.
 */
import type { KeptVersion } from '../version-id.ts'
import { keyOfPath, pathOfKey } from './object-path.ts'

export interface NamedVersion extends KeptVersion {
  readonly key: string
}

const suffix = /@(\d{4}-\d\d-\d\d)T(\d\d)\.(\d\d)\.(\d\d)\.(\d{3})(\d{3})Z-([0-9a-z]{13}|null)(-deleted)?$/

/** Undefined for a key whose path is too long for it. */
export function pathOfVersion(key: string, version: KeptVersion): string | undefined {
  return pathOfKey(key + suffixOf(version))
}

function suffixOf({ order, tail, isDeleteMarker }: KeptVersion): string {
  const ms = Math.floor(order / 1000)
  const time = new Date(ms).toISOString().slice(0, -1).replaceAll(':', '.')
  const micros = String(order - ms * 1000).padStart(3, '0')
  return `@${time}${micros}Z-${tail}${isDeleteMarker ? '-deleted' : ''}`
}

/** Undefined for a file whose name is of no version. */
export function versionOfPath(path: string): NamedVersion | undefined {
  const named = keyOfPath(path)
  const found = named === undefined ? null : suffix.exec(named)
  if (!found) return undefined
  const [whole, day, hours, minutes, seconds, millis, micros, tail, marker] = found
  const ms = Date.parse(`${day}T${hours}:${minutes}:${seconds}.${millis}Z`)
  if (Number.isNaN(ms)) return undefined
  const version = { order: ms * 1000 + Number(micros), tail: tail!, isDeleteMarker: marker !== undefined }
  const key = named!.slice(0, -whole.length)
  return key !== '' && pathOfVersion(key, version) === path ? { key, ...version } : undefined
}
