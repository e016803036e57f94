/**
 * The path of an object's file below its bucket, and the key of a file.
 *
 * A segment of a key (between slashes) is a name in the path, as it is. A segment that cannot be a
 * name is written as an escape:
 *
 * - the empty segment is `%empty`, `.` is `%2E`, `..` is `%2E%2E`
 * - a segment over 255 bytes is cut into directories of at most 240 bytes, whose names end in
 *   `%more`
 * - a segment that would read as an escape has its `%` written as `%25`
 *
 * An object `a` beside objects `a/…` is the file `a/%object`.
 */

/** The file of an object whose own name is a directory's. */
export const besideName = '%object'
/** The end of the name of a directory that holds the rest of a long segment. */
export const moreSuffix = '%more'

const nameBytes = 255
const pieceBytes = 240
/** Linux takes paths of 4095 bytes. The rest is for the bucket's own path. */
const pathBytes = 3584

/** Undefined for a key whose escapes make its path too long. The key is valid UTF-8 without NUL. */
export function pathOfKey(key: string): string | undefined {
  const path = isPlain(key) ? key : key.split('/').map(namesOfSegment).join('/')
  return path.length <= pathBytes && Buffer.byteLength(path) <= pathBytes ? path : undefined
}

/** No segment of the key needs an escape: the common case, found by one search. */
function isPlain(key: string): boolean {
  // A character has at most 3 bytes for each unit of its string.
  return key.length * 3 <= nameBytes ? !needsEscape.test(key) : !needsEscape.test(key) && !hasLongSegment(key)
}

const needsEscape = /%|(^|\/)(\.{0,2})(\/|$)/

function hasLongSegment(key: string): boolean {
  return key.split('/').some((segment) => Buffer.byteLength(segment) > nameBytes)
}

/** The names of a segment, with slashes between them. */
function namesOfSegment(segment: string): string {
  const escaped = escapeSegment(segment)
  if (Buffer.byteLength(escaped) <= nameBytes) return escaped
  const names: string[] = []
  let rest = Buffer.from(escaped)
  while (rest.length > nameBytes) {
    let end = pieceBytes
    // Not within a character.
    while ((rest[end]! & 0xc0) === 0x80) end--
    names.push(rest.subarray(0, end).toString() + moreSuffix)
    rest = rest.subarray(end)
  }
  return [...names, rest.toString()].join('/')
}

const escapes = new Map([
  ['', '%empty'],
  ['.', '%2E'],
  ['..', '%2E%2E'],
])
const unescapes = new Map([...escapes].map(([segment, name]) => [name, segment]))
/** Segments that would be read as another one, however often they are escaped. */
const looksLikeEscape = /^%(?=(?:25)*(?:empty|object|2E|2E%2E)$)|%(?=(?:25)*more$)/
const isEscapedPercent = /^%25(?=(?:25)*(?:empty|object|2E|2E%2E)$)|%25(?=(?:25)*more$)/

function escapeSegment(segment: string): string {
  return escapes.get(segment) ?? segment.replace(looksLikeEscape, '%25')
}

/** The segment of a name, or of the joined pieces of a long one. */
function segmentOfName(name: string): string {
  return unescapes.get(name) ?? name.replace(isEscapedPercent, '%')
}

/**
 * The segment of a name below directories of pieces (`…%more`). Undefined if these names are of no
 * segment.
 */
export function segmentOfNames(pieces: readonly string[], name: string): string | undefined {
  if (pieces.length === 0 && !name.includes('%')) return name
  if (name === besideName || name.endsWith(moreSuffix)) return undefined
  const segment = segmentOfName(pieces.map((piece) => piece.slice(0, -moreSuffix.length)).join('') + name)
  return namesOfSegment(segment) === [...pieces, name].join('/') ? segment : undefined
}

/** The key of the object in a file. Undefined if the file's name is of no key. */
export function keyOfPath(path: string): string | undefined {
  const names = path.split('/')
  const isBeside = names.at(-1) === besideName
  if (isBeside) names.pop()
  const segments: string[] = []
  let pieces = ''
  for (const name of names) {
    if (name.endsWith(moreSuffix)) pieces += name.slice(0, -moreSuffix.length)
    else {
      segments.push(segmentOfName(pieces + name))
      pieces = ''
    }
  }
  const key = segments.join('/')
  if (key === '') return undefined
  const own = pathOfKey(key)
  return (isBeside ? `${own}/${besideName}` : own) === path ? key : undefined
}
