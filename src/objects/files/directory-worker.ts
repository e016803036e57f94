/**
 * The thread that reads directories for listings: a large one takes longer than other work of the
 * main thread may wait.
 */
import fs from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { hiddenName } from '../object-rules.ts'
import { compareUtf8 } from '../utf8-order.ts'
import { isAbsent } from './descriptors.ts'
import type { DirectoryAnswer, DirectoryQuestion, Looked, Place } from './directories.ts'
import { type NameKind, nameKinds, type PackedNames } from './directory-names.ts'
import { besideName, moreSuffix, segmentOfNames } from './object-path.ts'

interface Named {
  readonly name: string
  readonly kind: NameKind
}

function readNames(fd: number, isRoot: boolean): { names: PackedNames; isFlat: boolean } {
  const found: Named[] = []
  const isFlat = readInto(found, `/proc/self/fd/${fd}`, [], isRoot)
  return { names: pack(sorted(found)), isFlat }
}

/** Whether the directory has no pieces of long names, which are read with it. */
function readInto(found: Named[], directory: string, pieces: readonly string[], isRoot: boolean): boolean {
  let isFlat = true
  for (const entry of entriesOf(directory)) {
    const { name } = entry
    const isDirectory = entry.isDirectory()
    if (!isDirectory && !entry.isFile()) continue
    if (isRoot && name === hiddenName) continue
    if (isDirectory && name.endsWith(moreSuffix)) {
      isFlat = false
      readInto(found, `${directory}/${name}`, [...pieces, name], isRoot)
      continue
    }
    const segment = segmentOfNames(pieces, name)
    // A key is not empty.
    const isKey = segment !== undefined && !(isRoot && segment === '')
    if (isDirectory && segment !== undefined) found.push({ name: `${segment}/`, kind: nameKinds.directory })
    if (isKey) found.push({ name: segment, kind: isDirectory ? nameKinds.beside : nameKinds.file })
  }
  return isFlat
}

function entriesOf(directory: string): readonly fs.Dirent[] {
  try {
    const entries = fs.readdirSync(directory, { withFileTypes: true })
    // Some file systems do not say here what a name is of.
    return entries.map((entry) => (isUnknown(entry) ? fs.lstatSync(`${directory}/${entry.name}`) : entry) as fs.Dirent)
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

function isUnknown(entry: fs.Dirent): boolean {
  return !(
    entry.isFile() ||
    entry.isDirectory() ||
    entry.isSymbolicLink() ||
    entry.isFIFO() ||
    entry.isSocket() ||
    entry.isCharacterDevice() ||
    entry.isBlockDevice()
  )
}

function sorted(found: Named[]): Named[] {
  // Up to here UTF-16 and UTF-8 have one order, and the engine's own comparison is fast.
  const isSimple = found.every(({ name }) => !/[\ud800-\uffff]/.test(name))
  return found.sort(isSimple ? (a, b) => (a.name < b.name ? -1 : 1) : (a, b) => compareUtf8(a.name, b.name))
}

function pack(found: readonly Named[]): PackedNames {
  const ends = new Uint32Array(found.length)
  const kinds = new Uint8Array(found.length)
  const bytes = Buffer.from(found.map(({ name }) => name).join(''))
  let end = 0
  found.forEach(({ name, kind }, at) => {
    end += Buffer.byteLength(name)
    ends[at] = end
    kinds[at] = kind
  })
  return { bytes: new Uint8Array(bytes), ends, kinds }
}

function look(root: string, place: Place): Looked {
  try {
    return lookAt(root, place)
  } catch (error) {
    // A file is where a directory was.
    if (isAbsent(error)) return undefined
    throw error
  }
}

function lookAt(root: string, { path, isDirectory }: Place): Looked {
  if (isDirectory) return holdsObject(`${root}/${path}`, false)
  const stat = fs.lstatSync(`${root}/${path}`, { bigint: true, throwIfNoEntry: false })
  const own = stat?.isDirectory()
    ? fs.lstatSync(`${root}/${path}/${besideName}`, { bigint: true, throwIfNoEntry: false })
    : stat
  if (!own?.isFile()) return undefined
  const { ino, size, mtimeNs, ctimeNs } = own
  return { ino, size, mtimeNs, ctimeNs }
}

/** Whether an object is below the directory. The one beside the directory itself may not count. */
function holdsObject(directory: string, countsBeside: boolean): boolean {
  let fd: number
  try {
    fd = fs.openSync(directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW)
  } catch (error) {
    if (isAbsent(error) || (error as NodeJS.ErrnoException).code === 'ELOOP') return false
    throw error
  }
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`) === directory && holdsObjectOpen(fd, directory, countsBeside)
  } finally {
    fs.closeSync(fd)
  }
}

function holdsObjectOpen(fd: number, directory: string, countsBeside: boolean): boolean {
  // Mostly the first few names decide.
  const open = fs.opendirSync(`/proc/self/fd/${fd}`, { bufferSize: 32 })
  const below: string[] = []
  try {
    for (let entry = open.readSync(); entry; entry = open.readSync()) {
      const { name } = entry
      const known = isUnknown(entry) ? fs.lstatSync(`/proc/self/fd/${fd}/${name}`) : entry
      if (known.isDirectory()) below.push(name)
      else if (!known.isFile()) continue
      else if (name === besideName ? countsBeside : isName(directory, name)) return true
    }
  } finally {
    open.closeSync()
  }
  return below.some((name) => holdsObject(`${directory}/${name}`, !name.endsWith(moreSuffix)))
}

/** Whether a file of this name is an object. */
function isName(directory: string, name: string): boolean {
  const pieces: string[] = []
  const above = directory.split('/')
  while (above.at(-1)?.endsWith(moreSuffix)) pieces.unshift(above.pop()!)
  return segmentOfNames(pieces, name) !== undefined
}

parentPort!.on('message', ({ id, ...question }: DirectoryQuestion & { readonly id: number }) => {
  try {
    if (question.kind === 'names') {
      const { names, isFlat } = readNames(question.fd, question.isRoot)
      const buffers = [names.bytes.buffer, names.ends.buffer, names.kinds.buffer] as ArrayBuffer[]
      parentPort!.postMessage({ id, kind: 'names', names, isFlat } satisfies DirectoryAnswer, buffers)
      return
    }
    const looked = question.places.map((place) => look(question.root, place))
    parentPort!.postMessage({ id, kind: 'looked', looked } satisfies DirectoryAnswer)
  } catch (error) {
    parentPort!.postMessage({ id, kind: 'failed', error: error as Error } satisfies DirectoryAnswer)
  }
})
